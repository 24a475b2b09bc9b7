/** netloom's own table, read back into what its user wrote: NAT, published ports, the firewall. */

import type {
  Namespace,
  NetfilterChain,
  NetfilterRule,
  NetfilterSet,
  NetfilterStep,
  NetfilterTable,
} from "../../model/index.ts";
import { publications, publishedBy } from "./publications.ts";
import type { NameOf } from "./publications.ts";
import { linksIn, packetWords, ruleWords } from "./words.ts";

/** One rule, or several that belong together. */
export interface RuleText {
  /** What it is part of: `NAT`, `publish`, `forward`; for a foreign table its family, name and chain. */
  readonly at: string;
  readonly text: string;
  /** Interfaces that it names. */
  readonly links: readonly string[];
  /** What the user's words mean in this node; null if `text` already says it. */
  readonly meaning: string | null;
  /** Follows from something else, such as a policy. */
  readonly derived: boolean;
}

/** Rules that follow from others, by the comment that topology/ gives them. */
const DERIVED = new Set(["loopback", "neighbour discovery", "published", "unsolicited", "hairpin"]);

/** Nothing is left out: an unrecognised rule is shown like any other. */
export function ownRules(table: NetfilterTable, namespace: Namespace, nameOf: NameOf): RuleText[] {
  return table.chains
    .filter((chain) => chain.base !== null && chain.name !== "nat_refresh" && chain.name !== "nat_output")
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((chain) => {
      if (chain.base?.type === "filter") return filterRules(chain);
      if (chain.base?.hook === "prerouting") return incoming(chain, table, namespace, nameOf);
      return sourceNat(chain, table);
    });
}

/** What changes packets first, as they pass it; the firewall in the order of its keys. */
function rank({ name }: NetfilterChain): number {
  return ["postrouting", "prerouting", "input", "forward", "output"].indexOf(name);
}

function incoming(chain: NetfilterChain, table: NetfilterTable, namespace: Namespace, nameOf: NameOf): RuleText[] {
  const published = publications(chain, table, namespace, nameOf).map(({ text, link }) =>
    said("publish", text, link === null ? [] : [link]),
  );
  const others = chain.rules.filter(({ steps }) => publishedBy(steps, table) === null);
  return [
    ...published,
    ...others.map((rule) => {
      // A prefix is translated both ways, so postrouting is enough. What a type of NAT lets in follows from the type.
      const part = rule.steps.some(
        (step) => step.kind === "dnat" && (step.address?.kind === "prefix" || step.address?.kind === "map"),
      );
      return { ...said("NAT", ruleWords(rule), linksIn(rule.steps)), derived: part };
    }),
  ];
}

function sourceNat(chain: NetfilterChain, table: NetfilterTable): RuleText[] {
  const texts: RuleText[] = [];
  let last: string | null = null;
  for (const rule of chain.rules) {
    const { steps, comment } = rule;
    const hairpin = comment === "hairpin" || steps.some((step) => isField(step, "ct status"));
    const text = hairpin ? null : natText(rule, table);
    // TCP and UDP have their own rule if ports are chosen; the next rule is for protocols without ports.
    const sibling = text !== null && last !== null && withoutPorts(last) === text;
    texts.push({ ...said("NAT", text ?? ruleWords(rule), linksIn(steps)), derived: hairpin || sibling });
    last = text;
  }
  return texts;
}

const withoutPorts = (text: string): string => text.replace(/, (ports|mapping) .*$/, "");

function natText({ steps }: NetfilterRule, table: NetfilterTable): string | null {
  // As in the file: IPv4 is implied, and so are ports that stay the same.
  const packets = packetWords(
    steps.filter(
      (step) =>
        !isField(step, "fib saddr type") &&
        !(step.kind === "match" && step.fields[0] === "l4proto") &&
        !(isField(step, "nfproto") && step.kind === "match" && step.values[0] === "ipv4"),
    ),
  );
  for (const step of steps) {
    if (step.kind === "masquerade") {
      const symmetric = step.flags.includes("fully-random") ? `, ${behaviour(SYMMETRIC, SYMMETRIC, false)}` : "";
      return `masquerade ${packets}${symmetric}`;
    }
    if (step.kind === "goto") {
      const type = typeOf(step.chain, table);
      if (type !== null) return `masquerade ${packets}, ${type}`;
    }
    if (step.kind !== "snat" || step.address === null) continue;
    const { address, port } = step;
    if (address.kind === "prefix") return `prefix ${packets} → ${address.prefix}`;
    if (address.kind !== "constant") return null;
    const ports = port?.kind === "constant" ? `, ports ${port.from}-${port.to}` : "";
    return `snat ${packets} → ${address.from === address.to ? address.from : `${address.from}-${address.to}`}${ports}`;
  }
  return null;
}

const INDEPENDENT = "endpoint-independent";
const ADDRESS = "address-dependent";
const SYMMETRIC = "address-and-port-dependent";

/** Of which type a NAT is, from the books that it keeps; null for a chain that keeps none. */
function typeOf(chain: string, { sets, chains }: NetfilterTable): string | null {
  const [, id, family] = /^(nat\d+)_map_(ip[46])$/.exec(chain) ?? [];
  if (id === undefined) return null;
  const set = (what: string): NetfilterSet | undefined => sets.find(({ name }) => name === `${id}_${what}_${family}`);
  const prerouting = chains.find(({ name }) => name === "prerouting")?.rules ?? [];
  const open = prerouting.some(
    ({ comment, steps }) =>
      comment === "to who has the port" &&
      steps.some(
        (step) => step.kind === "dnat" && step.address?.kind === "map" && step.address.set === `${id}_in_${family}`,
      ),
  );
  const mapping = (set("out")?.key.length ?? 0) > 3 ? SYMMETRIC : INDEPENDENT;
  const filtering = set("seen") !== undefined ? ADDRESS : open ? INDEPENDENT : SYMMETRIC;
  return behaviour(
    mapping,
    filtering,
    chains.some(({ name }) => name === `${id}_hairpin_${family}`),
  );
}

function behaviour(mapping: string, filtering: string, hairpinning: boolean): string {
  return `mapping ${mapping}, filtering ${filtering}${hairpinning ? ", hairpinning" : ""}`;
}

function filterRules({ base, name, rules }: NetfilterChain): RuleText[] {
  const at = base?.hook ?? name;
  const follow = rules.every(({ comment }) => comment !== null && DERIVED.has(comment));
  const policy = base?.policy ?? "accept";
  const texts = follow && policy === "accept" ? [] : [said(at, `default ${policy}`, [])];
  for (const rule of rules) {
    const { comment, steps } = rule;
    const words = ruleWords({ steps, comment: null });
    if (comment !== null && DERIVED.has(comment)) {
      texts.push({ ...said(at, `${words} # ${comment}`, linksIn(steps)), derived: true });
      continue;
    }
    // The comment is the user's rule, of which there is one for each version of IP.
    const written = comment !== null && /^(allow|drop|reject) /.test(comment) ? comment : null;
    const before = texts.at(-1);
    if (written !== null && before?.text === written) texts.pop();
    const meaning = written === null ? null : before?.text === written ? `${before.meaning}; ${words}` : words;
    texts.push({ ...said(at, written ?? ruleWords(rule), linksIn(steps)), meaning });
  }
  return texts;
}

function isField(step: NetfilterStep, field: string): boolean {
  return step.kind === "match" && step.fields.length === 1 && step.fields[0] === field;
}

function said(at: string, text: string, links: readonly string[]): RuleText {
  return { at, text, links, meaning: null, derived: false };
}
