/** Rules of any table in words: what they do first, then with which packets. */

import type { NetfilterOperand, NetfilterRule, NetfilterSource, NetfilterStep } from "../../model/index.ts";
import { enumerate } from "../text.ts";

type Match = Extract<NetfilterStep, { kind: "match" }>;

/** Longer lists are shortened to this. */
const VALUES_SHOWN = 8;

/** `accept tcp/22 in eth0 from 10.0.0.0/8`; ends in the rule's comment, if it has one. */
export function ruleWords({ steps, comment }: NetfilterRule): string {
  const packets = packetWords(steps);
  const verdict = steps.map(verdictOf).find((words) => words !== null) ?? null;
  const beside = steps.flatMap(sideEffect);
  const [lead, target] = verdict ?? [beside.shift() ?? "count", null];
  const what = packets === "" && target === null ? "all" : packets;
  return [
    [lead, what].filter((part) => part !== "").join(" "),
    ...(target === null ? [] : [`→ ${target}`]),
    ...(beside.length === 0 ? [] : [`(${beside.join(", ")})`]),
    ...(comment === null ? [] : [`# ${comment}`]),
  ].join(" ");
}

/** Which packets a rule is about; empty for all. */
export function packetWords(steps: readonly NetfilterStep[]): string {
  const matches = steps.filter((step): step is Match => step.kind === "match" && step.fields.length === 1);
  const positive = (field: string): Match | undefined => matches.find((step) => !step.not && step.fields[0] === field);
  const protocol = positive("l4proto") ?? positive("ip protocol") ?? positive("ip6 nexthdr");
  const port = protocol === undefined ? undefined : positive("dport");
  const type = positive("icmp type") ?? positive("icmpv6 type");
  const family = positive("nfproto")?.values[0];
  // Addresses already imply the IP version.
  const told = matches.some(({ fields: [field] }) => typeof field === "string" && /^ip6? [sd]addr$/.test(field));
  const words = [
    ...(family === undefined || told ? [] : [family === "ipv4" ? "IPv4" : "IPv6"]),
    ...(protocol === undefined ? [] : [values(protocol).replaceAll(", ", ",")]),
  ];
  if (port !== undefined) words.push(`${words.pop()}/${values(port).replaceAll(", ", ",")}`);
  if (type !== undefined && protocol !== undefined) words.push(values(type));
  const said = new Set<NetfilterStep | undefined>([protocol, port, positive("nfproto")]);
  if (protocol !== undefined) said.add(type);
  const rest = steps.filter((step) => !said.has(step));
  return [...words, ...rest.flatMap(conditionOf)].join(" ");
}

const PREPOSITIONS: Readonly<Record<string, string>> = {
  iifname: "in",
  oifname: "out",
  "ip saddr": "from",
  "ip6 saddr": "from",
  "ip daddr": "to",
  "ip6 daddr": "to",
  sport: "from port",
  dport: "to port",
  "ct state": "state",
  mark: "mark",
  "ether saddr": "from",
  "ether daddr": "to",
};

/** What the routing table thinks of an address: asked only with the one value that means something to people. */
const LOCAL: Readonly<Record<string, string>> = {
  "fib daddr type": "to this node itself",
  "fib saddr type": "from this node itself",
  "fib daddr . iif type": "to an address of the interface it came in by",
};

function conditionOf(step: NetfilterStep): string[] {
  const not = "not" in step && step.not ? "not " : "";
  switch (step.kind) {
    case "match": {
      const [field] = step.fields;
      if (step.fields.length !== 1 || typeof field !== "string")
        return [`${not}${step.fields.map(sourceText).join(" . ")} ${values(step)}`];
      const local = step.values.join() === "local" ? LOCAL[field] : undefined;
      if (local !== undefined) return [`${not}${local}`];
      if (field === "ct status" && step.values.join() === "dnat") return [`${not}with translated destination`];
      return [`${not}${PREPOSITIONS[field] ?? field} ${values(step)}`];
    }
    case "lookup": {
      const [field] = step.fields;
      const simple = step.fields.length === 1 && typeof field === "string" ? PREPOSITIONS[field] : undefined;
      if (simple !== undefined) return [`${not}${simple} @${step.set}`];
      return [`${step.fields.map(sourceText).join(" . ")} ${not}in @${step.set}`];
    }
    case "limit":
      return [`${step.over ? "over" : "limit"} ${step.rate}/${UNITS[step.seconds] ?? `${step.seconds} s`}`];
    case "opaque":
      return [
        `[${step.text === "" ? "something netloom cannot express" : step.text.replace(/^xt (match|target) "(.*)"$/, "iptables $1 $2")}]`,
      ];
    default:
      return [];
  }
}

const UNITS: Readonly<Record<number, string>> = {
  1: "second",
  60: "minute",
  3600: "hour",
  86_400: "day",
  604_800: "week",
};

/** What ends the rule, and where to. */
function verdictOf(step: NetfilterStep): [verb: string, target: string | null] | null {
  switch (step.kind) {
    case "accept":
    case "drop":
    case "return":
      return [step.kind, null];
    case "reject":
      return [`reject (${step.with})`, null];
    case "jump":
    case "goto":
      return [step.kind, step.chain];
    case "verdict-map":
      return ["look up", `@${step.set} by ${step.fields.map(sourceText).join(" . ")}`];
    case "masquerade":
    case "redirect": {
      const port = step.port === null ? null : `port ${operandText(step.port)}`;
      return [[step.kind, ...step.flags].join(" "), step.kind === "redirect" ? (port ?? "this node") : port];
    }
    case "snat":
    case "dnat":
      return [[step.kind, ...step.flags].join(" "), translation(step)];
    default:
      return null;
  }
}

/** `10.0.0.2:80`, `[2001:db8::2]:80`, `port 80`. */
export function translation({ address, port }: Extract<NetfilterStep, { kind: "snat" | "dnat" }>): string {
  if (address === null) return port === null ? "itself" : `port ${operandText(port)}`;
  // Both parts of one element of a map.
  if (address.kind === "map" && port?.kind === "map" && port.set === address.set) return operandText(address);
  const to = operandText(address);
  if (port === null) return to;
  return `${to.includes(":") ? `[${to}]` : to}:${operandText(port)}`;
}

function operandText(operand: NetfilterOperand): string {
  switch (operand.kind) {
    case "constant":
      return operand.from === operand.to ? operand.from : `${operand.from}-${operand.to}`;
    case "source":
      return sourceText(operand.source);
    case "map":
      return `@${operand.set} by ${operand.fields.map(sourceText).join(" . ")}`;
    case "prefix":
      return operand.prefix;
  }
}

function sideEffect(step: NetfilterStep): string[] {
  switch (step.kind) {
    case "log":
      return [step.prefix === null ? "log" : `log ${JSON.stringify(step.prefix)}`];
    case "set":
      return [`set ${step.field} 0x${step.value.toString(16)}`];
    case "notrack":
      return ["not tracked"];
    case "update":
      return [`${step.operation} ${step.key.map(sourceText).join(" . ")} in @${step.set}`];
    default:
      return [];
  }
}

function sourceText(source: NetfilterSource): string {
  if (typeof source === "string") return source;
  return `hash of ${source.hash.join(" . ")}`;
}

function values({ values: list }: Match): string {
  return list.length > VALUES_SHOWN ? enumerate(list, VALUES_SHOWN) : list.join(", ");
}

/** Interfaces that a rule names. */
export function linksIn(steps: readonly NetfilterStep[]): string[] {
  const found = steps.flatMap((step) => {
    if (step.kind !== "match") return [];
    const parts = step.values.map((value) => (step.fields.length === 1 ? [value] : value.split(" . ")));
    return step.fields.flatMap((field, at) =>
      field === "iifname" || field === "oifname" ? parts.flatMap((each) => each[at] ?? []) : [],
    );
  });
  return [...new Set(found)];
}
