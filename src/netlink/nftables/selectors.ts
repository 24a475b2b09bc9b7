import * as C from "./constants.ts";
import type { Expression, Register } from "./expression-types.ts";
import { type Datatype, TYPES as T } from "./print/values.ts";

/**
 * What a rule can ask of a packet, of its connection or of the routing tables: by name, the type of the value and the
 * expression that reads it. One table for both ways: names to expressions, and, by `selectorsAt`, back.
 */

/** Where a value comes from; with a destination it is an expression. */
export type Origin =
  | { readonly kind: "meta"; readonly key: number }
  | { readonly kind: "ct"; readonly key: number; readonly direction?: number }
  | { readonly kind: "payload"; readonly base: number; readonly offset: number; readonly length: number }
  | { readonly kind: "fib"; readonly result: number; readonly flags: number };

/** Something that is read from a packet or its connection, and the type of its value. */
export interface Selector {
  readonly type: Datatype;
  readonly origin: Origin;
}

const LL = C.NFT_PAYLOAD_LL_HEADER;
const NH = C.NFT_PAYLOAD_NETWORK_HEADER;
const TH = C.NFT_PAYLOAD_TRANSPORT_HEADER;

const meta = (key: number, type: Datatype): Selector => ({ type, origin: { kind: "meta", key } });
const at = (base: number, offset: number, type: Datatype): Selector => ({
  type,
  origin: { kind: "payload", base, offset, length: type.size },
});
const ct = (key: number, type: Datatype, direction?: number): Selector => ({
  type,
  origin: { kind: "ct", key, ...(direction === undefined ? {} : { direction }) },
});
const fib = (result: number, flags: number, type: Datatype): Selector => ({
  type,
  origin: { kind: "fib", result, flags },
});
const ADDRESS_TYPE = C.NFT_FIB_RESULT_ADDRTYPE;
const { NFTA_FIB_F_SADDR: SADDR, NFTA_FIB_F_DADDR: DADDR, NFTA_FIB_F_IIF: IIF, NFTA_FIB_F_OIF: OIF } = C;

/** By nft's names; `sport` and `dport` are those of any transport (nft's `th`). */
export const SELECTORS = {
  iifname: meta(C.NFT_META_IIFNAME, T.interfaceName),
  oifname: meta(C.NFT_META_OIFNAME, T.interfaceName),
  nfproto: meta(C.NFT_META_NFPROTO, T.nfproto),
  l4proto: meta(C.NFT_META_L4PROTO, T.protocol),
  mark: meta(C.NFT_META_MARK, T.mark),
  pkttype: meta(C.NFT_META_PKTTYPE, T.packetType),
  "ip saddr": at(NH, 12, T.ipv4),
  "ip daddr": at(NH, 16, T.ipv4),
  "ip protocol": at(NH, 9, T.protocol),
  "ip6 saddr": at(NH, 8, T.ipv6),
  "ip6 daddr": at(NH, 24, T.ipv6),
  "ip6 nexthdr": at(NH, 6, T.protocol),
  "ether saddr": at(LL, 6, T.ether),
  "ether daddr": at(LL, 0, T.ether),
  "ether type": at(LL, 12, T.etherType),
  "arp operation": at(NH, 6, T.arpOperation),
  sport: at(TH, 0, T.port),
  dport: at(TH, 2, T.port),
  "tcp flags": at(TH, 13, T.tcpFlag),
  "icmp type": at(TH, 0, T.icmpType),
  "icmp code": at(TH, 1, T.icmpCode),
  "icmpv6 type": at(TH, 0, T.icmpv6Type),
  "icmpv6 code": at(TH, 1, T.icmpv6Code),
  "ct state": ct(C.NFT_CT_STATE, T.ctState),
  "ct status": ct(C.NFT_CT_STATUS, T.ctStatus),
  "ct direction": ct(C.NFT_CT_DIRECTION, T.ctDirection),
  "ct mark": ct(C.NFT_CT_MARK, T.mark),
  "ct original ip saddr": ct(C.NFT_CT_SRC_IP, T.ipv4, 0),
  "ct original ip daddr": ct(C.NFT_CT_DST_IP, T.ipv4, 0),
  "ct original ip6 saddr": ct(C.NFT_CT_SRC_IP6, T.ipv6, 0),
  "ct original ip6 daddr": ct(C.NFT_CT_DST_IP6, T.ipv6, 0),
  "ct original proto-src": ct(C.NFT_CT_PROTO_SRC, T.port, 0),
  "ct original proto-dst": ct(C.NFT_CT_PROTO_DST, T.port, 0),
  "ct reply ip saddr": ct(C.NFT_CT_SRC_IP, T.ipv4, 1),
  "ct reply ip daddr": ct(C.NFT_CT_DST_IP, T.ipv4, 1),
  "ct reply ip6 saddr": ct(C.NFT_CT_SRC_IP6, T.ipv6, 1),
  "ct reply ip6 daddr": ct(C.NFT_CT_DST_IP6, T.ipv6, 1),
  "ct reply proto-src": ct(C.NFT_CT_PROTO_SRC, T.port, 1),
  "ct reply proto-dst": ct(C.NFT_CT_PROTO_DST, T.port, 1),
  "fib daddr type": fib(ADDRESS_TYPE, DADDR, T.addressType),
  "fib saddr type": fib(ADDRESS_TYPE, SADDR, T.addressType),
  "fib daddr . iif type": fib(ADDRESS_TYPE, DADDR | IIF, T.addressType),
  "fib daddr . oif type": fib(ADDRESS_TYPE, DADDR | OIF, T.addressType),
  "fib saddr . iif oifname": fib(C.NFT_FIB_RESULT_OIFNAME, SADDR | IIF, T.interfaceName),
} satisfies Record<string, Selector>;

/** The names of SELECTORS, which are those of nft. */
export type SelectorName = keyof typeof SELECTORS;

/** Those that have been asked for, by the number of their register. */
const READERS = new Map<Origin, Expression[]>();

/** The expression that reads a selector into a register; `length`: only its first bytes. */
export function readSelector({ origin }: Selector, destination: Register, length?: number): Expression {
  if (origin.kind === "payload" && length !== undefined) return { ...origin, length, destination };
  if (destination === "verdict") return { ...origin, destination };
  let readers = READERS.get(origin);
  if (readers === undefined) READERS.set(origin, (readers = []));
  return (readers[destination] ??= { ...origin, destination });
}

function originKey(origin: Origin): string {
  switch (origin.kind) {
    case "meta":
      return `meta ${origin.key}`;
    case "ct":
      return `ct ${origin.key} ${origin.direction ?? ""}`;
    case "payload":
      return `payload ${origin.base} ${origin.offset}`;
    case "fib":
      return `fib ${origin.result} ${origin.flags}`;
  }
}

const BY_ORIGIN = new Map<string, SelectorName[]>();
for (const [name, { origin }] of Object.entries(SELECTORS)) {
  const key = originKey(origin);
  BY_ORIGIN.set(key, [...(BY_ORIGIN.get(key) ?? []), name as SelectorName]);
}

/**
 * Which selectors an expression may be reading, longest first: of a field of the packet also its first bytes alone count,
 * as nft reads addresses for a prefix of whole bytes. Several share a place: ICMP's type is that of ICMPv6, and the first
 * byte of a port.
 */
export function selectorsAt(expression: Expression): readonly SelectorName[] {
  const { kind } = expression;
  if (kind !== "meta" && kind !== "ct" && kind !== "payload" && kind !== "fib") return [];
  const found = BY_ORIGIN.get(originKey(expression)) ?? [];
  if (kind !== "payload") return found;
  return found.filter((name) => {
    const { type } = SELECTORS[name];
    return type.size === expression.length || (isAddress(type) && expression.length < type.size);
  });
}

/** Has prefixes. */
export function isAddress(type: Datatype): boolean {
  return type.id === T.ipv4.id || type.id === T.ipv6.id;
}
