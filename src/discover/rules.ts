/** Policy rules in the words of `ip rule`: people select by more than a model has fields for. linux/fib_rules.h. Pure. */

import type { DiscoveredRule } from "../model/index.ts";
import { bytesToAddress } from "../model/index.ts";
import {
  AF_INET,
  AF_INET6,
  FIB_RULE_INVERT,
  FR_ACT_BLACKHOLE,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_UNREACHABLE,
  FRA_DPORT_RANGE,
  FRA_IP_PROTO,
  FRA_L3MDEV,
  FRA_SPORT_RANGE,
  FRA_SUPPRESS_IFGROUP,
  FRA_TUN_ID,
  FRA_UID_RANGE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type RawAttribute,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  type RuleMessage,
} from "../netlink/index.ts";
import { decodeRule, isKernelRule } from "../rtnl/index.ts";

const ACTIONS: ReadonlyMap<number, string> = new Map([
  [FR_ACT_NOP, "nop"],
  [FR_ACT_BLACKHOLE, "blackhole"],
  [FR_ACT_UNREACHABLE, "unreachable"],
  [FR_ACT_PROHIBIT, "prohibit"],
]);
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, "icmp"],
  [IPPROTO_TCP, "tcp"],
  [IPPROTO_UDP, "udp"],
  [IPPROTO_ICMPV6, "ipv6-icmp"],
  [IPPROTO_SCTP, "sctp"],
]);

/** Priority and table of the rules that every namespace is born with. */
const BORN: readonly (readonly [family: 4 | 6, priority: number, table: number, name: string])[] = [
  [4, 0, RT_TABLE_LOCAL, "local"],
  [4, 32_766, RT_TABLE_MAIN, "main"],
  [4, 32_767, RT_TABLE_DEFAULT, "default"],
  [6, 0, RT_TABLE_LOCAL, "local"],
  [6, 32_766, RT_TABLE_MAIN, "main"],
];

/** Rules that were added, and built-in rules that were removed. */
export function toDiscoveredRules(messages: readonly RuleMessage[]): DiscoveredRule[] {
  const added = messages.flatMap((message) => toDiscoveredRule(message) ?? []);
  const missing = BORN.flatMap(([family, priority, table, name]): DiscoveredRule[] => {
    const here = (one: RuleMessage): boolean => one.family === (family === 4 ? AF_INET : AF_INET6);
    const is = (one: RuleMessage): boolean =>
      here(one) && one.table === table && (one.priority ?? 0) === priority && isKernelRule(one);
    // A family without any rule is one that the kernel has not.
    if (messages.some(is) || !messages.some(here)) return [];
    return [{ priority, family, selects: "all", action: `table ${name}`, model: false, gone: true }];
  });
  return [...added, ...missing];
}

function toDiscoveredRule(message: RuleMessage): DiscoveredRule | null {
  const family = message.family === AF_INET ? 4 : message.family === AF_INET6 ? 6 : null;
  if (family === null || isKernelRule(message)) return null;
  const model = decodeRule(message) !== null;
  return {
    priority: message.priority ?? 0,
    family,
    selects: selects(message),
    action: action(message),
    model,
    gone: false,
  };
}

function selects(message: RuleMessage): string {
  const { source, sourceLength = 0, destination, destinationLength = 0, tos, mark, markMask, flags = 0 } = message;
  const more = new Map((message.unknown ?? []).map((attribute) => [attribute.type, attribute]));
  const words = [
    ...(source === undefined ? [] : [`from ${bytesToAddress(source)}/${sourceLength}`]),
    ...(destination === undefined ? [] : [`to ${bytesToAddress(destination)}/${destinationLength}`]),
    ...(tos ? [`tos 0x${tos.toString(16)}`] : []),
    ...(mark === undefined ? [] : [`mark 0x${mark.toString(16)}/0x${(markMask ?? 0xffffffff).toString(16)}`]),
    ...(message.inputName === undefined ? [] : [`iif ${message.inputName}`]),
    ...(message.outputName === undefined ? [] : [`oif ${message.outputName}`]),
    ...(more.has(FRA_L3MDEV) ? ["in a VRF"] : []),
    ...range("uid", more.get(FRA_UID_RANGE), 4),
    ...tell(more.get(FRA_IP_PROTO), 1, (view) => PROTOCOLS.get(view.getUint8(0)) ?? `protocol ${view.getUint8(0)}`),
    ...range("sport", more.get(FRA_SPORT_RANGE), 2),
    ...range("dport", more.get(FRA_DPORT_RANGE), 2),
    ...tell(more.get(FRA_TUN_ID), 8, (view) => `tunnel ${view.getBigUint64(0)}`),
  ];
  return `${flags & FIB_RULE_INVERT ? "not " : ""}${words.join(" ") || "all"}`;
}

function action(message: RuleMessage): string {
  const { suppressPrefixLength = -1, unknown = [] } = message;
  const group = unknown.find(({ type }) => type === FRA_SUPPRESS_IFGROUP);
  const l3mdev = unknown.some(({ type }) => type === FRA_L3MDEV);
  const told = message.action === FR_ACT_GOTO ? `goto ${message.goto ?? 0}` : ACTIONS.get(message.action);
  return [
    told ?? (l3mdev ? "table of the VRF" : `table ${message.table}`),
    ...(suppressPrefixLength < 0 ? [] : [`without prefixes up to /${suppressPrefixLength}`]),
    ...tell(group, 4, (view) => `without interfaces of group ${view.getInt32(0, LITTLE)}`),
  ].join(", ");
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function tell(attribute: RawAttribute | undefined, size: number, text: (view: DataView) => string): string[] {
  if (attribute === undefined || attribute.value.length < size) return [];
  const { buffer, byteOffset, length } = attribute.value;
  return [text(new DataView(buffer, byteOffset, length))];
}

/** `sport 80`, `uid 5-10` */
function range(name: string, attribute: RawAttribute | undefined, size: 2 | 4): string[] {
  return tell(attribute, size * 2, (view) => {
    const at = (offset: number): number =>
      size === 2 ? view.getUint16(offset, LITTLE) : view.getUint32(offset, LITTLE);
    return `${name} ${at(0)}${at(size) === at(0) ? "" : `-${at(size)}`}`;
  });
}
