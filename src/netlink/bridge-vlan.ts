import {
  AF_BRIDGE,
  BRIDGE_VLAN_INFO_PVID,
  BRIDGE_VLAN_INFO_RANGE_BEGIN,
  BRIDGE_VLAN_INFO_RANGE_END,
  BRIDGE_VLAN_INFO_UNTAGGED,
  IFLA_AF_SPEC,
  IFLA_BRIDGE_VLAN_INFO,
  IFLA_EXT_MASK,
  RTEXT_FILTER_BRVLAN_COMPRESSED,
  RTM_GETLINK,
  RTM_NEWLINK,
} from "./constants.ts";
import { decodeDump } from "./dump.ts";
import { type AttributeCursor, Reader } from "./reader.ts";
import type { MessageHeader } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** The VLANs of a bridge's ports, from RTM_GETLINK of the bridge family; read only. linux/if_bridge.h. */

/** struct ifinfomsg: family, pad, type, index, flags, change. */
const IFINFOMSG = 16;
const VLAN_INFO = 4;

/** A range of VLANs of a port: struct bridge_vlan_info of linux/if_bridge.h. */
export interface BridgeVlan {
  readonly first: number;
  /** The same as `first` for one by itself. */
  readonly last: number;
  /** It goes out without its tag. */
  readonly untagged: boolean;
  /** What comes in without a tag is of it. */
  readonly pvid: boolean;
}

/** The VLANs of one port. */
export interface BridgeVlans {
  /** Of the port, or of the bridge itself. */
  readonly index: number;
  readonly vlans: readonly BridgeVlan[];
}

/** Appends the question for the VLANs of all ports of a namespace. */
export function encodeVlanQuestion(writer: MessageWriter, header: MessageHeader): void {
  const start = writer.beginMessage(RTM_GETLINK, header.flags, header.sequence, header.portId);
  writer.putU8(writer.skip(IFINFOMSG), AF_BRIDGE);
  // Ranges instead of each VLAN by itself, of which there may be 4,094.
  writer.attributeU32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
  writer.endMessage(start);
}

/**
 * The ports in what one recvmsg returned, in the order of their VLANs.
 * @throws NetlinkDecodeError
 */
export function decodeVlans(bytes: Uint8Array): BridgeVlans[] {
  const reader = new Reader(bytes);
  return decodeDump(reader, RTM_NEWLINK, "link", (start, end) => decodePort(reader, start, end));
}

function decodePort(reader: Reader, start: number, end: number): BridgeVlans {
  reader.require(start, IFINFOMSG, end, "ifinfomsg");
  const index = reader.i32(start + 4);
  const cursor = reader.attributes(start + IFINFOMSG, end, []);
  const vlans: BridgeVlan[] = [];
  while (cursor.next()) if (cursor.type === IFLA_AF_SPEC) readVlans(cursor.nested([]), vlans);
  return { index, vlans };
}

function readVlans(cursor: AttributeCursor, vlans: BridgeVlan[]): void {
  let first: number | null = null;
  while (cursor.next()) {
    if (cursor.type !== IFLA_BRIDGE_VLAN_INFO) continue;
    const { reader, valueStart, valueEnd } = cursor;
    reader.require(valueStart, VLAN_INFO, valueEnd, "bridge_vlan_info");
    const flags = reader.u16(valueStart);
    const id = reader.u16(valueStart + 2);
    if (flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) {
      first = id;
      continue;
    }
    const from = flags & BRIDGE_VLAN_INFO_RANGE_END ? (first ?? id) : id;
    first = null;
    vlans.push({
      first: from,
      last: id,
      untagged: (flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0,
      pvid: (flags & BRIDGE_VLAN_INFO_PVID) !== 0,
    });
  }
}
