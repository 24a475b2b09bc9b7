/** What a picture shows, before layout: boxes, and cables between them. Plain data. */

import type { LinkFacts } from "./kinds.ts";

export type BoxKind =
  | "host"
  | "router"
  /** The lab's own root namespace. */
  | "machine"
  /** A bridge. */
  | "switch"
  /** Links that act as one (bond, team): the members' cables end here, and one line leads on from the bundle. */
  | "bond"
  /** Many similar hosts, drawn as one. */
  | "group"
  /** What lies behind an uplink. */
  | "outside"
  /** The far side of a link that leads out of the model: a tunnel, a device, the missing peer of a veth. */
  | "end";

export type MarkKind = "nat" | "firewall" | "dhcp" | "dns" | "run";

/** Its cables are attached side by side along it, so its length depends on their number. */
export function isBar({ kind }: Pick<Box, "kind">): boolean {
  return kind === "switch" || kind === "bond";
}

/** A property of a box, shown as a coloured chip. */
export interface Mark {
  readonly kind: MarkKind;
  readonly text: string;
}

export interface Box {
  /** Unique in the scene, and the same in every drawing of the same object. */
  readonly id: string;
  readonly kind: BoxKind;
  readonly name: string;
  /** The namespace that a switch or an end is in; null for other boxes. */
  readonly home: string | null;
  readonly marks: readonly Mark[];
  /** Short lines below the name: networks of a switch, published ports, the size of a group, where a tunnel leads. */
  readonly notes: readonly string[];
  /** Administratively down (a switch), or unplugged (an end). */
  readonly down: boolean;
  /** The names of a group's members; empty for any other box. */
  readonly members: readonly string[];
  /** Shown on hover, line by line. */
  readonly details: readonly string[];
}

export interface End {
  /** Id of the box that it is plugged into. */
  readonly box: string;
  /** Name of the interface; null if the end has none (the outside). */
  readonly link: string | null;
  /** With prefix length; link-local addresses are shown only in the details. */
  readonly addresses: readonly string[];
  /** It gets its address by DHCP. */
  readonly leased?: true;
  /** Source NAT applies to packets leaving through it. */
  readonly nat?: true;
  /** The kind of link, if it is not just a cable: `vlan 20`, `vxlan 42`, `in vrf1`. */
  readonly note?: string;
  /** Links stacked on this one in the same namespace, which use its cable. */
  readonly above?: readonly Upper[];
  readonly down: boolean;
  readonly details: readonly string[];
}

/** A VLAN, macvlan or similar, at the end of the cable of its lower link. */
export interface Upper {
  readonly link: string;
  readonly note: string;
  readonly addresses: readonly string[];
  readonly down: boolean;
}

export interface Cable {
  readonly id: string;
  /**
   * `cable`: a veth pair. `own`: a bridge's own interface, which connects it to its namespace. `tunnel`: packets are encapsulated
   * in others; the far side is an `end` if it is not in the picture. `stacked`: from a link (macvlan, VLAN) to its lower link
   * elsewhere. `link`: any other link, whose far side is an `end` or the `outside`.
   */
  readonly kind: "cable" | "own" | "tunnel" | "stacked" | "link";
  readonly ends: readonly [End, End];
  /** Either end is down. */
  readonly down: boolean;
  /** The number of cables that a folded cable stands for. */
  readonly count: number;
}

export interface Scene {
  readonly name: string;
  readonly boxes: readonly Box[];
  readonly cables: readonly Cable[];
}

/** What a model leaves out, by namespace and link, as reported by `observe` or, in more detail, by `discover`. */
export type LinkStates = Readonly<Record<string, Readonly<Record<string, LinkFacts>>>>;

/** The end of a cable that is not at this box; if both ends are, the second. */
export function farEnd(cable: Cable, box: string): End {
  return cable.ends[0].box === box ? cable.ends[1] : cable.ends[0];
}

/** The end of a cable that is at this box. */
export function nearEnd(cable: Cable, box: string): End {
  return cable.ends[0].box === box ? cable.ends[0] : cable.ends[1];
}

/** Whether this cable connects the bridge or bond itself to its namespace, or to the bridge that it is a port of. */
export function isOwn(cable: Cable, bar: string): boolean {
  return cable.kind === "own" || (cable.kind === "cable" && nearEnd(cable, bar).link === null);
}
