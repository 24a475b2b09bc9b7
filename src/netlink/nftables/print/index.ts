import * as C from "../constants.ts";
import type { Ruleset, RulesetChain, RulesetSet, RulesetTable } from "../ruleset.ts";
import type { ChainMessage, SetMessage } from "../types.ts";
import { commentOf, UDATA_SET_COMMENT } from "../user-data.ts";
import { perLine, writeElements, writeTime } from "./elements.ts";
import { printRule } from "./rule.ts";
import { typesOf } from "./values.ts";
import {
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
} from "../../constants.ts";

const FAMILIES: ReadonlyMap<number, string> = new Map([
  [NFPROTO_INET, "inet"],
  [NFPROTO_IPV4, "ip"],
  [NFPROTO_ARP, "arp"],
  [NFPROTO_NETDEV, "netdev"],
  [NFPROTO_BRIDGE, "bridge"],
  [NFPROTO_IPV6, "ip6"],
]);

/**
 * A ruleset in the words and layout of `nft list ruleset`: the same text for the same ruleset, whatever the order in which
 * the kernel hands out a set's elements. What has no expression of its own here stands as `[ name bytes ]`; interfaces that
 * rules name by index keep their number, but for 1, the loopback.
 */
export function printRuleset(ruleset: Ruleset): string {
  return ruleset.tables.map(printTable).join("");
}

function printTable({ table, sets, chains }: RulesetTable): string {
  const flags: string[] = [];
  if ((table.flags ?? 0) & C.NFT_TABLE_F_DORMANT) flags.push("dormant");
  if ((table.flags ?? 0) & C.NFT_TABLE_F_OWNER) flags.push("owner");
  if ((table.flags ?? 0) & C.NFT_TABLE_F_PERSIST) flags.push("persist");
  const comment = commentOf(table.userData);
  let text = `table ${FAMILIES.get(table.family) ?? table.family} ${table.name ?? ""} {\n`;
  if (flags.length > 0) text += `\tflags ${flags.join(",")}\n`;
  if (comment !== undefined) text += `\tcomment "${comment}"\n`;
  const byName = new Map(sets.map((one) => [one.set.name ?? "", one]));
  const blocks = [
    ...sets.filter(({ set }) => ((set.flags ?? 0) & C.NFT_SET_ANONYMOUS) === 0).map(printSet),
    ...chains.map((one) => printChain(one, byName)),
  ];
  if (flags.length > 0 && blocks.length > 0) text += "\n";
  return `${text}${blocks.join("\n")}}\n`;
}

const OBJECTS = [
  "",
  "counter",
  "quota",
  "ct helper",
  "limit",
  "",
  "",
  "ct timeout",
  "secmark",
  "ct expectation",
  "synproxy",
];

/** What a map leads to. */
function dataName({ dataType = 0, objectType }: SetMessage): string {
  if (objectType !== undefined) return OBJECTS[objectType] || `object-${objectType}`;
  return dataType === C.NFT_DATA_VERDICT
    ? "verdict"
    : typesOf(dataType)
        .map(({ name }) => name)
        .join(" . ");
}

const SET_FLAGS: readonly (readonly [number, string])[] = [
  [C.NFT_SET_CONSTANT, "constant"],
  [C.NFT_SET_EVAL, "dynamic"],
  [C.NFT_SET_INTERVAL, "interval"],
  [C.NFT_SET_TIMEOUT, "timeout"],
];

function printSet(one: RulesetSet): string {
  const { set } = one;
  const flags = set.flags ?? 0;
  const key = typesOf(set.keyType ?? 0);
  const lines: string[] = [];
  let type = `type ${key.map(({ name }) => name).join(" . ")}`;
  if (flags & (C.NFT_SET_MAP | C.NFT_SET_OBJECT)) type += ` : ${dataName(set)}`;
  lines.push(type);
  if (set.policy === C.NFT_SET_POL_MEMORY) lines.push("policy memory");
  if (set.description?.size !== undefined) lines.push(`size ${set.description.size}`);
  const words = SET_FLAGS.filter(([flag]) => (flags & flag) !== 0).map(([, word]) => word);
  // A timeout implies the flag.
  const redundant = words.length === 1 && words[0] === "timeout" && set.timeout !== undefined;
  if (words.length > 0 && !redundant) lines.push(`flags ${words.join(",")}`);
  if (set.timeout !== undefined) lines.push(`timeout ${writeTime(set.timeout)}`);
  if (set.gcInterval) lines.push(`gc-interval ${writeTime(BigInt(set.gcInterval))}`);
  for (const part of set.expressions ?? (set.expression === undefined ? [] : [set.expression])) lines.push(part.kind);
  const comment = commentOf(set.userData, UDATA_SET_COMMENT);
  if (comment !== undefined) lines.push(`comment "${comment}"`);
  const elements = writeElements(one);
  if (elements.length > 0) lines.push(`elements = { ${wrap(elements, perLine(key))} }`);
  const word = flags & (C.NFT_SET_MAP | C.NFT_SET_OBJECT) ? "map" : "set";
  return `\t${word} ${set.name ?? ""} {\n${lines.map((line) => `\t\t${line}\n`).join("")}\t}\n`;
}

function wrap(elements: readonly string[], count: number): string {
  return elements
    .map((one, index) => (index === 0 ? one : (index % count === 0 ? ",\n\t\t\t     " : ", ") + one))
    .join("");
}

function printChain({ chain, rules }: RulesetChain, sets: ReadonlyMap<string, RulesetSet>): string {
  const lines: string[] = [];
  const comment = commentOf(chain.userData);
  if (comment !== undefined) lines.push(`comment "${comment}"`);
  if (chain.hook !== undefined) lines.push(printHook(chain));
  for (const rule of rules) lines.push(printRule(rule, sets));
  return `\tchain ${chain.name ?? ""} {\n${lines.map((line) => `\t\t${line}\n`).join("")}\t}\n`;
}

const HOOKS = ["prerouting", "input", "forward", "output", "postrouting", "ingress"];
const NETDEV_HOOKS = ["ingress", "egress"];
const ARP_HOOKS = ["input", "output", "forward"];

function hookName(family: number, number: number): string {
  const names = family === NFPROTO_NETDEV ? NETDEV_HOOKS : family === NFPROTO_ARP ? ARP_HOOKS : HOOKS;
  return names[number] ?? String(number);
}

function printHook({ family, type, hook, policy }: ChainMessage): string {
  const name = hookName(family, hook?.number ?? 0);
  const devices = hook?.devices ?? (hook?.device === undefined ? [] : [hook.device]);
  const quoted = devices.map((one) => `"${one}"`);
  const on =
    quoted.length === 0 ? "" : quoted.length === 1 ? ` device ${quoted[0]}` : ` devices = { ${quoted.join(", ")} }`;
  const rest = policy === undefined ? "" : ` policy ${policy === C.NF_DROP ? "drop" : "accept"};`;
  return `type ${type ?? "filter"} hook ${name}${on} priority ${priorityName(family, name, hook?.priority ?? 0)};${rest}`;
}

const PRIORITIES: readonly (readonly [number, string, string?])[] = [
  [C.NF_IP_PRI_RAW, "raw"],
  [C.NF_IP_PRI_MANGLE, "mangle"],
  [C.NF_IP_PRI_NAT_DST, "dstnat", "prerouting"],
  [C.NF_IP_PRI_FILTER, "filter"],
  [C.NF_IP_PRI_SECURITY, "security"],
  [C.NF_IP_PRI_NAT_SRC, "srcnat", "postrouting"],
];
const BRIDGE_PRIORITIES: typeof PRIORITIES = [
  [-300, "dstnat", "prerouting"],
  [-200, "filter"],
  [100, "out", "output"],
  [300, "srcnat", "postrouting"],
];
const OTHER_PRIORITIES: typeof PRIORITIES = [[0, "filter"]];

/** A name and a distance of at most 10, or the number. */
function priorityName(family: number, hook: string, priority: number): string {
  const internet = family === NFPROTO_INET || family === NFPROTO_IPV4 || family === NFPROTO_IPV6;
  const known = internet ? PRIORITIES : family === NFPROTO_BRIDGE ? BRIDGE_PRIORITIES : OTHER_PRIORITIES;
  for (const [value, name, only] of known) {
    const distance = priority - value;
    if ((only !== undefined && only !== hook) || Math.abs(distance) > 10) continue;
    if (distance === 0) return name;
    return `${name} ${distance > 0 ? "+" : "-"} ${Math.abs(distance)}`;
  }
  return String(priority);
}
