/** The chain postrouting of the lab's own table as entries of `nat`. */

import type { Family, NetfilterRule, NetfilterTable } from "../../model/index.ts";
import { NAT_PRESETS, NAT_TYPES } from "../../topology/nat-types.ts";
import type { NatType } from "../../topology/nat-types.ts";
import type { NatBody } from "../../topology/schema-netfilter.ts";
import { prefixesIn, Words } from "./words.ts";

/** One rule's worth; an entry for both IP versions has two. */
interface Part {
  readonly family: Family;
  readonly out: string;
  readonly from: string[] | null;
  readonly does:
    | { readonly kind: "masquerade"; readonly typed: "books" | "ports" | null }
    | { readonly kind: "snat"; readonly to: string; readonly ports: string | null }
    | { readonly kind: "prefix"; readonly prefix: string };
}

export function natOf(table: NetfilterTable): NatBody[] {
  const rules = table.chains.find(({ name }) => name === "postrouting")?.rules ?? [];
  const parts = withoutSeconds(rules.flatMap((rule) => partOf(rule) ?? []));
  const entries: NatBody[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const next = parts[i + 1];
    const joined = next !== undefined && joins(part, next) ? next : null;
    if (joined !== null) i++;
    entries.push(entryOf(part, joined, entries.length + 1, table));
  }
  return entries;
}

function partOf(rule: NetfilterRule): Part | null {
  const words = new Words(rule);
  const family = words.family();
  const out = words.one("oifname");
  if (family === null || out === null) return null;
  const forwarded = words.not("fib saddr type") === "local";
  const field = family === 4 ? "ip saddr" : "ip6 saddr";
  const from = words.values(field)?.flatMap(prefixesIn) ?? groupIn(words.step("lookup"));
  const ported = words.values("l4proto") !== null;
  const made = { family, out, from };
  if (words.step("goto") !== null && forwarded && words.done)
    return { ...made, does: { kind: "masquerade", typed: "books" } };
  const masquerade = words.step("masquerade");
  if (masquerade !== null && masquerade.port === null && words.done) {
    const free = masquerade.flags.includes("fully-random");
    return { ...made, does: { kind: "masquerade", typed: forwarded ? (free ? "ports" : "books") : null } };
  }
  const snat = words.step("snat");
  if (snat === null || !words.done) return null;
  if (snat.address?.kind === "prefix") return { ...made, does: { kind: "prefix", prefix: snat.address.prefix } };
  if (snat.address?.kind !== "constant") return null;
  const ports = ported && snat.port?.kind === "constant" ? range(snat.port) : null;
  return { ...made, does: { kind: "snat", to: range(snat.address), ports } };
}

function range({ from, to }: { readonly from: string; readonly to: string }): string {
  return from === to ? from : `${from}-${to}`;
}

/** `@trusted_v4` is the group `trusted`. */
function groupIn(lookup: { readonly set: string } | null): string[] | null {
  return lookup === null ? null : [lookup.set.replace(/_v[46]$/, "")];
}

/** If an entry has two rules for one IP version (with ports, then the rest), the second adds nothing. */
function withoutSeconds(parts: readonly Part[]): Part[] {
  return parts.filter((part, i) => {
    const before = parts[i - 1];
    const again =
      before !== undefined &&
      before.family === part.family &&
      before.out === part.out &&
      String(before.from) === String(part.from);
    if (!again || i === 0) return true;
    if (part.does.kind === "snat") return !(before.does.kind === "snat" && before.does.ports !== null);
    return !(part.does.kind === "masquerade" && part.does.typed === "books" && before.does.kind === "masquerade");
  });
}

/** Whether the second is the IPv6 part of the first's entry. */
function joins(first: Part, second: Part): boolean {
  if (first.family !== 4 || second.family !== 6 || first.out !== second.out) return false;
  if (first.does.kind !== "masquerade" || second.does.kind === "snat") return false;
  if (second.does.kind === "prefix") return true;
  return first.does.typed === second.does.typed && (first.from === null) === (second.from === null);
}

function entryOf(part: Part, joined: Part | null, number: number, table: NetfilterTable): NatBody {
  const { out, does, family } = part;
  if (does.kind === "snat")
    return { snat: { out, to: does.to, ...(does.ports === null ? {} : { ports: does.ports }) }, ...sources(part.from) };
  const six = family === 6 ? part : joined;
  const ipv6 = six === null ? null : six.does.kind === "prefix" ? { prefix: six.does.prefix } : ("masquerade" as const);
  // The prefix inside is found by itself if there is one alone.
  const own =
    joined === null || (joined.does.kind === "prefix" && part.from === null) ? part.from : both(part.from, joined.from);
  return {
    masquerade: out,
    ...sources(own),
    ...(does.kind === "masquerade" && does.typed !== null ? { type: typeOf(does.typed, number, table) } : {}),
    ...(ipv6 === null ? {} : { ipv6 }),
  };
}

function both(a: string[] | null, b: string[] | null): string[] | null {
  return a === null && b === null ? null : [...new Set([...(a ?? []), ...(b ?? [])])];
}

function sources(from: string[] | null): Pick<NatBody, "from"> {
  return from === null ? {} : { from: from.length === 1 ? from[0]! : from };
}

/** How entry number N behaves, according to the sets and chains named after it. */
function typeOf(typed: "books" | "ports", number: number, table: NetfilterTable): NonNullable<NatBody["type"]> {
  const set = (what: string) => table.sets.find(({ name }) => new RegExp(`^nat${number}_${what}_ip[46]$`).test(name));
  const chain = (name: string): readonly NetfilterRule[] => table.chains.find((one) => one.name === name)?.rules ?? [];
  const open = chain("prerouting").some(
    ({ comment, steps }) =>
      comment === "to who has the port" &&
      steps.some(
        (step) => step.kind === "dnat" && step.address?.kind === "map" && step.address.set === set("in")?.name,
      ),
  );
  const type: NatType =
    typed === "ports"
      ? NAT_TYPES.corporate
      : {
          mapping: (set("out")?.key.length ?? 3) > 3 ? "address-and-port-dependent" : "endpoint-independent",
          filtering:
            set("seen") !== undefined
              ? "address-dependent"
              : open
                ? "endpoint-independent"
                : "address-and-port-dependent",
          hairpinning: table.chains.some(({ name }) => new RegExp(`^nat${number}_hairpin_ip[46]$`).test(name)),
        };
  const same = ({ mapping, filtering, hairpinning }: NatType): boolean =>
    mapping === type.mapping && filtering === type.filtering && hairpinning === type.hairpinning;
  return NAT_PRESETS.find((preset) => same(NAT_TYPES[preset])) ?? type;
}
