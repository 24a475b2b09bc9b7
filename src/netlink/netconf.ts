import { NETCONF_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  NETCONFA_FORWARDING,
  NETCONFA_IFINDEX,
  NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN,
  NETCONFA_MC_FORWARDING,
  NETCONFA_PROXY_NEIGH,
  NETCONFA_RP_FILTER,
} from "./constants.ts";
import type { Reader } from "./reader.ts";
import type { Command, NetconfMessage, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct netconfmsg is one byte, the family; attributes start at the next multiple of 4. */
export const NETCONF_HEADER = 4;

/** Writes struct netconfmsg and its attributes. */
export function encodeNetconf(writer: MessageWriter, message: NetconfMessage): void {
  writer.putU8(writer.skip(NETCONF_HEADER), message.family);
  if (message.index !== undefined) writer.attributeI32(NETCONFA_IFINDEX, message.index);
  if (message.forwarding !== undefined) writer.attributeI32(NETCONFA_FORWARDING, message.forwarding);
  if (message.rpFilter !== undefined) writer.attributeI32(NETCONFA_RP_FILTER, message.rpFilter);
  if (message.multicastForwarding !== undefined)
    writer.attributeI32(NETCONFA_MC_FORWARDING, message.multicastForwarding);
  if (message.proxyNeighbour !== undefined) writer.attributeI32(NETCONFA_PROXY_NEIGH, message.proxyNeighbour);
  if (message.ignoreRoutesWithLinkDown !== undefined)
    writer.attributeI32(NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, message.ignoreRoutesWithLinkDown);
  writeUnknown(writer, message.unknown);
}

/** Reads struct netconfmsg and its attributes. */
export function decodeNetconf(reader: Reader, command: Command, start: number, end: number): NetconfMessage {
  reader.require(start, 1, end, "netconfmsg");
  const message: Mutable<NetconfMessage> = { kind: "netconf", command, family: reader.u8(start) };
  const cursor = reader.attributes(start + NETCONF_HEADER, end, NETCONF_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case NETCONFA_IFINDEX:
        message.index = cursor.i32();
        break;
      case NETCONFA_FORWARDING:
        message.forwarding = cursor.i32();
        break;
      case NETCONFA_RP_FILTER:
        message.rpFilter = cursor.i32();
        break;
      case NETCONFA_MC_FORWARDING:
        message.multicastForwarding = cursor.i32();
        break;
      case NETCONFA_PROXY_NEIGH:
        message.proxyNeighbour = cursor.i32();
        break;
      case NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN:
        message.ignoreRoutesWithLinkDown = cursor.i32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
