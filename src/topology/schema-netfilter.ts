/** The keys of what is made with netfilter: `nat`, `publish`, `firewall`, and `groups` at the top. */

import * as z from "zod/mini";
import { described, emptyOr, key, oneOrMore } from "./describe.ts";
import { FILTERINGS, MAPPINGS, NAT_PRESETS } from "./nat-types.ts";

const natBehaviour = z.strictObject({
  mapping: key(
    z.enum(MAPPINGS),
    "Whether an inside address and port keeps the same outside port for all destinations (RFC 4787, section 4.1). Default: endpoint-independent.",
  ),
  filtering: key(
    z.enum(FILTERINGS),
    "Who may send to that outside port: anyone, any port of an address the host has sent to, or only that address and port (RFC 4787, section 5). Default: address-and-port-dependent.",
  ),
  hairpinning: key(
    z.boolean(),
    "Whether inside hosts reach each other by their outside address and port (RFC 4787, section 6). Default: false.",
  ),
});

const sourceNat = z.strictObject({
  out: described(z.string(), "Interface that packets leave through.", { examples: ["eth1"] }),
  to: described(z.string(), "The new source address, or a range of them.", {
    examples: ["203.0.113.2", "203.0.113.8-203.0.113.15", "2001:db8::2"],
  }),
  ports: key(z.union([z.string(), z.int()]), "Range of the new source ports of TCP and UDP. Default: kept if free.", [
    "1024-4095",
  ]),
});

const nat = described(
  z.strictObject({
    masquerade: key(
      z.string(),
      "Interface: packets that leave through it get its address as source. IPv4, and IPv6 as `ipv6` says.",
      ["eth1"],
    ),
    snat: key(sourceNat, "Source address translation to given addresses."),
    from: key(
      oneOrMore,
      "Only these sources: addresses, networks, nodes, groups, or switches for their subnets. Default: everything.",
      ["172.19.0.0/24", ["10.0.1.0/24", "a"]],
    ),
    // The mapping comes first: errors in a union are explained by the first branch with a matching type.
    type: key(
      z.union([natBehaviour, z.enum(NAT_PRESETS)]),
      "How the address translator behaves, in the terms of RFC 4787. Default: plain Linux masquerade.",
      ["home", { mapping: "endpoint-independent", filtering: "address-dependent", hairpinning: true }],
    ),
    ipv6: key(
      z.union([
        z.strictObject({
          prefix: described(z.string(), "The prefix outside that replaces the one inside; same length.", {
            examples: ["2001:db8:1::/64"],
          }),
        }),
        z.enum(["none", "masquerade"]),
      ]),
      "IPv6: not translated, masqueraded too, or one prefix replaced by another in both directions. Default: none.",
    ),
  }),
  "Source address translation: masquerade or snat.",
  { id: "Nat" },
);

const port = z.union([z.string(), z.int()]);

const publication = described(
  z.strictObject({
    in: key(z.string(), "Interface whose addresses the port is on. Default: every address of the node.", ["eth1"]),
    port: described(port, "Port, or range of ports.", { examples: [8080, "8000-8010"] }),
    protocol: key(z.enum(["tcp", "udp", "both"]), "Default: tcp."),
    to: described(
      z.string(),
      "Target: an address or a node, and a port or a range as long as `port`'s. Default port: the same.",
      { examples: ["172.19.0.40:80", "[2001:db8::40]:80", "b:80", "b"] },
    ),
  }),
  "A published port: connections to it are forwarded to another node (DNAT).",
  { id: "Publication" },
);

const policy = z.enum(["accept", "drop"]);

const firewallBody = described(
  z.strictObject({
    input: key(policy, "What happens to packets to the node itself that match no rule. Default: accept."),
    forward: key(policy, "The same for forwarded packets. Default: accept."),
    output: key(policy, "The same for packets from the node itself. Default: accept."),
    rules: key(
      emptyOr(z.array(z.string())),
      "In order; the first match decides: ACTION WHAT [from X] [to Y] [on HOOK] [limit N/UNIT] [log].",
      [["allow established", "allow tcp/443 from lan", "drop icmp from 10.0.2.0/24", "reject udp/53 to b"]],
    ),
  }),
  "A packet filter.",
  { id: "Firewall" },
);

export const netfilterKeys = {
  nat: key(emptyOr(z.array(nat)), "Source address translation; the first matching entry decides.", [
    [{ masquerade: "eth1" }],
  ]),
  publish: key(emptyOr(z.array(publication)), "Ports of this node that are forwarded to other nodes.", [
    [{ in: "eth1", port: 8080, to: "172.19.0.40:80" }],
  ]),
  firewall: key(emptyOr(firewallBody), "A packet filter on this node."),
};

export const groups = key(
  emptyOr(z.record(z.string(), emptyOr(oneOrMore))),
  "Lists of addresses, networks and nodes by name, for `firewall` and `nat`.",
  [{ trusted: ["10.0.0.0/24", "a"] }],
);

export type NatBody = z.infer<typeof nat>;
export type PublicationBody = z.infer<typeof publication>;
export type FirewallBody = z.infer<typeof firewallBody>;
