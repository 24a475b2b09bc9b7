/**
 * What was read of a whole machine: a model of every network namespace that could be read, and what a model leaves
 * out because it cannot be configured (processes, counters, learned neighbours, sockets). Plain data.
 */

import type { OvsBridge } from "./openvswitch.ts";
import type { Family, LinkRef, Model, Neighbour, Route } from "./types.ts";

export interface Discovery {
  /** Each namespace under the name that everything else here calls it by; `root` is the machine's own. */
  readonly model: Model;
  /** Those of the model, in its order. */
  readonly namespaces: readonly DiscoveredNamespace[];
  /** Switches of Open vSwitch, by namespace and name. */
  readonly openvswitch: readonly OvsBridge[];
  /** Namespaces that are there and could not be read. */
  readonly unseen: readonly UnseenNamespace[];
  /** What else is missing, and why: one sentence each. */
  readonly remarks: readonly string[];
}

export interface RunningProcess {
  readonly pid: number;
  /** Base name of the program, else what the kernel calls it. */
  readonly command: string;
}

/** Where a namespace is kept without a process in it. */
export interface Handle {
  /** `/run/netns/a`, or for a descriptor `/proc/12/fd/7`. */
  readonly path: string;
  /** The process that has the descriptor, or in whose mount namespace the path is; null for this machine's own files. */
  readonly process: RunningProcess | null;
}

export interface Container {
  readonly engine: "docker" | "podman" | "containerd" | "cri-o" | "kubernetes" | "lxc" | "nspawn" | "netloom";
  /** Full id, or its name where it has none. */
  readonly id: string;
  /** Its name for users; null if unknown. */
  readonly name: string | null;
  /** Kubernetes: `namespace/pod` where known, else the pod's uid. */
  readonly pod: string | null;
}

export interface DiscoveredNamespace {
  /** As in the model. */
  readonly name: string;
  /** On nsfs, as in `net:[4026531840]`. */
  readonly inode: number;
  readonly container: Container | null;
  /** Others that share it: of a pod all but the first, or as with `--network container:NAME`. */
  readonly sharers: readonly Container[];
  readonly processes: readonly RunningProcess[];
  readonly handles: readonly Handle[];
  readonly links: readonly DiscoveredLink[];
  /** Addresses with properties that the model does not cover. */
  readonly addressNotes: readonly AddressNote[];
  /** Configured ones are in the model, too. */
  readonly neighbours: readonly DiscoveredNeighbour[];
  /** MAC tables of bridges and VXLANs. */
  readonly forwarding: readonly ForwardingEntry[];
  /** Without those the kernel gives by itself. */
  readonly rules: readonly DiscoveredRule[];
  /** Of table 255, only what the kernel has not put there itself. Other tables are in the model. */
  readonly localRoutes: readonly Route[];
  /** How many routes of other families: `IPv4 multicast`, `MPLS`. */
  readonly otherRoutes: Readonly<Record<string, number>>;
  /** Of IPsec the numbers alone. */
  readonly ipsec: { readonly policies: number; readonly states: number };
  /** Of other tables, those that the model has no words for. */
  readonly selectiveRoutes: readonly SelectiveRoute[];
  /** Routes with properties that the model does not cover. */
  readonly routeNotes: readonly RouteNote[];
  readonly sockets: readonly ListeningSocket[];
  readonly netfilter: readonly NetfilterSummary[];
}

export interface Counters {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
  readonly dropped: number;
}

export interface DiscoveredLink {
  readonly name: string;
  readonly index: number;
  /** As the kernel names the kind; `device` for hardware, `loopback`. */
  readonly kind: string;
  /** RFC 2863: UP, DOWN, LOWERLAYERDOWN, … */
  readonly operational: string;
  readonly carrier: boolean;
  readonly promiscuous: boolean;
  readonly alias: string | null;
  /** The other end of a cable. */
  readonly peer: LinkRef | null;
  /** The link that carries it: of a VLAN, macvlan, ipvlan, tunnel. */
  readonly parent: LinkRef | null;
  /** It has a peer or parent, in a namespace that was not read; its ifindex there. */
  readonly elsewhere: number | null;
  /** What its kind is about: `id`, `mode`, `local`, `remote`, `port`, `key`, `table`, … */
  readonly details: Readonly<Record<string, string | number>>;
  /** What was set on it, by iproute2's names: what differs from a new link of its kind. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Of a bridge's port: disabled, listening, learning, forwarding, blocking. */
  readonly portState: string | null;
  /** Own addresses that were set with another one, of the other end, and that with its prefix length. */
  readonly pointToPoint: Readonly<Record<string, string>>;
  /** Of a port of a bridge that minds VLANs, or of that bridge; in ascending order. */
  readonly vlans: readonly PortVlan[];
  /** Processes that have it open: of a tap, the virtual machine. */
  readonly users: readonly RunningProcess[];
  /** Without those the kernel gives by itself. */
  readonly qdiscs: readonly Qdisc[];
  readonly received: Counters;
  readonly sent: Counters;
}

/** One VLAN, or several that follow each other and are treated alike. */
export interface PortVlan {
  readonly first: number;
  readonly last: number;
  /** It goes out without its tag. */
  readonly untagged: boolean;
  /** What comes in without a tag is of it. */
  readonly pvid: boolean;
}

export interface Qdisc {
  readonly kind: string;
  /** `1:`, as tc writes it. */
  readonly handle: string;
  /** `root`, `ingress`, or the class that it hangs on: `1:10`. */
  readonly parent: string;
  /** See netlink/qdisc.ts for the units. */
  readonly options: Readonly<Record<string, number>>;
}

export interface DiscoveredNeighbour extends Omit<Neighbour, "mac"> {
  readonly family: Family;
  readonly mac: string | null;
  /** permanent, reachable, stale, delay, probe, failed, incomplete, noarp; proxy: it is answered for. */
  readonly state: string;
  readonly router: boolean;
}

/** Further properties of an address. */
export interface AddressNote {
  readonly link: string;
  readonly address: string;
  /** `noprefixroute, metric 50`, `label eth0:1` */
  readonly about: string;
}

/** A policy rule in words: what it selects by may be more than a rule of a model has fields for. */
export interface DiscoveredRule {
  readonly priority: number;
  readonly family: Family;
  /** `all`, `from 10.1.0.0/16 iif eth0`, `not to 10.0.0.0/8`, `tcp dport 80` */
  readonly selects: string;
  /** `table 100`, `unreachable`, `goto 32766` */
  readonly action: string;
  /** It is also in the model, completely. */
  readonly model: boolean;
  /** A built-in rule of every namespace that was removed. */
  readonly gone: boolean;
}

/** The route of the model it is about, and its further properties. */
export interface RouteNote extends Pick<Route, "family" | "to" | "table" | "metric"> {
  /** `mtu 1300, advmss 1200`, `encap ip`, `onlink`; may be empty. */
  readonly about: string;
  /** The daemon that added it, such as `bird`; null if it was added by hand. */
  readonly by: string | null;
  /** It wraps packets: without that it would be another route. */
  readonly wraps: boolean;
}

/** A route for some packets only. */
export interface SelectiveRoute extends Route {
  /** Which: `from 2001:db8::/64`, `tos 0x10` */
  readonly about: string;
}

export interface ForwardingEntry {
  /** The port, or the VXLAN itself. */
  readonly link: string;
  /** The bridge that learned it; null in the table of a VXLAN or of the card itself. */
  readonly bridge: string | null;
  readonly mac: string;
  readonly vlan: number | null;
  /** A VXLAN's peer. */
  readonly remote: string | null;
  readonly state: "learned" | "static" | "permanent";
}

export interface ListeningSocket {
  readonly protocol: "tcp" | "udp";
  readonly family: Family;
  /** `0.0.0.0` and `::` for any. */
  readonly address: string;
  readonly port: number;
  /** The link that it is bound to; null for any. */
  readonly link: string | null;
  /** Empty when its owner cannot be seen. */
  readonly processes: readonly RunningProcess[];
}

/** Summary of a table; the model has it in full, except for iptables-legacy, of which only the names are known. */
export interface NetfilterSummary {
  /** Who made it: `netloom`, `iptables-nft`, `iptables-legacy`, or `nft` for anything else. */
  readonly origin: "netloom" | "iptables-nft" | "nft" | "iptables-legacy";
  readonly family: string;
  readonly table: string;
  readonly sets: number;
  readonly chains: readonly {
    readonly name: string;
    /** Null for a chain that is only jumped to. */
    readonly hook: string | null;
    readonly policy: string | null;
    readonly rules: number;
  }[];
}

export interface UnseenNamespace {
  readonly inode: number;
  /** What would have been its name. */
  readonly name: string;
  readonly processes: readonly RunningProcess[];
  readonly handles: readonly Handle[];
  /** In the kernel's own words. */
  readonly cause: string;
}
