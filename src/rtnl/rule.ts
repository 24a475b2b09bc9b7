/** A policy rule ↔ RTM_NEWRULE, RTM_DELRULE. Pure. */

import type { Rule } from "../model/index.ts";
import { addressToBytes, bytesToAddress, parsePrefix } from "../model/index.ts";
import {
  FIB_RULE_INVERT,
  FR_ACT_BLACKHOLE,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
  RT_TABLE_LOCAL,
  RTPROT_STATIC,
  RTPROT_UNSPEC,
  type RuleMessage,
} from "../netlink/index.ts";
import { AF, familyOf } from "./family.ts";
import type { Request } from "./references.ts";

type Action = Rule["action"]["kind"];

const ACTIONS: Readonly<Record<Action, number>> = {
  table: FR_ACT_TO_TBL,
  blackhole: FR_ACT_BLACKHOLE,
  unreachable: FR_ACT_UNREACHABLE,
  prohibit: FR_ACT_PROHIBIT,
};
const ACTION_NAMES = new Map(Object.entries(ACTIONS).map(([name, action]) => [action, name as Action]));

/** Priorities of the rules that lead to the tables main and default; the one to the table local has 0. */
const BUILT_IN_PRIORITIES: ReadonlySet<number> = new Set([32_766, 32_767]);
const WHOLE_MARK = 0xffffffff;

/** A deletion does not ask which protocol the rule is from. */
export function encodeRule(rule: Rule, command: Request = "new"): RuleMessage {
  const { action, mark } = rule;
  const [from, to] = [rule.from, rule.to].map(encodePrefix);
  return {
    kind: "rule",
    command,
    family: AF[rule.family],
    priority: rule.priority,
    action: ACTIONS[action.kind],
    table: action.kind === "table" ? action.table : 0,
    protocol: command === "delete" ? RTPROT_UNSPEC : RTPROT_STATIC,
    ...(from ? { sourceLength: from.length, source: from.bytes } : {}),
    ...(to ? { destinationLength: to.length, destination: to.bytes } : {}),
    ...(rule.inputLink ? { inputName: rule.inputLink } : {}),
    ...(rule.outputLink ? { outputName: rule.outputLink } : {}),
    ...(mark ? { mark: mark.value, markMask: mark.mask } : {}),
  };
}

function encodePrefix(text: string | null): { readonly length: number; readonly bytes: Uint8Array } | null {
  if (text === null) return null;
  return { length: parsePrefix(text)!.length, bytes: addressToBytes(text.slice(0, text.indexOf("/"))) };
}

/** null for the three rules that every namespace has, and for what a model cannot express. */
export function decodeRule(message: RuleMessage): Rule | null {
  const family = familyOf(message.family);
  const kind = ACTION_NAMES.get(message.action);
  if (family === null || kind === undefined) return null;
  if (isKernelRule(message) || selectsMore(message)) return null;
  return {
    family,
    priority: message.priority ?? 0,
    from: decodePrefix(message.source, message.sourceLength),
    to: decodePrefix(message.destination, message.destinationLength),
    inputLink: message.inputName ?? null,
    outputLink: message.outputName ?? null,
    mark: message.mark === undefined ? null : { value: message.mark, mask: message.markMask ?? WHOLE_MARK },
    action: kind === "table" ? { kind, table: message.table } : { kind },
  };
}

function decodePrefix(bytes: Uint8Array | undefined, length = 0): string | null {
  return bytes ? `${bytesToAddress(bytes)}/${length}` : null;
}

/** One of the three that every namespace is created with. */
export function isKernelRule({ priority = 0, table, source, destination, mark }: RuleMessage): boolean {
  const builtIn = (priority === 0 && table === RT_TABLE_LOCAL) || BUILT_IN_PRIORITIES.has(priority);
  return builtIn && !source && !destination && mark === undefined;
}

/** It selects by more than a model has fields for: without that it would be another rule. */
function selectsMore({ flags = 0, tos, suppressPrefixLength = -1, unknown = [] }: RuleMessage): boolean {
  return (flags & FIB_RULE_INVERT) !== 0 || (tos ?? 0) !== 0 || suppressPrefixLength >= 0 || unknown.length > 0;
}

/** A configured rule that a model cannot express. */
export function isUnmodelledRule(message: RuleMessage): boolean {
  return familyOf(message.family) !== null && !isKernelRule(message) && decodeRule(message) === null;
}
