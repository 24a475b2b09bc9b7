/** The chains input, forward and output as `firewall`: by the comments that hold each rule's own text, or by what the rules do. */

import type { NetfilterChain, NetfilterRule, NetfilterStep, NetfilterTable } from "../../model/index.ts";
import { HOOKS, parseRule } from "../../topology/firewall-rule.ts";
import type { Hook } from "../../topology/firewall-rule.ts";
import { Problems } from "../../topology/problems.ts";
import type { FirewallBody } from "../../topology/schema-netfilter.ts";
import { prefixesIn, Words } from "./words.ts";

/** Rules that follow from other keys. */
const IMPLIED: ReadonlySet<string | null> = new Set(["loopback", "neighbour discovery", "published", "unsolicited"]);

/** A rule for both IP versions is in a chain twice, with one text: `comments` takes the two for one. */
export type Reading = "comments" | "every comment" | "steps";

export function firewallOf({ chains }: NetfilterTable, reading: Reading): FirewallBody | null {
  const own = HOOKS.flatMap((hook) =>
    chains.filter(({ name, base }) => name === hook && base !== null).map((chain) => ({ hook, chain })),
  );
  const dropped = own.filter(({ chain }) => chain.base!.policy === "drop");
  const texts = own.map(({ hook, chain }) => textsOf(chain, hook, reading));
  const rules = merged(texts);
  if (dropped.length === 0 && rules.length === 0) return null;
  return {
    ...Object.fromEntries(dropped.map(({ hook }) => [hook, "drop" as const])),
    ...(rules.length === 0 ? {} : { rules }),
  };
}

function textsOf({ rules }: NetfilterChain, hook: Hook, reading: Reading): string[] {
  const texts: string[] = [];
  for (const rule of rules.filter(({ comment }) => !IMPLIED.has(comment))) {
    const said = rule.comment !== null && parseRule(rule.comment, [], new Problems()) !== null ? rule.comment : null;
    const text = (reading === "steps" ? null : said) ?? wordsOf(rule, hook);
    if (text === null || (reading === "comments" && text === texts.at(-1))) continue;
    texts.push(text);
  }
  return texts;
}

/** One list out of the hooks' lists, in an order that is each one's own; what several have is one rule. */
function merged(lists: readonly string[][]): string[] {
  const rest = lists.map((list) => [...list]);
  const rules: string[] = [];
  while (rest.some((list) => list.length > 0)) {
    const heads = rest.flatMap((list) => list[0] ?? []);
    const next = heads.find((head) => rest.every((list) => list[0] === head || !list.includes(head))) ?? heads[0]!;
    rules.push(next);
    for (const list of rest) if (list[0] === next) list.shift();
  }
  return rules;
}

/** The text of a rule by its steps; null when there is none for it. */
export function wordsOf(rule: NetfilterRule, hook: Hook, families: readonly (4 | 6)[] = [4, 6]): string | null {
  const words = new Words(rule);
  words.one("nfproto");
  const from = party(words, "iifname", ["ip saddr", "ip6 saddr"]);
  const to = party(words, "oifname", ["ip daddr", "ip6 daddr"]);
  const what = protocol(words, families);
  const limit = words.step("limit");
  const verdict = (["accept", "drop"] as const).find((kind) => words.step(kind) !== null);
  const reject = words.step("reject");
  if (from === null || to === null || what === null || !words.done) return null;
  if (limit !== null && (limit.over || UNITS[limit.seconds] === undefined)) return null;
  const action = verdict === "accept" ? "allow" : (verdict ?? (reject === null ? null : "reject"));
  if (action === null || (reject !== null && !usual(reject, what))) return null;
  return [
    `${action} ${what}`,
    ...(from === "" ? [] : [`from ${from}`]),
    ...(to === "" ? [] : [`to ${to}`]),
    `on ${hook}`,
    ...(limit === null ? [] : [`limit ${limit.rate}/${UNITS[limit.seconds]}`]),
  ].join(" ");
}

const UNITS: Readonly<Record<number, string>> = { 1: "second", 60: "minute", 3600: "hour", 86_400: "day" };

/** An interface or an address; "" for any, null if one word cannot express it. */
function party(words: Words, link: string, fields: readonly string[]): string | null {
  const name = words.one(link);
  const addresses = fields.flatMap((field) => words.values(field) ?? []).flatMap(prefixesIn);
  if (name !== null && (addresses.length > 0 || name.endsWith("*"))) return null;
  return addresses.length > 1 ? null : (name ?? addresses[0] ?? "");
}

function protocol(words: Words, families: readonly (4 | 6)[]): string | null {
  const states = words.values("ct state");
  const protocols = words.values("l4proto") ?? words.values("ip protocol") ?? words.values("ip6 nexthdr");
  const ports = words.values("dport");
  if (states !== null) {
    if (protocols !== null || ports !== null) return null;
    const text = [...states].sort().join();
    return text === "established,related" ? "established" : text === "invalid" ? "invalid" : null;
  }
  if (protocols === null) return ports === null ? "all" : null;
  const icmp: string[] = families.map((family) => (family === 4 ? "icmp" : "ipv6-icmp"));
  if (protocols.every((one) => icmp.includes(one)) && ports === null) return "icmp";
  const [name, ...more] = protocols;
  if (more.length > 0 || (name !== "tcp" && name !== "udp")) return null;
  return ports === null ? name : `${name}/${ports.join(",")}`;
}

function usual({ with: how }: Extract<NetfilterStep, { kind: "reject" }>, what: string): boolean {
  return what === "tcp" || what.startsWith("tcp/")
    ? how === "tcp reset"
    : how === "icmpx port-unreachable" || how === "icmp port-unreachable";
}
