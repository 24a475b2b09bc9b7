import type { LinkKind, LinkOf } from "./table.ts";

export const nic = {
  kind: "nic",
  about: "An interface of the machine that a lab on it (`--host`) has borrowed.",
  made: "never",
  options: {},
} as const satisfies LinkKind;

/** A port of one of the lab's switches, or inside a node. */
export interface NicLink extends LinkOf<typeof nic> {
  /** What the machine calls it. */
  readonly device: string;
  /** What the topology sets of it; the rest is as the machine has it, and not known before it is looked at. */
  readonly given: readonly ("mac" | "mtu")[];
}
