/** The options of a link, by its kind's table, as IFLA_INFO_DATA and back. Attributes' names become numbers here. Pure. */

import type { Link, LinkKind, LinkOption, OptionValue } from "../model/index.ts";
import { defaultOf, kindOf, lowerOf, optionOf, tableOf } from "../model/index.ts";
import type { BridgeData, LinkBody, LinkInfo, LinkMessage, RawAttribute } from "../netlink/index.ts";
import { dataAttributeNames, NLA_TYPE_MASK } from "../netlink/index.ts";
import { decodeValue, encodeValue, namedValue } from "./option-bytes.ts";

type Values = Readonly<Record<string, OptionValue>>;

/** What a request says of a link's kind: IFLA_LINKINFO, and IFLA_LINK where that is its lower link. */
export type KindRequest = Pick<LinkBody, "info" | "link">;

/** For a new link. What is as the kernel makes it anyway is left out: some of it goes only with other options. */
export function newKind(link: Link, lowerIndex: number | null): KindRequest {
  const table = knownTable(link);
  const given = Object.entries(table.options).filter(
    ([name, option]) =>
      option.required === true || option.always === true || optionOf(link, name) !== defaultOf(option),
  );
  const attributes = given.flatMap(([name, option]) => attributeOf(table.kind, option, optionOf(link, name), null));
  return request(table, attributes, lowerIndex);
}

/** Only what differs: the kernel refuses some options in a change even with the value that they have. Null if nothing does. */
export function changedKind(before: Link, after: Link, lowerIndex: number | null): KindRequest | null {
  const table = tableOf(after.kind);
  if (table === null) return null;
  const [from, to] = [lowerOf(before), lowerOf(after)];
  const moved = from?.namespace !== to?.namespace || from?.link !== to?.link;
  const differing = Object.entries(table.options).filter(([name]) => optionOf(before, name) !== optionOf(after, name));
  if (differing.length === 0 && !moved) return null;
  // What is taken away first: another option may share its attribute.
  const attributes = [true, false].flatMap((removed) =>
    differing
      .filter(([name]) => (optionOf(after, name) === null) === removed)
      .flatMap(([name, option]) => attributeOf(table.kind, option, optionOf(after, name), optionOf(before, name))),
  );
  return request(table, attributes, moved ? (lowerIndex ?? 0) : null);
}

function request(table: LinkKind, attributes: readonly RawAttribute[], lowerIndex: number | null): KindRequest {
  const { kind, lower } = table;
  const info = (data: readonly RawAttribute[]): LinkInfo =>
    data.length === 0 ? { kind } : { kind, data: [...unique(data)] };
  if (lower === undefined || lowerIndex === null) return { info: info(attributes) };
  if (lower.attribute === "IFLA_LINK") return { info: info(attributes), link: lowerIndex };
  const carrier = { type: numberOf(kind, lower.attribute), value: encodeValue(INDEX, lowerIndex) };
  return { info: info([...attributes, carrier]) };
}

/** Of several with one number the last: the kernel would take that, too. */
function unique(attributes: readonly RawAttribute[]): Iterable<RawAttribute> {
  return new Map(attributes.map((each) => [each.type, each])).values();
}

function attributeOf(kind: string, option: LinkOption, value: OptionValue, former: OptionValue): RawAttribute[] {
  if (value === null) {
    // Zeros of the same family take an address away.
    if (option.type !== "address" || former === null) return [];
    return attributeOf(kind, option, String(former).includes(":") ? "::" : "0.0.0.0", null);
  }
  if (option.type === "boolean" && option.wire === "flag" && value === false) return [];
  const six = option.type === "address" && String(value).includes(":");
  const name = option.type === "address" ? option.attributes[six ? 1 : 0] : option.attribute;
  return name === null ? [] : [{ type: numberOf(kind, name), value: encodeValue(option, value) }];
}

const INDEX: LinkOption = { type: "u32", attribute: "", about: "" };

function knownTable(link: Link): LinkKind {
  const table = tableOf(link.kind);
  if (table === null || table.made === "never") throw new Error(`a link of the kind ${kindOf(link)} cannot be made`);
  return table;
}

/** @throws Error for a name that the kernel's header does not have. */
function numberOf(kind: string, attribute: string): number {
  const number = dataAttributeNames(kind).indexOf(attribute);
  if (number < 0) throw new Error(`${attribute} is no attribute of ${kind}`);
  return number;
}

interface Slot {
  readonly name: string;
  readonly option: LinkOption;
  readonly attribute: string;
}

/** By attribute number: which options it may be the value of. */
const decoders = new Map<string, ReadonlyMap<number, readonly Slot[]>>();

function decoderOf({ kind, options, reports = {} }: LinkKind): ReadonlyMap<number, readonly Slot[]> {
  const known = decoders.get(kind);
  if (known !== undefined) return known;
  const slots = new Map<number, Slot[]>();
  for (const [name, option] of Object.entries({ ...options, ...reports })) {
    for (const attribute of option.type === "address" ? option.attributes : [option.attribute]) {
      if (attribute === null) continue;
      const number = numberOf(kind, attribute);
      slots.set(number, [...(slots.get(number) ?? []), { name, option, attribute }]);
    }
  }
  decoders.set(kind, slots);
  return slots;
}

/**
 * The options of a link that the kernel reports, and its other reported values, by name; null for a kind without a table, or
 * when the kernel left out what its table requires.
 * @throws NetlinkDecodeError when an attribute is too short for what it is.
 */
export function decodeKind({
  info,
}: Pick<LinkMessage, "info">): { table: LinkKind; options: Values; reports: Values } | null {
  const table = info === undefined ? null : tableOf(info.kind);
  // Only netloom uses the names of the kinds that are never made; the ends of cables have no options.
  if (info === undefined || table === null || table.made === "never" || table.made === "pair") return null;
  const found = info.bridge === undefined ? decodeData(table, info) : decodeBridge(table, info.bridge);
  const values = (options: Readonly<Record<string, LinkOption>>): Values =>
    Object.fromEntries(Object.entries(options).map(([name, option]) => [name, found.get(name) ?? defaultOf(option)]));
  const missing = Object.entries(table.options).some(([name, { required }]) => required === true && !found.has(name));
  return missing ? null : { table, options: values(table.options), reports: values(table.reports ?? {}) };
}

function decodeData(table: LinkKind, { data = [] }: LinkInfo): Map<string, OptionValue> {
  const slots = decoderOf(table);
  const found = new Map<string, OptionValue>();
  for (const { type, value } of data) {
    for (const { name, option, attribute } of slots.get(type & NLA_TYPE_MASK) ?? []) {
      const decoded = decodeValue(option, value, attribute);
      if (decoded !== null) found.set(name, decoded);
    }
  }
  return found;
}

/** Bridges are decoded in netlink/, which has a field for some attributes, and of the others those that are not as usual. */
function decodeBridge(table: LinkKind, bridge: BridgeData): Map<string, OptionValue> {
  const fields: Readonly<Record<string, number | undefined>> = {
    IFLA_BR_FORWARD_DELAY: bridge.forwardDelay,
    IFLA_BR_AGEING_TIME: bridge.ageingTime,
    IFLA_BR_STP_STATE: bridge.stpState,
    IFLA_BR_VLAN_FILTERING: bridge.vlanFiltering,
    IFLA_BR_MCAST_SNOOPING: bridge.multicastSnooping,
  };
  const found = new Map<string, OptionValue>();
  for (const [name, option] of Object.entries(table.options)) {
    if (option.type === "address" || option.type === "mac") continue;
    const number = fields[option.attribute] ?? bridge.settings?.get(option.iproute2 ?? name);
    if (number === undefined) continue;
    if (option.type === "boolean") found.set(name, number !== 0);
    else found.set(name, option.type === "enum" ? namedValue(option.values, number) : number);
  }
  return found;
}

/** The ifindex of the lower link, in the namespace of IFLA_LINK_NETNSID; null for none. */
export function lowerIndexOf({ link, info }: Pick<LinkMessage, "link" | "info">): number | null {
  const lower = info === undefined ? undefined : tableOf(info.kind)?.lower;
  if (info === undefined || lower === undefined) return null;
  if (lower.attribute === "IFLA_LINK") return link || null;
  const number = numberOf(info.kind, lower.attribute);
  const raw = info.data?.find(({ type }) => (type & NLA_TYPE_MASK) === number);
  return raw === undefined ? null : Number(decodeValue(INDEX, raw.value, lower.attribute)) || null;
}
