/** The first packet of a connection, as far as tracking remembers it, and what rules read from it. Pure. */

import type { Family, NetfilterField } from "../../../model/index.ts";
import { bytesToAddress } from "../../../model/index.ts";
import type { ConnectionMessage, Tuple } from "../../../netlink/conntrack/index.ts";
import { DATATYPES as T, type Datatype, writeValue } from "../../../netlink/nftables/index.ts";

export interface Endpoints {
  readonly source: string;
  readonly destination: string;
  /** null for protocols without ports. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

export interface Packet {
  readonly family: Family;
  /** IPPROTO_* */
  readonly protocol: number;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly original: Endpoints;
  /** As it is now: rules before may have changed it. */
  now: Endpoints;
  /** Some rule has set the destination. */
  redirected: boolean;
}

/** Where the packet is on its way. "": no interface, null: not known which. */
export interface Passage {
  readonly input: string | null;
  readonly output: string | null;
  /** Of an address, as routing sees it: `local`, `unicast`, …; null if that is not known. */
  addressType(address: string): string | null;
}

/** null for what has no addresses. */
export function endpointsOf(tuple: Tuple | undefined): Endpoints | null {
  const { addresses, protocol } = tuple ?? {};
  const source = addresses?.source4 ?? addresses?.source6;
  const destination = addresses?.destination4 ?? addresses?.destination6;
  if (source === undefined || destination === undefined) return null;
  return {
    source: bytesToAddress(source),
    destination: bytesToAddress(destination),
    sourcePort: protocol?.sourcePort ?? null,
    destinationPort: protocol?.destinationPort ?? null,
  };
}

export function packetOf({ original }: ConnectionMessage): Packet | null {
  const endpoints = endpointsOf(original);
  const protocol = original?.protocol;
  if (endpoints === null || protocol?.number === undefined) return null;
  return {
    family: original?.addresses?.source4 === undefined ? 6 : 4,
    protocol: protocol.number,
    icmpType: protocol.icmpType ?? protocol.icmpv6Type ?? null,
    icmpCode: protocol.icmpCode ?? protocol.icmpv6Code ?? null,
    original: endpoints,
    now: endpoints,
    redirected: false,
  };
}

/** A value as a model writes it; null: not known; undefined: such a packet has none, so that no comparison holds. */
export function fieldText(field: NetfilterField, packet: Packet, passage: Passage): string | null | undefined {
  const { family, protocol, original, now } = packet;
  const of4 = (text: string): string | undefined => (family === 4 ? text : undefined);
  const of6 = (text: string): string | undefined => (family === 6 ? text : undefined);
  const port = (number: number | null): string | undefined => (number === null ? undefined : String(number));
  const named = (type: Datatype, number: number | null): string | null =>
    number === null ? null : writeValue(type, Uint8Array.of(number));
  switch (field) {
    case "iifname":
      return passage.input;
    case "oifname":
      return passage.output;
    case "nfproto":
      return family === 4 ? "ipv4" : "ipv6";
    case "l4proto":
      return named(T.protocol, protocol);
    case "ip protocol":
      return family === 4 ? named(T.protocol, protocol) : undefined;
    case "ip6 nexthdr":
      return family === 6 ? named(T.protocol, protocol) : undefined;
    case "ip saddr":
      return of4(now.source);
    case "ip daddr":
      return of4(now.destination);
    case "ip6 saddr":
      return of6(now.source);
    case "ip6 daddr":
      return of6(now.destination);
    case "sport":
      return port(now.sourcePort);
    case "dport":
      return port(now.destinationPort);
    case "icmp type":
      return family === 4 ? named(T.icmpType, packet.icmpType) : undefined;
    case "icmp code":
      return family === 4 ? named(T.icmpCode, packet.icmpCode) : undefined;
    case "icmpv6 type":
      return family === 6 ? named(T.icmpv6Type, packet.icmpType) : undefined;
    case "icmpv6 code":
      return family === 6 ? named(T.icmpv6Code, packet.icmpCode) : undefined;
    // Only the first packet of a connection comes to a chain of NAT.
    case "ct state":
      return "new";
    case "ct direction":
      return "original";
    case "ct status":
      return packet.redirected ? "dnat" : "";
    case "ct original ip saddr":
      return of4(original.source);
    case "ct original ip daddr":
      return of4(original.destination);
    case "ct original ip6 saddr":
      return of6(original.source);
    case "ct original ip6 daddr":
      return of6(original.destination);
    case "ct original proto-src":
      return port(original.sourcePort);
    case "ct original proto-dst":
      return port(original.destinationPort);
    case "fib saddr type":
      return passage.addressType(now.source);
    case "fib daddr type":
      return passage.addressType(now.destination);
    default:
      return null;
  }
}
