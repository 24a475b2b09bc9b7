/**
 * Where every write to the kernel passes: a seam for fault injection, which lets tests fail the k-th write of a change
 * and see that nothing half-done is left. Open, and costing a comparison, everywhere else.
 */

import { ERRNO } from "./errno.ts";
import { KernelError } from "./error.ts";

/** Receives the number of writes about to be made in one go; returns how many of them may be made before one fails. */
export type WriteGate = (count: number) => number;

let gate: WriteGate | null = null;

/** Null opens it again. */
export function setWriteGate(next: WriteGate | null): void {
  gate = next;
}

/** How many of so many writes may be done. */
export function admit(count: number): number {
  return gate === null ? count : gate(count);
}

/** For a single write. Throws EIO when it must fail. */
export function admitOne(operation: string): void {
  if (gate !== null && gate(1) < 1) throw new KernelError(operation, ERRNO.EIO);
}
