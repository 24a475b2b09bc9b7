import type { LinkRef } from "./common.ts";
import type { LinkKind, LinkOf } from "./table.ts";

export const veth = {
  kind: "veth",
  about: "One end of a cable: what goes in comes out of the other end.",
  made: "pair",
  arp: true,
  txqueuelen: 1000,
  options: {},
} as const satisfies LinkKind;

export interface VethLink extends LinkOf<typeof veth> {
  /** The other end; null when it is outside the model. */
  readonly peer: LinkRef | null;
}
