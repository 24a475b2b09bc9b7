/** Rules of `firewall`: `ACTION WHAT [from X] [to Y] [on HOOK] [limit N/UNIT] [log]`. Grammar alone; names are looked up later. */

import type { Path, Problems } from "./problems.ts";
import { nearest, suggestion } from "./suggest.ts";

const USAGE = 'write it as "allow tcp/443 from lan", "drop icmp from 10.0.2.0/24" or "allow established"';
export const HOOKS = ["input", "forward", "output"] as const;
const ACTIONS = ["allow", "drop", "reject"] as const;
/** Also what people used to other tools write. */
const OTHER_ACTIONS: Record<string, string> = {
  accept: "allow",
  permit: "allow",
  pass: "allow",
  deny: "reject",
  block: "drop",
};
const WORDS = ["all", "tcp", "udp", "icmp", "established", "invalid"];
const UNITS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

export type Hook = (typeof HOOKS)[number];

export interface Word {
  readonly text: string;
  readonly span: readonly [number, number];
}

export interface FirewallRule {
  readonly action: (typeof ACTIONS)[number];
  readonly what: "all" | "tcp" | "udp" | "icmp" | "established" | "invalid";
  /** Of tcp and udp, as nft writes them: `80`, `8000-8010`; in order and apart. Empty: every port. */
  readonly ports: readonly string[];
  readonly from: Word | null;
  readonly to: Word | null;
  /** null: not given. */
  readonly hook: (Word & { readonly name: Hook }) | null;
  readonly limit: { readonly rate: number; readonly seconds: number } | null;
  readonly log: boolean;
}

type Fail = (summary: string, word: Word, hint?: string) => null;

/** The rule, or null after its first fault was reported. */
export function parseRule(text: string, path: Path, problems: Problems): FirewallRule | null {
  const words: Word[] = [...text.matchAll(/\S+/g)].map((m) => ({ text: m[0], span: [m.index, m.index + m[0].length] }));
  const fail: Fail = (summary, { span }, hint = USAGE) => {
    // Of an empty rule there is nothing to point at.
    problems.error("firewall", summary, path, { ...(span[0] < span[1] && { span }), hint });
    return null;
  };
  const [first, second] = words;
  const whole: Word = { text, span: [0, text.length] };
  if (first === undefined) return fail("a rule of the firewall is empty", whole);
  const action = ACTIONS.find((one) => one === first.text);
  if (action === undefined) {
    const near = OTHER_ACTIONS[first.text] ?? nearest(first.text, ACTIONS);
    return fail(
      `expected allow, drop or reject, found ${JSON.stringify(first.text)}`,
      first,
      near === null ? USAGE : `did you mean ${JSON.stringify(near)}?`,
    );
  }
  if (second === undefined) return fail(`${action} what?`, first);
  const what = parseWhat(second, fail);
  if (what === null) return null;
  const clauses = parseClauses(words.slice(2), fail);
  return clauses === null ? null : { action, ...what, ...clauses };
}

function parseWhat(word: Word, fail: Fail): Pick<FirewallRule, "what" | "ports"> | null {
  const slash = word.text.indexOf("/");
  const name = slash < 0 ? word.text : word.text.slice(0, slash);
  const what = WORDS.find((one) => one === name) as FirewallRule["what"] | undefined;
  const [start] = word.span;
  if (what === undefined) {
    const aliases: Record<string, string> = { any: "all", ping: "icmp", icmpv6: "icmp", related: "established" };
    const near = aliases[name] ?? nearest(name, WORDS);
    return fail(
      `expected a protocol, found ${JSON.stringify(name)}`,
      { text: name, span: [start, start + name.length] },
      near === null
        ? `use ${WORDS.slice(0, -1).join(", ")} or ${WORDS.at(-1)!}, as in tcp/443`
        : `did you mean ${JSON.stringify(near)}?`,
    );
  }
  if (slash < 0) return { what, ports: [] };
  if (what !== "tcp" && what !== "udp")
    return fail(`${what} has no ports`, { text: "", span: [start + slash, word.span[1]] }, `write just ${what}`);
  const ranges: [number, number][] = [];
  let offset = start + slash + 1;
  for (const part of word.text.slice(slash + 1).split(",")) {
    const range = parsePorts(part);
    if (typeof range === "string") {
      const span = [part === "" ? start : offset, part === "" ? word.span[1] : offset + part.length] as const;
      return fail(range, { text: part, span }, `write ports as in ${what}/80,443,8000-8010`);
    }
    ranges.push(range);
    offset += part.length + 1;
  }
  return { what, ports: joined(ranges).map(portsText) };
}

/** First and last port of `80` or `8000-8010`, or what is wrong. */
export function parsePorts(text: string): [number, number] | string {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) return `expected a port or a range of ports, found ${JSON.stringify(text)}`;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  for (const port of [first, last])
    if (port < 1 || port > 65_535) return `a port is a number from 1 to 65535, not ${port}`;
  if (last < first) return `the range ${text} is the wrong way round`;
  return [first, last];
}

export function portsText([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** Ranges that touch become one: the kernel takes none that overlap. */
function joined(ranges: readonly [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}

type Clauses = Omit<FirewallRule, "action" | "what" | "ports">;

function parseClauses(words: readonly Word[], fail: Fail): Clauses | null {
  const clauses: { -readonly [K in keyof Clauses]: Clauses[K] } = {
    from: null,
    to: null,
    hook: null,
    limit: null,
    log: false,
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = word.text === "in" ? "on" : word.text;
    if (name === "log") {
      clauses.log = true;
      continue;
    }
    if (name !== "from" && name !== "to" && name !== "on" && name !== "limit") {
      const near = nearest(name, ["from", "to", "on", "limit", "log"]);
      return fail(
        `expected from, to, on, limit or log, found ${JSON.stringify(name)}`,
        word,
        near === null ? USAGE : `did you mean ${JSON.stringify(near)}?`,
      );
    }
    const value = words[++i];
    if (value === undefined) return fail(`nothing follows ${JSON.stringify(word.text)}`, word);
    if (clauses[name === "on" ? "hook" : name] !== null)
      return fail(`${JSON.stringify(word.text)} is there twice`, word, "write two rules");
    if (name === "from" || name === "to") clauses[name] = value;
    else if (name === "on") {
      const hook = HOOKS.find((one) => one === value.text);
      if (hook === undefined)
        return fail(
          `expected input, forward or output, found ${JSON.stringify(value.text)}`,
          value,
          suggestion(value.text, HOOKS) ?? USAGE,
        );
      clauses.hook = { ...value, name: hook };
    } else {
      const limit = /^([1-9]\d{0,8})\/([a-z]+)$/.exec(value.text);
      const seconds = limit === null ? undefined : UNITS[limit[2]!];
      if (limit === null || seconds === undefined)
        return fail(
          `expected a limit, found ${JSON.stringify(value.text)}`,
          value,
          "write it as 10/second, or per minute, hour or day",
        );
      clauses.limit = { rate: Number(limit[1]), seconds };
    }
  }
  return clauses;
}
