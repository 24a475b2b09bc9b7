import type { LinkKind, LinkOf } from "./table.ts";

export const loopback = {
  kind: "loopback",
  about: "The namespace's link to itself, which is there from the beginning.",
  made: "never",
  txqueuelen: 1000,
  options: {},
} as const satisfies LinkKind;

export type LoopbackLink = LinkOf<typeof loopback>;
