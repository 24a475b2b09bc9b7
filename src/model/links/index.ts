/**
 * Kinds of links, each as a table of its options: one file a kind, one line in kinds.ts.
 * In: nothing. Out: the tables, the type of a model's link that follows from them, and functions over both. Pure.
 */

import type { LinkRef } from "./common.ts";
import * as KINDS from "./kinds.ts";
import type { LinkBodyOf, LinkKind, LinkOption, NumberOption, NumberType } from "./table.ts";
import type { Link } from "./types.ts";

export type * from "./common.ts";
export type * from "./table.ts";
export type * from "./types.ts";

type Tables = typeof KINDS;

/** The keys of an interface with a `kind` in a file. */
export type KindBody = {
  [Name in keyof Tables]: Tables[Name] extends infer K extends LinkKind & { readonly inFile: true }
    ? LinkBodyOf<K>
    : never;
}[keyof Tables];

/** In the order of their names. */
export const LINK_KINDS: readonly LinkKind[] = Object.values(KINDS);

const BY_KIND: ReadonlyMap<string, LinkKind> = new Map(LINK_KINDS.map((table) => [table.kind, table]));

/** Null for a kind without one. */
export function tableOf(kind: string): LinkKind | null {
  return BY_KIND.get(kind) ?? null;
}

/** As the kernel calls it; `loopback`, `nic`, `device` for hardware. */
export function kindOf(link: Link): string {
  return link.kind === "other" ? link.type : link.kind;
}

export type OptionValue = string | number | boolean | null;

/** The value of one of the options of its table. */
export function optionOf(link: Link, name: string): OptionValue {
  return (link as unknown as Readonly<Record<string, OptionValue | undefined>>)[name] ?? null;
}

/** The options of a link by name, in the order of its table. */
export function optionsOf(link: Link): Record<string, OptionValue> {
  const table = tableOf(link.kind);
  return Object.fromEntries(Object.keys(table?.options ?? {}).map((name) => [name, optionOf(link, name)]));
}

/** The link it is based on, for kinds that are based on one. */
export function lowerOf(link: Link): LinkRef | null {
  return "lower" in link ? link.lower : null;
}

/** It has the hardware address of its lower link, and cannot have another. */
export function hasLowerMac(link: Link): boolean {
  const lowerMac = tableOf(link.kind)?.lowerMac;
  return lowerMac !== undefined && optionOf(link, lowerMac.option) === lowerMac.value;
}

/** A key of a table in a sentence: `multicast snooping`. */
export function optionWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Whether going from one value to the other takes a new link. */
export function isFixed(option: LinkOption, from: OptionValue, to: OptionValue): boolean {
  if (from === to) return false;
  if (option.fixed === true) return true;
  if (option.type === "enum") return [from, to].some((value) => option.fixedValues?.includes(String(value)) === true);
  // An address that has been set binds the link to its family; none counts as IPv4's 0.0.0.0.
  return option.type === "address" && isIpv6(from) !== isIpv6(to);
}

const isIpv6 = (value: OptionValue): boolean => typeof value === "string" && value.includes(":");

const LARGEST: Readonly<Record<NumberType, number>> = {
  u8: 0xff,
  u16: 0xffff,
  be16: 0xffff,
  port: 0xffff,
  u32: 0xffffffff,
  be32: 0xffffffff,
};

/** The least and the greatest number that an option can be. */
export function limitsOf({ type, min, max }: NumberOption): readonly [least: number, greatest: number] {
  return [min ?? (type === "port" ? 1 : 0), max ?? LARGEST[type]];
}

/** Values worth showing, as strings or numbers: those that were set, and those without which the rest means little. */
export function shownValues(
  options: LinkKind["options"],
  values: Readonly<Record<string, OptionValue | undefined>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, option]): [string, string | number][] => {
      const value = values[name] ?? null;
      if (value === null) return [];
      const set = option.required === true || option.always === true || value !== defaultOf(option);
      return set ? [[optionWords(name), typeof value === "boolean" ? (value ? "on" : "off") : value]] : [];
    }),
  );
}

/** The properties of a link besides its kind: `id 42`, `remote 192.0.2.2`. */
export function detailsOf(link: Link): Record<string, string | number> {
  return shownValues(tableOf(link.kind)?.options ?? {}, optionsOf(link));
}

/** The value of an option that was not set; null for none. */
export function defaultOf(option: LinkOption): OptionValue {
  return "default" in option ? (option.default ?? null) : null;
}

/** `vxlan 42`, `macvlan bridge`, `tap`: a kind with what distinguishes links of that kind. `details` as `detailsOf` gives them. */
export function labelOf(
  { kind, label = [], labelAlone }: LinkKind,
  details: Readonly<Record<string, string | number>>,
): string {
  const name = label.find((each) => details[each] !== undefined && details[each] !== "off");
  if (name === undefined) return kind;
  const value = details[name] === "on" ? name : String(details[name]);
  return labelAlone === true ? value : `${kind} ${value}`;
}
