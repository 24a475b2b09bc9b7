/** `nat`: checks each entry, and makes the rules of those that keep no mappings. */

import { formatPrefix, parsePrefix } from "../../../model/index.ts";
import type { Family } from "../../../model/index.ts";
import { NAT_TYPES } from "../../nat-types.ts";
import type { NatType } from "../../nat-types.ts";
import type { NatBody } from "../../schema-netfilter.ts";
import { lost } from "../lost.ts";
import type { Network, Node } from "../network.ts";
import type { Groups } from "./groups.ts";
import { linksOf, ownLink } from "./names.ts";
import type { OwnLink } from "./names.ts";
import { typedRules } from "./nat-mapping.ts";
import { joinNat } from "./nat-rules.ts";
import type { NatContext, NatRules } from "./nat-rules.ts";
import { snatRules } from "./snat.ts";
import { familiesFrom, onlyPrefix6, readSources, sourceSteps } from "./sources.ts";
import type { Sources } from "./sources.ts";
import { destinationField, masquerade, match, matchNot, ofFamily, rule, sourceField } from "./steps.ts";

export function natRules(node: Node, network: Network, groups: Groups, published: string | null): NatRules {
  const entries = node.body.nat ?? [];
  if (entries.length > 0 && !(node.body.forwarding ?? node.section === "routers"))
    network.problems.warn(
      "nat-not-forwarding",
      `${node.name} does not forward: it translates no traffic of other nodes`,
      [...node.path, "nat"],
      { at: "key", hint: "add forwarding: true" },
    );
  return joinNat(
    entries.map((body, i) => {
      const path = [...node.path, "nat", i];
      return entryRules(body, { path, id: `nat${i + 1}`, node, network, groups, published });
    }),
  );
}

function entryRules(body: NatBody, context: NatContext): Partial<NatRules> {
  const { path, node, network, groups } = context;
  const { problems } = network;
  if ((body.masquerade === undefined) === (body.snat === undefined)) {
    if (!lost(network, path))
      problems.error("nat", "an entry of nat has either masquerade or snat", path, {
        hint: "write { masquerade: eth1 } or { snat: { out: eth1, to: 203.0.113.2 } }",
      });
    return {};
  }
  for (const key of ["type", "ipv6"] as const)
    if (body.snat !== undefined && body[key] !== undefined)
      problems.error("nat", `${key} goes with masquerade, not with snat`, [...path, key], { at: "key" });
  const linkPath = body.snat === undefined ? [...path, "masquerade"] : [...path, "snat", "out"];
  const link = ownLink(body.masquerade ?? body.snat!.out, node, network);
  if ("fault" in link) problems.error("unknown-interface", link.fault, linkPath, { hint: link.hint });
  const sources = readSources(body.from, [...path, "from"], "fault" in link ? null : link, network, groups);
  if ("fault" in link) return {};
  if (body.snat !== undefined) return snatRules(body.snat, link, sources, context);
  return masqueradeRules(body, link, sources, context);
}

function masqueradeRules(
  body: NatBody,
  link: OwnLink,
  sources: Sources | null,
  context: NatContext,
): Partial<NatRules> {
  const { path, network } = context;
  const { ipv6 = "none" } = body;
  const families: Family[] = ipv6 === "masquerade" ? [4, 6] : [4];
  const own = families.filter((family) => familiesFrom(sources).includes(family));
  if (own.length === 0 && typeof ipv6 === "string" && (sources?.prefixes.length ?? 0) > 0)
    network.problems.error("nat", "IPv6 is not translated here", [...path, "from"], {
      hint: "add ipv6: masquerade, or ipv6: { prefix: … }",
    });
  const type = typeof body.type === "string" ? NAT_TYPES[body.type] : (body.type ?? null);
  const rules = own.map((family) => {
    if (type !== null) return typedRules({ ...DEFAULT_TYPE, ...defined(type) }, link, family, sources, context);
    const from = sourceSteps(sources, family, context.groups);
    return { postrouting: [rule([ofFamily(family), match("oifname", link.name), from, masquerade()])] };
  });
  return joinNat([...rules, ...(typeof ipv6 === "object" ? [prefixRules(ipv6.prefix, link, sources, context)] : [])]);
}

const DEFAULT_TYPE: NatType = {
  mapping: "endpoint-independent",
  filtering: "address-and-port-dependent",
  hairpinning: false,
};

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

/**
 * RFC 6296's translation of one prefix into another, by connections instead of by packets, and without keeping the checksums
 * equal: nf_tables replaces the first bits of the address and updates the checksum in the packet.
 */
function prefixRules(
  text: string,
  link: OwnLink,
  sources: Sources | null,
  { path, node, network }: NatContext,
): Partial<NatRules> {
  const { problems } = network;
  const where = [...path, "ipv6", "prefix"];
  const outside = parsePrefix(text);
  if (outside === null || outside.family === 4) {
    problems.error("nat", `${JSON.stringify(text)} is not an IPv6 network`, where, {
      hint: "write it as 2001:db8:1::/64",
    });
    return {};
  }
  const inside = onlyPrefix6(sources, linksOf(node, network), link.name);
  if (!("length" in inside && "value" in inside)) {
    if (!node.incomplete)
      problems.error(
        "nat",
        inside.length === 0 ? `${node.name} has no IPv6 network inside` : "several IPv6 networks are inside",
        where,
        {
          hint:
            inside.length === 0
              ? "give its other interface an IPv6 address"
              : `say which with from: ${inside.join(" or ")}`,
        },
      );
    return {};
  }
  if (inside.length !== outside.length) {
    problems.error("nat", `${formatPrefix(inside)} inside and ${formatPrefix(outside)} differ in length`, where, {
      hint: `write a prefix of length ${inside.length}`,
    });
    return {};
  }
  const [own, other] = [formatPrefix(inside), formatPrefix(outside)];
  const notOwn = matchNot("fib daddr type", "local");
  const into = [ofFamily(6), match("iifname", link.name), match(destinationField(6), other), notOwn];
  return {
    prefixes: [{ prefix: other, rule: rule([...into, netmap("dnat", own)]) }],
    postrouting: [rule([ofFamily(6), match("oifname", link.name), match(sourceField(6), own), netmap("snat", other)])],
  };
}

function netmap(kind: "snat" | "dnat", prefix: string) {
  return { kind, family: 6, address: { kind: "prefix", prefix }, port: null, flags: [] } as const;
}
