/** The first packet of a connection, as far as tracking remembers it. Pure. */

import { bytesToAddress } from "../../../model/index.ts";
import type { ConnectionMessage, Tuple as TupleMessage } from "../../../netlink/conntrack/index.ts";
import type { Packet, Tuple } from "../../../packet/index.ts";

/** null for what has no addresses. */
export function tupleOf(tuple: TupleMessage | undefined): Tuple | null {
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
  const tuple = tupleOf(original);
  const protocol = original?.protocol;
  if (tuple === null || protocol?.number === undefined) return null;
  return {
    ...tuple,
    family: original?.addresses?.source4 === undefined ? 6 : 4,
    protocol: String(protocol.number),
    icmpType: protocol.icmpType ?? protocol.icmpv6Type ?? null,
    icmpCode: protocol.icmpCode ?? protocol.icmpv6Code ?? null,
    tcpFlags: null,
    ttl: 64,
    // Tracking does not remember it.
    mark: null,
  };
}
