/**
 * reach/: static reachability over a model; no packets, no kernel.
 * In: a Model (desired or observed) and a protocol.
 * Out: who can reach whom, with every hop of one pair or a bit matrix of all pairs.
 * Not part of the program yet; this is the room for it (see docs/architecture.md).
 */
export {};
