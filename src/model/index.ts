/**
 * The waist of the hourglass: a network as plain data, and what follows from that data alone. Pure; imports nothing.
 * In: nothing but values. Out: the types of a model, IP and MAC arithmetic, the canonical order, and who aims where.
 * Produced by topology/ (desired) and observe/ (observed); consumed by plan/, packet/ and show/.
 * Two models of the same network, each passed through `canonical`, are equal JSON.
 * All other folders use these types, so nothing here depends on a kernel, a file format or a screen.
 */

export * from "./types.ts";
export {
  defaultOf,
  detailsOf,
  hasLowerMac,
  isFixed,
  labelOf,
  kindOf,
  LINK_KINDS,
  lowerOf,
  optionOf,
  optionsOf,
  optionWords,
  limitsOf,
  tableOf,
  shownValues,
} from "./links/index.ts";
export type { KindBody, LinkBodyOf, LinkKind, LinkOption, LowerLink, OptionValue } from "./links/index.ts";
export type * from "./discovery.ts";
export type * from "./netfilter.ts";
export type * from "./openvswitch.ts";
export type * from "./services.ts";
export * from "./verification.ts";
export * from "./ip.ts";
export * from "./mac.ts";
export * from "./hash.ts";
export * from "./order.ts";
export { selectorText } from "./selectors.ts";
export * from "./tables.ts";
export * from "./endpoints.ts";
export * from "./names.ts";
export * from "./uplink-of.ts";
export * from "./nics.ts";
