/**
 * The shape of a topology file: which keys there are, and of which type. What the texts mean (addresses, names, who is
 * plugged into what) is checked in resolve/, where there is enough context for a helpful message.
 * zod/mini instead of zod: the same checks, a sixth of the start-up time of every command.
 */

import * as z from "zod/mini";
import { described, emptyOr, key, oneOrMore } from "./describe.ts";
import { networkInterface } from "./schema-interface.ts";
import type { plugBody } from "./schema-interface.ts";
import { groups, netfilterKeys } from "./schema-netfilter.ts";
import { dhcp, resolver, run, uplink } from "./schema-services.ts";

const route = described(
  z.strictObject({
    to: described(z.string(), "Destination: a prefix in network form, or `default`.", {
      examples: ["10.9.0.0/16", "default", "::/0"],
    }),
    via: key(oneOrMore, "Gateway, on a subnet this node is attached to. A list makes an equal-cost multipath route."),
    dev: key(z.string(), "Outgoing interface. Found from `via` when left out.", ["eth0"]),
    metric: key(
      z.int().check(z.gte(0), z.lte(4_294_967_295)),
      "Priority; the lowest wins. Default: 0 for IPv4, 1024 for IPv6.",
    ),
    table: key(z.int().check(z.gte(1), z.lte(4_294_967_295)), "Routing table. Default: 254, the main table."),
    source: key(z.string(), "Preferred source address, one of this node's own."),
    type: key(
      z.enum(["unicast", "blackhole", "unreachable", "prohibit"]),
      "What happens to a matching packet: forwarded (unicast), dropped silently (blackhole), or dropped with an ICMP error. Default: unicast.",
    ),
  }),
  "A static route.",
  { id: "Route" },
);

const node = {
  interfaces: key(emptyOr(z.record(z.string(), emptyOr(networkInterface))), "Interfaces by name (1 to 15 bytes)."),
  gateway: key(
    oneOrMore,
    "Default gateway, at most one for IPv4 and one for IPv6. `[]`: none. Default for hosts: the address of the switch, else the only router on it.",
    ["172.19.0.1"],
  ),
  routes: key(emptyOr(z.array(route)), "Static routes."),
  sysctls: key(
    emptyOr(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
    "Kernel settings of this node's network namespace, by dotted key.",
    [{ "net.ipv4.tcp_congestion_control": "reno" }],
  ),
  forwarding: key(
    z.boolean(),
    "Whether it forwards packets between its interfaces: IPv4, and IPv6 if it has any IPv6 address. Default: true for routers, false for hosts and root.",
  ),
  ...netfilterKeys,
  dns: key(
    resolver,
    "A resolver for the names of the lab on this node: `true`, or an object with its upstream servers.",
  ),
  run: key(emptyOr(run), "Commands that run as long as the lab is up.", [
    ["python3 -m http.server 80", { command: ["nc", "-lk", "7"], name: "echo", restart: "always" }],
  ]),
};

const nodeBody = described(z.strictObject(node), "A node: a network namespace.", { id: "Node" });

const rootBody = described(
  z.strictObject({
    ...node,
    uplink: key(uplink, "A way out: `internet`, or an object with details.", ["internet"]),
  }),
  "The lab's own root namespace.",
  { id: "Root" },
);

const switchBody = described(
  z.strictObject({
    subnet: key(oneOrMore, "Network or networks that addresses are picked from.", [
      "172.19.0.0/24",
      ["10.0.0.0/24", "2001:db8::/64"],
    ]),
    address: key(
      oneOrMore,
      "The bridge's own address or addresses in the root namespace; hosts use it as their gateway.",
      ["172.19.0.1/24"],
    ),
    mac: key(z.string(), "The bridge's hardware address. Default: derived from the names."),
    mtu: key(
      z.int().check(z.gte(68), z.lte(65_535)),
      "MTU of the bridge, and of its ports unless they set their own. Default: the smallest of its ports.",
    ),
    up: key(z.boolean(), "false leaves the bridge down: nothing is forwarded. Default: true."),
    dhcp: key(dhcp, "A DHCP server on the bridge's own address: `true`, or an object with details."),
  }),
  "A Linux bridge in the root namespace.",
  { id: "Switch" },
);

export const topologySchema = z.strictObject({
  $schema: key(z.string(), "Where editors find this schema."),
  name: key(z.string(), "The lab's name. Default: the file's name without its ending."),
  root: key(emptyOr(rootBody), "The lab's own root namespace, the machine that contains the switches."),
  switches: key(emptyOr(z.record(z.string(), emptyOr(switchBody))), "Switches by name (1 to 15 bytes)."),
  hosts: key(emptyOr(z.record(z.string(), emptyOr(nodeBody))), "Hosts by name."),
  routers: key(emptyOr(z.record(z.string(), emptyOr(nodeBody))), "Routers by name: hosts that forward."),
  groups,
  expect: key(emptyOr(z.array(z.string())), "What must hold, checked on real packets by `netloom verify`.", [
    ["a -> b icmp", "a -> b tcp/80", "b -x> a udp/53"],
  ]),
});

/** A topology as a plain object: what a file holds, and what the library takes. */
export type Topology = z.input<typeof topologySchema>;
/** Its parts. In the package's declarations scripts/topology-types.mjs writes them, with what each key means. */
export type {
  DhcpBody as TopologyDhcp,
  ResolverBody as TopologyResolver,
  ProcessBody as TopologyProcess,
  UplinkBody as TopologyUplink,
} from "./schema-services.ts";
export type {
  FirewallBody as TopologyFirewall,
  NatBody as TopologyNat,
  PublicationBody as TopologyPublication,
} from "./schema-netfilter.ts";
export type TopologyRoot = z.input<typeof rootBody>;
export type TopologySwitch = z.input<typeof switchBody>;
export type TopologyNode = z.input<typeof nodeBody>;
export type TopologyInterface = z.input<typeof networkInterface>;
export type TopologyRoute = z.input<typeof route>;
export type NodeBody = z.infer<typeof nodeBody>;
export type SwitchBody = z.infer<typeof switchBody>;
export type InterfaceBody = z.infer<typeof plugBody>;
export type { MadeBody } from "./schema-interface.ts";
export type RouteBody = z.infer<typeof route>;
