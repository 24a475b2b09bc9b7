/** The types of a model's links, by kind. In the package's declarations scripts/link-types.mjs writes them out. */

import type { LinkCommon } from "./common.ts";
import type * as KINDS from "./kinds.ts";
import type { NicLink } from "./nic.ts";
import type { LinkKind, LinkOf } from "./table.ts";
import type { VethLink } from "./veth.ts";

export type { BridgeLink } from "./bridge.ts";
export type { LoopbackLink } from "./loopback.ts";
export type { NicLink } from "./nic.ts";
export type { TunLink } from "./tun.ts";
export type { VethLink } from "./veth.ts";

type Tables = typeof KINDS;
/** The union over all kinds described by their table alone. */
type Tabled = { [Name in keyof Tables]: Tables[Name] }[Exclude<keyof Tables, "veth" | "nic">];

/** A kind that has no table, as the kernel calls it (`dummy`, `ipvlan`, …; `device` for hardware). */
export interface OtherLink extends LinkCommon {
  readonly kind: "other";
  readonly type: string;
}

/** A link of a namespace, as `ip link` lists them. `kind` tells which options there are beside `LinkCommon`'s. */
export type Link =
  | (Tabled extends infer K ? (K extends LinkKind ? LinkOf<K> : never) : never)
  | VethLink
  | NicLink
  | OtherLink;
