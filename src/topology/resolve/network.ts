/** The network while it is being resolved: the file's nodes, switches and ports with their names looked up. */

import type { LinkKind, OptionValue, Prefix } from "../../model/index.ts";
import type { Path, Problems } from "../problems.ts";
import type { DhcpBody } from "../schema-services.ts";
import type { InterfaceBody, NodeBody, SwitchBody } from "../schema.ts";

/** The sections of a file that hold nodes, in the order in which addresses are picked. */
export type Section = "root" | "routers" | "hosts";

export interface Network {
  readonly lab: string;
  /** By name, in the order in which addresses are picked: root, routers, hosts. */
  readonly nodes: Map<string, Node>;
  readonly switches: Map<string, Switch>;
  readonly problems: Problems;
  /** Interfaces and bridges with `dhcp`; known before addresses are picked, which must not be handed out twice. */
  readonly servers: DhcpScope[];
  /** The way out of root; settled when every given address is known. */
  uplink: UplinkPort | null;
  /** The interface of the machine that is a port of a switch; `path` is that of `uplink`. */
  nic: { readonly device: string; readonly bridge: Switch; readonly path: Path } | null;
  /** Parts that were removed because their shape was wrong: references to them are not reported as errors. */
  readonly pruned: readonly Path[];
}

export interface Node {
  readonly name: string;
  readonly section: Section;
  readonly path: Path;
  readonly body: NodeBody;
  readonly ports: Map<string, Port>;
  /** A fault was found in it: do not also report what follows from that. */
  incomplete: boolean;
}

export interface Switch {
  readonly name: string;
  readonly path: Path;
  readonly body: SwitchBody;
  readonly ports: Port[];
  subnets: readonly Prefix[];
  /** The bridge's own. */
  addresses: readonly HostAddress[];
  mtu: number;
}

/** One interface of a node. */
export interface Port {
  readonly node: Node;
  readonly name: string;
  readonly path: Path;
  readonly body: Omit<InterfaceBody, "kind">;
  /** What it is plugged into: a switch, the other end of a cable, or nothing (an error was reported). */
  plug: { readonly kind: "switch"; readonly to: Switch } | { readonly kind: "cable"; readonly to: Port } | null;
  /** Of an interface with a `kind`, which is made in its node and plugged into nothing. */
  readonly made: Made | null;
  addresses: readonly HostAddress[];
  mtu: number;
}

/** An interface of a kind of its own: what its table and the file say of it. */
export interface Made {
  readonly table: LinkKind;
  /** What the file says: options of the table, and `on`. */
  readonly given: Readonly<Record<string, Exclude<OptionValue, null>>>;
  /** The link that it stands on, of the same node; null for none, or after an error. */
  lower: Port | Switch | null;
}

/** The interface of root that leads out. It is not plugged into anything that the lab has. */
export interface UplinkPort {
  readonly port: Port;
  readonly subnet: Prefix;
  readonly gateway: string;
  readonly nameServer: string;
  readonly loopback: boolean;
  readonly listen: string;
}

/** What one DHCP server hands out, and to which clients. */
export interface DhcpScope {
  readonly node: Node;
  /** The interface it is on; null for a switch's own address. */
  readonly port: Port | null;
  /** Whom it hears: a switch, or the other end of its cable; null if that is wrong. */
  readonly segment: Switch | Port | null;
  readonly path: Path;
  readonly body: DhcpBody;
  /** IPv4; null when there are router advertisements alone. */
  readonly range: AddressRange | null;
  readonly fixed: readonly FixedLease[];
}

/** An address that is kept for one client; `client` is as the file has it, a node's name or a hardware address. */
export interface FixedLease extends AddressRange {
  readonly client: string;
  readonly text: string;
  readonly path: Path;
}

export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
  readonly subnet: Prefix;
}

/** A static address: host form, with where it came from for messages. */
export interface HostAddress extends Prefix {
  readonly text: string;
  readonly path: Path;
}

export function portLabel(port: Port): string {
  return `${port.node.name}:${port.name}`;
}

/** A string, a list of them or nothing, as a list with the path of each. */
export function listed(value: string | readonly string[] | undefined, path: Path): { text: string; path: Path }[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [{ text: value, path }];
  return value.map((text, i) => ({ text, path: [...path, i] }));
}
