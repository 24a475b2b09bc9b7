/**
 * Builders of the shapes. In: one or two numbers, already checked. Out: a topology object like one from a file, so that
 * everything after it is the same path. Addresses are from 10.0.0.0/8; each cable has a /30 by its number.
 * flat.ts has the shapes where everyone is everyone's neighbour, routed.ts those that need routes.
 * By design every pair of nodes can reach each other, as far as a TTL of 255 goes.
 * Pure.
 */

export { full, star } from "./flat.ts";
export { chain, ring, tree } from "./routed.ts";
