/**
 * Foreign rules (iptables, nft by hand) as keys of the file, where those mean the same. The resulting
 * rules differ, so a remark says what each key replaces; what no key expresses is listed.
 */

import { isLinkLocal } from "../../model/index.ts";
import type { Namespace, NetfilterBase, NetfilterChain, NetfilterRule, NetfilterTable } from "../../model/index.ts";
import type { Hook } from "../../topology/firewall-rule.ts";
import type { Path } from "../../topology/problems.ts";
import type { NodeBody } from "../../topology/schema.ts";
import type { Findings } from "../findings.ts";
import { wordsOf } from "./firewall.ts";
import type { Compile } from "./own.ts";
import { publicationIn, answers, translationsIn } from "./others-nat.ts";
import type { Led } from "./others-nat.ts";
import type { Sections } from "./own.ts";
import { ruleText } from "./text.ts";
import { Words } from "./words.ts";

/** The hook, and its owner for messages. */
interface Base {
  readonly label: string;
  readonly family: NetfilterTable["family"];
  readonly base: NetfilterBase;
  readonly rules: readonly NetfilterRule[];
}

/** What a node has so far, which grows by what is adopted. */
interface Adoption {
  readonly namespace: Namespace;
  readonly body: NodeBody;
  readonly path: Path;
  readonly compile: Compile;
  readonly findings: Findings;
  readonly led: Led[];
}

const IP: ReadonlySet<string> = new Set(["ip", "ip6", "inet"]);
const IPTABLES: ReadonlySet<string> = new Set(["filter", "nat", "mangle", "raw", "security"]);

export function adoptOthers(
  namespace: Namespace,
  own: NetfilterTable | null,
  body: NodeBody,
  path: Path,
  compile: Compile,
  findings: Findings,
): void {
  const isOwn = ({ family, name }: NetfilterTable): boolean =>
    own !== null && family === "inet" && name.startsWith("netloom");
  const bases = namespace.netfilter.filter((table) => !isOwn(table)).flatMap(basesOf);
  const adoption: Adoption = { namespace, body, path, compile, findings, led: [] };
  const at = (hook: NetfilterBase["hook"], type: NetfilterBase["type"]): Base[] =>
    bases.filter(({ base }) => base.hook === hook && base.type === type);
  const taken = [
    ...at("prerouting", "nat").map((one) => (publish(one, adoption), one)),
    ...at("output", "nat").map((one) => (checkOutput(one, adoption), one)),
    ...at("postrouting", "nat").map((one) => (translate(one, adoption), one)),
  ];
  // Those of a bridge see frames that no router sees, and a firewall's see no others.
  const filters = bases.filter(
    ({ family, base }) => IP.has(family) && base.type === "filter" && base.priority === 0 && isHook(base.hook),
  );
  filter(filters, adoption);
  for (const one of bases.filter((each) => !taken.includes(each) && !filters.includes(each))) loseRules(one, adoption);
}

function isHook(hook: NetfilterBase["hook"]): hook is Hook {
  return hook === "input" || hook === "forward" || hook === "output";
}

/** Chains in which something can happen. */
function basesOf({ family, name, chains }: NetfilterTable): Base[] {
  const maker =
    (family === "ip" || family === "ip6") && IPTABLES.has(name)
      ? family === "ip"
        ? "iptables"
        : "ip6tables"
      : `table ${family}`;
  const effective = ({ base, rules }: NetfilterChain): boolean =>
    base !== null && (base.policy === "drop" || rules.some(hasEffect));
  return chains.filter(effective).map((chain) => ({
    label: `${maker} ${name} ${chain.name}`,
    family,
    base: chain.base!,
    rules: chain.rules.filter(hasEffect),
  }));
}

/** Rules that only count change nothing. */
function hasEffect({ steps }: NetfilterRule): boolean {
  return steps.some(({ kind }) => kind !== "match" && kind !== "lookup" && kind !== "counter");
}

function place({ namespace }: Adoption, { label }: Base, rule?: NetfilterRule): string {
  return `${namespace.name} ${label}${rule === undefined ? "" : `: ${ruleText(rule)}`}`;
}

function loseRules(base: Base, adoption: Adoption): void {
  const why = "rules of other tools are not part of a file";
  for (const rule of base.rules) adoption.findings.lose(place(adoption, base, rule), why);
  if (base.base.policy === "drop") adoption.findings.lose(`${place(adoption, base)} policy drop`, why);
}

/** Tutorials name the interface that their author's machine had: a sandbox has none of that name. */
function because(rules: readonly NetfilterRule[], { namespace }: Adoption, otherwise: string): string {
  const there = new Set(namespace.links.map(({ name }) => name));
  const named = rules.flatMap((rule) => {
    const words = new Words(rule);
    return (["iifname", "oifname"] as const).flatMap((key) => words.one(key) ?? words.not(key) ?? []);
  });
  const missing = named.find((name) => !name.endsWith("*") && !there.has(name));
  return missing === undefined ? otherwise : `${namespace.name} has no interface ${missing}`;
}

/** Adds to the keys if netloom accepts them; a remark names the origin. */
function add<K extends "nat" | "publish">(
  key: K,
  entry: NonNullable<NodeBody[K]>[number],
  base: Base,
  rule: NetfilterRule,
  { body, path, compile, findings }: Adoption,
): boolean {
  const entries = [...(body[key] ?? []), entry] as NonNullable<NodeBody[K]>;
  const sections: Sections = { ...sectionsOf(body), [key]: entries };
  if (compile(sections) === null) return false;
  body[key] = entries;
  findings.note([...path, key, entries.length - 1], `from ${base.label}: ${ruleText(rule)}`);
  return true;
}

function sectionsOf({ nat, publish, firewall }: NodeBody): Sections {
  return { ...(nat && { nat }), ...(publish && { publish }), ...(firewall && { firewall }) };
}

function publish(base: Base, adoption: Adoption): void {
  for (const rule of base.rules) {
    const found = publicationIn(rule, adoption.namespace);
    if (found === null)
      adoption.findings.lose(place(adoption, base, rule), because([rule], adoption, "publish cannot express this"));
    else if (answers(found, adoption.led) || add("publish", found.entry, base, rule, adoption))
      adoption.led.push(found);
    else
      adoption.findings.lose(place(adoption, base, rule), because([rule], adoption, "netloom refuses to publish this"));
  }
}

/** What netloom publishes is published to the node itself, too. */
function checkOutput(base: Base, adoption: Adoption): void {
  for (const rule of base.rules) {
    const found = publicationIn(rule, adoption.namespace);
    if (found === null || !answers(found, adoption.led))
      adoption.findings.lose(place(adoption, base, rule), "publish cannot express this");
  }
}

function translate(base: Base, adoption: Adoption): void {
  for (const rule of base.rules) {
    const found = translationsIn(rule, adoption.namespace, adoption.led);
    const done = found?.every((entry) => add("nat", entry, base, rule, adoption));
    if (done !== true)
      adoption.findings.lose(place(adoption, base, rule), because([rule], adoption, "nat cannot express this"));
  }
}

/** All of a chain or nothing: a filter with a rule missing is another filter. */
function filter(bases: readonly Base[], adoption: Adoption): void {
  const { namespace, body, path, findings, compile } = adoption;
  const hooks = bases.map(({ base }) => base.hook);
  const six = namespace.addresses.some(
    ({ family, address, link }) => family === 6 && link !== "lo" && !isLinkLocal(address),
  );
  for (const base of bases) {
    const { hook, policy } = base.base;
    if (!isHook(hook)) continue;
    const texts = base.rules.map((rule) => ({ rule, text: wordsOf(rule, hook, [base.family === "ip6" ? 6 : 4]) }));
    const strange = texts.find(({ text }) => text === null)?.rule;
    const why =
      hooks.indexOf(hook) !== hooks.lastIndexOf(hook) || body.firewall?.[hook] !== undefined
        ? "there are several filters at this place"
        : base.family === "ip" && six
          ? "it is for IPv4 only, a firewall of netloom for both"
          : base.family === "ip6"
            ? "it is for IPv6 only, a firewall of netloom for both"
            : strange === undefined
              ? null
              : `firewall cannot express ${ruleText(strange)}, so the whole chain is left out`;
    if (why !== null) {
      findings.lose(place(adoption, base), why);
      continue;
    }
    const rules = [...(body.firewall?.rules ?? []), ...texts.map(({ text }) => text!)];
    const firewall = {
      ...body.firewall,
      ...(policy === "drop" && { [hook]: "drop" as const }),
      ...(rules.length > 0 && { rules }),
    };
    if (compile({ ...sectionsOf(body), firewall }) === null) {
      findings.lose(place(adoption, base), because(base.rules, adoption, "netloom refuses these rules"));
      continue;
    }
    body.firewall = firewall;
    findings.note([...path, "firewall"], `from ${base.label}`);
  }
}
