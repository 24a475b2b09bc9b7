/**
 * nics/: interfaces of the real machine that a lab borrows: as a port of a bridge that takes their place, or in a node.
 * In: what a model wants of them, and how it is to be proven that the machine can still be reached. Out: the kernel changed
 * in one send an interface, and everything is restored if the proof does not come, whichever process has died meanwhile.
 * Before anything is done, everything an interface has is recorded with the lab's state; its alias names the lab that borrows it.
 */

export { findNics } from "./find.ts";
export { giveBack } from "./give-back.ts";
export { Nics, type ProofOptions } from "./nics.ts";
