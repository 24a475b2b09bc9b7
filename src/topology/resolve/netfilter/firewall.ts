/**
 * `firewall`: the chains input, forward and output. A rule applies to input and forward unless it has `on HOOK`, or a `to`
 * that only forwarding can have. In order, the user's rules come first; then what other parts of the topology need.
 */

import type { Family, NetfilterChain, NetfilterRule, NetfilterStep } from "../../../model/index.ts";
import { HOOKS, parseRule } from "../../firewall-rule.ts";
import type { FirewallRule, Hook, Word } from "../../firewall-rule.ts";
import type { Path } from "../../problems.ts";
import { hasIpv6 } from "../links.ts";
import type { Network, Node } from "../network.ts";
import type { Groups } from "./groups.ts";
import { findParty, partySteps } from "./find-party.ts";
import { ANY, commonFamilies } from "./party.ts";
import type { Party } from "./party.ts";
import { ACCEPT, baseChain, COUNTER, DROP, match, ofFamily, rule } from "./steps.ts";

/** Rules of other parts of the topology, behind the user's own. */
export type Further = Readonly<Partial<Record<Hook, readonly NetfilterRule[]>>>;

export function firewallChains(node: Node, network: Network, groups: Groups, further: Further): NetfilterChain[] {
  const body = node.body.firewall ?? {};
  const rules: Record<Hook, NetfilterRule[]> = { input: [], forward: [], output: [] };
  for (const [i, text] of (body.rules ?? []).entries()) {
    const path = [...node.path, "firewall", "rules", i];
    const parsed = parseRule(text, path, network.problems);
    if (parsed === null) continue;
    const parties = lookUp(parsed, path, node, network, groups);
    if (parties === null) continue;
    for (const hook of hooksOf(parsed, parties)) rules[hook].push(...compile(parsed, parties, text, groups));
  }
  return HOOKS.flatMap((hook) => {
    const policy = body[hook] ?? "accept";
    const own = [...rules[hook], ...(further[hook] ?? [])];
    if (policy === "accept" && own.length === 0) return [];
    // Nothing that follows from other keys is about ICMP.
    const discovery = policy === "drop" || rules[hook].length > 0 ? neighbourDiscovery(hook, node, network) : [];
    const always = [...loopback(hook, policy), ...discovery];
    return [baseChain(hook, "filter", hook, "filter", [...always, ...own], { policy })];
  });
}

/** With a policy of drop a node would not even reach itself. */
function loopback(hook: Hook, policy: "accept" | "drop"): NetfilterRule[] {
  if (hook === "forward" || policy === "accept") return [];
  return [rule([match(hook === "input" ? "iifname" : "oifname", "lo"), ACCEPT], "loopback")];
}

const DISCOVERY = ["nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert"];

/** ICMPv6 is to IPv6 what ARP, which our rules cannot drop, is to IPv4: without it there is no IPv6 at all. */
function neighbourDiscovery(hook: Hook, node: Node, network: Network): NetfilterRule[] {
  if (hook === "forward" || !hasIpv6(node, network)) return [];
  return [
    rule(
      [ofFamily(6), match("l4proto", "ipv6-icmp"), match("icmpv6 type", ...DISCOVERY), ACCEPT],
      "neighbour discovery",
    ),
  ];
}

interface Parties {
  readonly from: Party;
  readonly to: Party;
}

function lookUp(parsed: FirewallRule, path: Path, node: Node, network: Network, groups: Groups): Parties | null {
  const { problems, nodes } = network;
  const find = (word: Word | null): Party | null => {
    if (word === null) return ANY;
    const found = findParty(word.text, node, network, groups);
    if (!("fault" in found)) return found;
    // Its addresses may be missing because of a fault that was reported.
    if (!nodes.get(word.text)?.incomplete && !node.incomplete)
      problems.error("firewall", found.fault, path, { span: word.span, hint: found.hint });
    return null;
  };
  const [from, to] = [find(parsed.from), find(parsed.to)];
  if (from === null || to === null) return null;
  const { hook } = parsed;
  const impossible =
    hook?.name === "input" && to.kind === "links"
      ? "outgoing"
      : hook?.name === "output" && from.kind === "links"
        ? "incoming"
        : null;
  if (impossible !== null) {
    problems.error("firewall", `at ${hook!.name} there is no ${impossible} interface`, path, {
      span: (impossible === "outgoing" ? parsed.to : parsed.from)!.span,
      hint: `leave it out, or write ${impossible === "outgoing" ? "on forward or on output" : "on forward or on input"}`,
    });
    return null;
  }
  if (commonFamilies(from, to).length > 0) return { from, to };
  const culprit = parsed.to ?? parsed.from!;
  const empty = [from, to].some((party) => party.kind === "group" && party.families.length === 0);
  const fault = empty
    ? "the group is empty"
    : `${parsed.from!.text} and ${parsed.to!.text} have no IP version in common`;
  problems.error("firewall", fault, path, { span: culprit.span, hint: "nothing would ever match this rule" });
  return null;
}

function hooksOf({ hook }: FirewallRule, { to }: Parties): readonly Hook[] {
  if (hook !== null) return [hook.name];
  return to.kind === "links" ? ["forward"] : ["input", "forward"];
}

function compile(parsed: FirewallRule, { from, to }: Parties, text: string, groups: Groups): NetfilterRule[] {
  return commonFamilies(from, to).map((family) =>
    rule(
      [
        family === null ? [] : ofFamily(family),
        partySteps(from, "from", family, groups),
        partySteps(to, "to", family, groups),
        what(parsed, family),
        parsed.limit === null ? [] : { kind: "limit", ...parsed.limit, burst: BURST, over: false },
        parsed.log ? { kind: "log", prefix: LOG_PREFIX, level: null, group: null } : [],
        COUNTER,
        verdict(parsed),
      ],
      text.trim().replaceAll(/\s+/g, " "),
    ),
  );
}

/** nft's default. */
const BURST = 5;
const LOG_PREFIX = "netloom: ";

function what({ what: name, ports }: FirewallRule, family: Family | null): NetfilterStep[] {
  switch (name) {
    case "all":
      return [];
    case "established":
      return [match("ct state", "established", "related")];
    case "invalid":
      return [match("ct state", "invalid")];
    case "icmp":
      return [match("l4proto", ...(family === 6 ? [] : ["icmp"]), ...(family === 4 ? [] : ["ipv6-icmp"]))];
    default:
      return [match("l4proto", name), ...(ports.length === 0 ? [] : [match("dport", ...ports)])];
  }
}

function verdict({ action, what: name }: FirewallRule): NetfilterStep {
  if (action === "allow") return ACCEPT;
  if (action === "drop") return DROP;
  return { kind: "reject", with: name === "tcp" ? "tcp reset" : "icmpx port-unreachable" };
}
