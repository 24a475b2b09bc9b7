import * as C from "../constants.ts";
import { type Datatype, TYPES as T } from "./values.ts";

/** What packets' headers and the kernel's own knowledge of packets are called. */

/** A field of a header, in bits from its start. */
export interface HeaderField {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly type: Datatype;
}

type Row = readonly [name: string, offset: number, length: number, type?: Datatype];

const header = (rows: readonly Row[]): readonly HeaderField[] =>
  rows.map(([name, offset, length, type = T.integer]) => ({ name, offset, length, type }));

const PORTS: readonly Row[] = [
  ["sport", 0, 16, T.port],
  ["dport", 16, 16, T.port],
];

/** By nft's name of the protocol. */
export const HEADERS: Readonly<Record<string, readonly HeaderField[]>> = {
  ether: header([
    ["daddr", 0, 48, T.ether],
    ["saddr", 48, 48, T.ether],
    ["type", 96, 16, T.etherType],
  ]),
  arp: header([
    ["htype", 0, 16],
    ["ptype", 16, 16, T.etherType],
    ["hlen", 32, 8],
    ["plen", 40, 8],
    ["operation", 48, 16, T.arpOperation],
    ["saddr ether", 64, 48, T.ether],
    ["saddr ip", 112, 32, T.ipv4],
    ["daddr ether", 144, 48, T.ether],
    ["daddr ip", 192, 32, T.ipv4],
  ]),
  ip: header([
    ["version", 0, 4],
    ["hdrlength", 4, 4],
    ["dscp", 8, 6, T.dscp],
    ["ecn", 14, 2, T.ecn],
    ["length", 16, 16],
    ["id", 32, 16],
    ["frag-off", 51, 13],
    ["ttl", 64, 8],
    ["protocol", 72, 8, T.protocol],
    ["checksum", 80, 16],
    ["saddr", 96, 32, T.ipv4],
    ["daddr", 128, 32, T.ipv4],
  ]),
  ip6: header([
    ["version", 0, 4],
    ["dscp", 4, 6, T.dscp],
    ["ecn", 10, 2, T.ecn],
    ["flowlabel", 12, 20],
    ["length", 32, 16],
    ["nexthdr", 48, 8, T.protocol],
    ["hoplimit", 56, 8],
    ["saddr", 64, 128, T.ipv6],
    ["daddr", 192, 128, T.ipv6],
  ]),
  tcp: header([
    ...PORTS,
    ["sequence", 32, 32],
    ["ackseq", 64, 32],
    ["doff", 96, 4],
    ["reserved", 100, 4],
    ["flags", 104, 8, T.tcpFlag],
    ["window", 112, 16],
    ["checksum", 128, 16],
    ["urgptr", 144, 16],
  ]),
  udp: header([...PORTS, ["length", 32, 16], ["checksum", 48, 16]]),
  udplite: header([...PORTS, ["checksum", 48, 16]]),
  sctp: header([...PORTS, ["vtag", 32, 32], ["checksum", 64, 32]]),
  dccp: header(PORTS),
  th: header(PORTS),
  icmp: header([
    ["type", 0, 8, T.icmpType],
    ["code", 8, 8, T.icmpCode],
    ["checksum", 16, 16],
    ["id", 32, 16],
    ["sequence", 48, 16],
    ["gateway", 32, 32],
    ["mtu", 48, 16],
  ]),
  icmpv6: header([
    ["type", 0, 8, T.icmpv6Type],
    ["code", 8, 8, T.icmpv6Code],
    ["checksum", 16, 16],
    ["id", 32, 16],
    ["sequence", 48, 16],
    ["mtu", 32, 32],
  ]),
};

/** Transport protocols that have a header above. */
export const TRANSPORTS: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [33, "dccp"],
  [58, "icmpv6"],
  [132, "sctp"],
  [136, "udplite"],
]);

type Key = readonly [text: string, type: Datatype];

export const META: ReadonlyMap<number, Key> = new Map<number, Key>([
  [C.NFT_META_LEN, ["meta length", { ...T.integer, host: true }]],
  [C.NFT_META_PROTOCOL, ["meta protocol", T.etherType]],
  [C.NFT_META_PRIORITY, ["meta priority", T.trafficClass]],
  [C.NFT_META_MARK, ["meta mark", T.mark]],
  [C.NFT_META_IIF, ["iif", T.interfaceIndex]],
  [C.NFT_META_OIF, ["oif", T.interfaceIndex]],
  [C.NFT_META_IIFNAME, ["iifname", T.interfaceName]],
  [C.NFT_META_OIFNAME, ["oifname", T.interfaceName]],
  [C.NFT_META_IIFTYPE, ["iiftype", T.interfaceType]],
  [C.NFT_META_OIFTYPE, ["oiftype", T.interfaceType]],
  [C.NFT_META_SKUID, ["meta skuid", T.uid]],
  [C.NFT_META_SKGID, ["meta skgid", T.gid]],
  [C.NFT_META_NFTRACE, ["meta nftrace", { ...T.integer, host: true }]],
  [C.NFT_META_RTCLASSID, ["rtclassid", T.realm]],
  [C.NFT_META_NFPROTO, ["meta nfproto", T.nfproto]],
  [C.NFT_META_L4PROTO, ["meta l4proto", T.protocol]],
  [C.NFT_META_BRI_IIFNAME, ["meta ibrname", T.interfaceName]],
  [C.NFT_META_BRI_OIFNAME, ["meta obrname", T.interfaceName]],
  [C.NFT_META_PKTTYPE, ["meta pkttype", T.packetType]],
  [C.NFT_META_CPU, ["meta cpu", { ...T.integer, host: true }]],
  [C.NFT_META_IIFGROUP, ["iifgroup", T.deviceGroup]],
  [C.NFT_META_OIFGROUP, ["oifgroup", T.deviceGroup]],
  [C.NFT_META_CGROUP, ["meta cgroup", { ...T.integer, host: true }]],
  [C.NFT_META_PRANDOM, ["meta random", T.integer]],
]);

const HOST_INTEGER: Datatype = { ...T.integer, host: true };

export const CT: ReadonlyMap<number, Key> = new Map<number, Key>([
  [C.NFT_CT_STATE, ["state", T.ctState]],
  [C.NFT_CT_DIRECTION, ["direction", T.ctDirection]],
  [C.NFT_CT_STATUS, ["status", T.ctStatus]],
  [C.NFT_CT_MARK, ["mark", T.mark]],
  [C.NFT_CT_EXPIRATION, ["expiration", HOST_INTEGER]],
  [C.NFT_CT_HELPER, ["helper", T.string]],
  [C.NFT_CT_L3PROTOCOL, ["l3proto", T.nfproto]],
  [C.NFT_CT_PROTOCOL, ["protocol", T.protocol]],
  [C.NFT_CT_PROTO_SRC, ["proto-src", T.port]],
  [C.NFT_CT_PROTO_DST, ["proto-dst", T.port]],
  [C.NFT_CT_PKTS, ["packets", HOST_INTEGER]],
  [C.NFT_CT_BYTES, ["bytes", HOST_INTEGER]],
  [C.NFT_CT_AVGPKT, ["avgpkt", HOST_INTEGER]],
  [C.NFT_CT_ZONE, ["zone", HOST_INTEGER]],
  [C.NFT_CT_SRC_IP, ["ip saddr", T.ipv4]],
  [C.NFT_CT_DST_IP, ["ip daddr", T.ipv4]],
  [C.NFT_CT_SRC_IP6, ["ip6 saddr", T.ipv6]],
  [C.NFT_CT_DST_IP6, ["ip6 daddr", T.ipv6]],
]);
