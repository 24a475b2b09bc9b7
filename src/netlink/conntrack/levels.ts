import { bytes, level, NESTED, nested, u16, u32, u64, u8 } from "../fields.ts";
import type {
  ConnectionCounters,
  ConnectionMessage,
  ConnectionTimes,
  ProtocolInfo,
  TcpInfo,
  Tuple,
  TupleAddresses,
  TupleProtocol,
} from "./types.ts";

// Attributes in the order of the kernel's own dumps (net/netfilter/nf_conntrack_netlink.c).

const ADDRESSES = level<TupleAddresses>([
  [1, "CTA_IP_V4_SRC", "source4", bytes],
  [2, "CTA_IP_V4_DST", "destination4", bytes],
  [3, "CTA_IP_V6_SRC", "source6", bytes],
  [4, "CTA_IP_V6_DST", "destination6", bytes],
]);

const PROTOCOL = level<TupleProtocol>([
  [1, "CTA_PROTO_NUM", "number", u8],
  [2, "CTA_PROTO_SRC_PORT", "sourcePort", u16],
  [3, "CTA_PROTO_DST_PORT", "destinationPort", u16],
  [4, "CTA_PROTO_ICMP_ID", "icmpId", u16],
  [5, "CTA_PROTO_ICMP_TYPE", "icmpType", u8],
  [6, "CTA_PROTO_ICMP_CODE", "icmpCode", u8],
  [7, "CTA_PROTO_ICMPV6_ID", "icmpv6Id", u16],
  [8, "CTA_PROTO_ICMPV6_TYPE", "icmpv6Type", u8],
  [9, "CTA_PROTO_ICMPV6_CODE", "icmpv6Code", u8],
]);

const TUPLE = level<Tuple>([
  [1, "CTA_TUPLE_IP", "addresses", nested(ADDRESSES, NESTED)],
  [2, "CTA_TUPLE_PROTO", "protocol", nested(PROTOCOL, NESTED)],
  [3, "CTA_TUPLE_ZONE", "zone", u16],
]);

const COUNTERS = level<ConnectionCounters>([
  [1, "CTA_COUNTERS_PACKETS", "packets", u64],
  [2, "CTA_COUNTERS_BYTES", "bytes", u64],
]);

const TCP = level<TcpInfo>([
  [1, "CTA_PROTOINFO_TCP_STATE", "state", u8],
  [2, "CTA_PROTOINFO_TCP_WSCALE_ORIGINAL", "windowScaleOriginal", u8],
  [3, "CTA_PROTOINFO_TCP_WSCALE_REPLY", "windowScaleReply", u8],
  [4, "CTA_PROTOINFO_TCP_FLAGS_ORIGINAL", "flagsOriginal", bytes],
  [5, "CTA_PROTOINFO_TCP_FLAGS_REPLY", "flagsReply", bytes],
]);

const PROTOCOL_INFO = level<ProtocolInfo>([[1, "CTA_PROTOINFO_TCP", "tcp", nested(TCP, NESTED)]]);

const TIMES = level<ConnectionTimes>([
  [1, "CTA_TIMESTAMP_START", "start", u64],
  [2, "CTA_TIMESTAMP_STOP", "stop", u64],
]);

const tuple = nested(TUPLE, NESTED);
const counters = nested(COUNTERS, NESTED);

export const CONNECTION = level<ConnectionMessage>([
  [1, "CTA_TUPLE_ORIG", "original", tuple],
  [2, "CTA_TUPLE_REPLY", "reply", tuple],
  [18, "CTA_ZONE", "zone", u16],
  [3, "CTA_STATUS", "status", u32],
  [8, "CTA_MARK", "mark", u32],
  [12, "CTA_ID", "id", u32],
  [11, "CTA_USE", "use", u32],
  [14, "CTA_TUPLE_MASTER", "master", tuple],
  [7, "CTA_TIMEOUT", "timeout", u32],
  [4, "CTA_PROTOINFO", "protocolInfo", nested(PROTOCOL_INFO, NESTED)],
  [9, "CTA_COUNTERS_ORIG", "countersOriginal", counters],
  [10, "CTA_COUNTERS_REPLY", "countersReply", counters],
  [20, "CTA_TIMESTAMP", "times", nested(TIMES, NESTED)],
  [22, "CTA_LABELS", "labels", bytes],
  // In questions only.
  [21, "CTA_MARK_MASK", "markMask", u32],
  [26, "CTA_STATUS_MASK", "statusMask", u32],
]);
