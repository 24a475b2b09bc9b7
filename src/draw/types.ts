/** What a picture shows, before anybody knows where: boxes, and cables between them. Plain data. */

import type { LinkFacts } from "./kinds.ts";

export type BoxKind =
  | "host"
  | "router"
  /** The lab's own root namespace. */
  | "machine"
  /** A bridge. */
  | "switch"
  /** Links that act as one (bond, team): their cables end here, and what they are together leads on. */
  | "bond"
  /** Many equal hosts, drawn as one. */
  | "group"
  /** What lies behind an uplink. */
  | "outside"
  /** The far side of a link that leads to nothing the model knows: a tunnel, a device, the other end of a lone veth. */
  | "end";

export type MarkKind = "nat" | "firewall" | "dhcp" | "dns" | "run";

/** Cables of it are side by side along it, so that it is as long as they need. */
export function isBar({ kind }: Pick<Box, "kind">): boolean {
  return kind === "switch" || kind === "bond";
}

/** A word about a box that is shown as a coloured chip. */
export interface Mark {
  readonly kind: MarkKind;
  readonly text: string;
}

export interface Box {
  /** Unique in the scene, the same in each drawing of the same thing. */
  readonly id: string;
  readonly kind: BoxKind;
  readonly name: string;
  /** The namespace that a switch or an end is in; null for the others. */
  readonly home: string | null;
  readonly marks: readonly Mark[];
  /** Short lines below the name: networks of a switch, published ports, how many a group stands for, where a tunnel leads. */
  readonly notes: readonly string[];
  /** Administratively down (a switch), or nothing plugged in (an end). */
  readonly down: boolean;
  /** Names of those a group stands for; empty for anything else. */
  readonly members: readonly string[];
  /** Said on hover, line by line. */
  readonly details: readonly string[];
}

export interface End {
  /** Id of the box that it is plugged into. */
  readonly box: string;
  /** Name of the interface; null where there is none of its own (the outside). */
  readonly link: string | null;
  /** With prefix length; link-local ones are only in the details. */
  readonly addresses: readonly string[];
  /** It asks for an address by DHCP. */
  readonly leased?: true;
  /** Sources are translated on the way out of it. */
  readonly nat?: true;
  /** What kind of link it is, where that is not just a cable: `vlan 20`, `vxlan 42`, `in vrf1`. */
  readonly note?: string;
  /** Links that stand on this one in the same namespace, and use its cable. */
  readonly above?: readonly Upper[];
  readonly down: boolean;
  readonly details: readonly string[];
}

/** A VLAN, macvlan or the like, at the end of the cable that it stands on. */
export interface Upper {
  readonly link: string;
  readonly note: string;
  readonly addresses: readonly string[];
  readonly down: boolean;
}

export interface Cable {
  readonly id: string;
  /**
   * `cable`: a veth pair. `own`: a bridge's own interface, which joins it to its namespace. `tunnel`: its packets travel inside of
   * others; the far side is an `end` if it is not in the picture. `stacked`: from a link to the one that it stands on (macvlan,
   * VLAN) elsewhere. `link`: any other link, whose far side is an `end` or the `outside`.
   */
  readonly kind: "cable" | "own" | "tunnel" | "stacked" | "link";
  readonly ends: readonly [End, End];
  /** Either end is down. */
  readonly down: boolean;
  /** How many cables a folded one stands for. */
  readonly count: number;
}

export interface Scene {
  readonly name: string;
  readonly boxes: readonly Box[];
  readonly cables: readonly Cable[];
}

/** What a model leaves out, by namespace and link: as `observe` or, with more in it, `discover` tells it. */
export type LinkStates = Readonly<Record<string, Readonly<Record<string, LinkFacts>>>>;

/** The end of a cable that is not at this box; for both at one box, the second. */
export function farEnd(cable: Cable, box: string): End {
  return cable.ends[0].box === box ? cable.ends[1] : cable.ends[0];
}

/** The end of a cable that is at this box. */
export function nearEnd(cable: Cable, box: string): End {
  return cable.ends[0].box === box ? cable.ends[0] : cable.ends[1];
}

/** By this cable a bridge or bond is itself plugged in, into its namespace or into the bridge that it is a port of. */
export function isOwn(cable: Cable, bar: string): boolean {
  return cable.kind === "own" || (cable.kind === "cable" && nearEnd(cable, bar).link === null);
}
