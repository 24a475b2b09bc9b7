/** The text of a value in a rule or a set → what a packet's value is compared with. */

import { parseAddress, parsePrefix, rangeOf } from "../model/index.ts";
import { WORDS } from "./words.ts";

/** A value's place among those of its type, as far as values of it are compared for size. */
type Ordinal = number | bigint;

/** The values of one text: a single one, all from one to another, or all names that begin so. */
export type Pattern =
  | { readonly kind: "single"; readonly text: string }
  | { readonly kind: "range"; readonly first: Ordinal; readonly last: Ordinal }
  | { readonly kind: "beginning"; readonly text: string };

/** null for a type whose values have no order here, or a text that is none of them. */
export function ordinal(type: string, text: string): Ordinal | null {
  if (type === "ipv4_addr" || type === "ipv6_addr") {
    const address = parseAddress(text);
    return address === null || (address.family === 4) !== (type === "ipv4_addr") ? null : address.value;
  }
  if (type === "ether_addr")
    return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) ? Number(`0x${text.replaceAll(":", "")}`) : null;
  const word = WORDS[type]?.get(text);
  if (word !== undefined) return word;
  return type !== "ifname" && /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : null;
}

/** One way to write a value, so that equal values are equal texts: `6` and `tcp`, `5` and `0x00000005`. */
export function canonicalValue(type: string, text: string): string {
  if (type === "ifname" || type === "ipv4_addr" || type === "ipv6_addr" || type === "ether_addr") return text;
  const number = ordinal(type, text);
  return number === null ? text : String(number);
}

export function patternOf(type: string, text: string): Pattern {
  if (type === "ifname" && text.length > 1 && text.endsWith("*")) return { kind: "beginning", text: text.slice(0, -1) };
  if (type === "ifname" || ordinal(type, text) !== null) return { kind: "single", text: canonicalValue(type, text) };
  if (text.includes("/")) {
    const prefix = parsePrefix(text);
    if (prefix !== null) return { kind: "range", ...rangeOf(prefix) };
  }
  // Words have hyphens, too.
  for (let at = text.indexOf("-"); at > 0; at = text.indexOf("-", at + 1)) {
    const [first, last] = [ordinal(type, text.slice(0, at)), ordinal(type, text.slice(at + 1))];
    if (first !== null && last !== null) return { kind: "range", first, last };
  }
  return { kind: "single", text };
}

/** `text` in its canonical form. */
export function fits(pattern: Pattern, type: string, text: string): boolean {
  switch (pattern.kind) {
    case "single":
      return pattern.text === text;
    case "beginning":
      return text.startsWith(pattern.text);
    case "range": {
      const value = ordinal(type, text);
      return value !== null && pattern.first <= value && value <= pattern.last;
    }
  }
}
