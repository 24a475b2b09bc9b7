/** The keys of programs that run in nodes: `dhcp`, `dns` and `run`. */

import * as z from "zod/mini";
import { described, key, oneOrMore } from "./describe.ts";

const dhcpBody = described(
  z.strictObject({
    range: key(
      z.array(z.string()),
      "First and last IPv4 address to hand out. Default: the longest run of free addresses in the upper half of the subnet.",
      [["172.19.0.100", "172.19.0.200"]],
    ),
    gateway: key(
      z.string(),
      "Default gateway given to clients, or `none`. Default: the interface's own address if the node forwards, or the switch's address.",
      ["172.19.0.1", "none"],
    ),
    dns: key(
      oneOrMore,
      "Name servers given to clients; `[]`: none. Default: the server itself if its node has `dns`, else none.",
      ["172.19.0.1"],
    ),
    domain: key(z.string(), "Domain given to clients. Default: that of the node's `dns`.", ["lab.test"]),
    lease: key(
      z.union([z.string(), z.number()]),
      "How long an address is leased: seconds, or a number with s, m, h, d or w; at least two minutes. Default: 1h.",
      ["12h", 600],
    ),
    fixed: key(z.record(z.string(), z.string()), "Reserved addresses, by node name or hardware address.", [
      { a: "172.19.0.50", "02:00:00:00:00:40": "172.19.0.51" },
    ]),
    ra: key(
      z.boolean(),
      "Whether the IPv6 prefixes of the interface are advertised, so that clients configure their own addresses. Default: true if there are any of length 64.",
    ),
  }),
  "A DHCP server (dnsmasq).",
  { id: "Dhcp" },
);

export const dhcp = z.union([z.boolean(), dhcpBody]);

const resolverBody = described(
  z.strictObject({
    upstream: key(oneOrMore, "Name servers for all other names. Default: none; other names do not exist.", [
      "192.0.2.53",
    ]),
    domain: key(z.string(), "Domain under which the nodes are known as well: `a.lab.test` beside `a`.", ["lab.test"]),
  }),
  "A resolver (dnsmasq).",
  { id: "Resolver" },
);

export const resolver = z.union([z.boolean(), resolverBody]);

const words = z.array(z.union([z.string(), z.number()]));
const command = z.union([z.string(), words]);

const process = described(
  z.strictObject({
    command: described(
      command,
      "The program and its arguments as a list, or one string: split at spaces, or run by /bin/sh if it contains shell syntax.",
      { examples: [["python3", "-m", "http.server", 80], "python3 -m http.server 80"] },
    ),
    name: key(z.string(), "Its name in logs. Default: the program's name."),
    restart: key(
      z.enum(["never", "on-failure", "always"]),
      "Whether it is restarted when it ends, with growing pauses if it ends at once. Default: never.",
    ),
    env: key(
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      "Environment variables, in addition to those of `netloom up`.",
    ),
    cwd: key(z.string(), "Working directory, absolute. Default: /."),
  }),
  "A command that runs as long as the lab is up.",
  { id: "Process" },
);

export const run = z.array(z.union([z.string(), words, process]));

const uplinkBody = described(
  z.strictObject({
    kind: key(z.string(), "Where it leads: `internet`, every network this machine can reach.", ["internet"]),
    subnet: key(
      z.string(),
      "IPv4 network between root and the uplink. Default: 10.0.2.0/24, or another one if that is in use.",
      ["10.0.2.0/24"],
    ),
    listen: key(
      z.string(),
      "Address of the machine outside on which root's published ports listen. Default: 127.0.0.1, for this machine only.",
      ["127.0.0.1", "0.0.0.0"],
    ),
    loopback: key(
      z.boolean(),
      "Whether the gateway's address leads to services on the loopback of the machine outside. Default: true.",
    ),
    interface: key(
      z.string(),
      "With --host, instead of `kind`: an interface of the machine that becomes a port of `bridge` and hands over its addresses and routes.",
      ["eth0"],
    ),
    bridge: key(z.string(), "With `interface`: the switch; made if the file does not define it.", ["br-ex"]),
  }),
  "A way out of the lab: through pasta or slirp4netns, or (with --host) an interface of the machine.",
  { id: "Uplink" },
);

export const uplink = z.union([z.string(), uplinkBody]);

export type UplinkBody = z.infer<typeof uplinkBody>;
export type DhcpBody = z.infer<typeof dhcpBody>;
export type ResolverBody = z.infer<typeof resolverBody>;
export type ProcessBody = z.infer<typeof process>;
export type RunItem = z.infer<typeof run>[number];
