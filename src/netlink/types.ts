/**
 * Typed rtnetlink messages, as values. Addresses are bytes (Uint8Array in network order), never text; interface names
 * are strings; numbers are the kernel's own. `unknown` keeps every attribute this library has no name for, so decoding and
 * encoding again gives the same bytes. Constants are in constants.ts. Source: linux/rtnetlink.h, if_link.h, if_addr.h, …
 */

/** An attribute kept as it came; `type` includes NLA_F_NESTED / NLA_F_NET_BYTEORDER bits. */
export interface RawAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** struct nlmsghdr without its length and type. */
export interface MessageHeader {
  /** NLM_F_* */
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
}

/** What a message asks for or reports: RTM_NEW*, RTM_DEL*, RTM_GET*. */
export type Command = "new" | "delete" | "get";

/** IFLA_LINKINFO: the kind of a link, and what is particular to it. */
export interface LinkInfo {
  /** IFLA_INFO_KIND; empty when there is none, as for a physical NIC that is a bridge port. */
  readonly kind: string;
  /** IFLA_INFO_SLAVE_KIND */
  readonly slaveKind?: string;
  /** VETH_INFO_PEER, for kind veth in requests. */
  readonly peer?: LinkBody;
  /** IFLA_INFO_DATA of kind bridge. */
  readonly bridge?: BridgeData;
  /** IFLA_INFO_DATA of every other kind, undecoded; of kind veth, what is there beside the peer. */
  readonly data?: readonly RawAttribute[];
  readonly unknown?: readonly RawAttribute[];
}

/** IFLA_INFO_DATA of a bridge; IFLA_BR_* of linux/if_link.h. Times are in hundredths of a second. */
export interface BridgeData {
  readonly forwardDelay?: number;
  readonly ageingTime?: number;
  /** IFLA_BR_STP_STATE */
  readonly stpState?: number;
  readonly vlanFiltering?: number;
  /** IFLA_BR_MCAST_SNOOPING */
  readonly multicastSnooping?: number;
  /** See bridge-settings.ts; only where unknown attributes are not kept, in which they are otherwise. */
  readonly settings?: ReadonlyMap<string, number>;
  readonly unknown?: readonly RawAttribute[];
}

/** IFLA_PROTINFO of AF_BRIDGE / IFLA_INFO_SLAVE_DATA of a bridge port. */
export interface BridgePortData {
  /** IFLA_BRPORT_STATE: 0 disabled … 3 forwarding */
  readonly state?: number;
  /** As those of a bridge. */
  readonly settings?: ReadonlyMap<string, number>;
  readonly unknown?: readonly RawAttribute[];
}

/** struct ifinfomsg and the IFLA_* attributes. */
export interface LinkBody {
  readonly family?: number;
  /** ARPHRD_* */
  readonly deviceType?: number;
  readonly index?: number;
  /** IFF_* */
  readonly flags?: number;
  /** Mask of the flags that the request changes. */
  readonly change?: number;
  readonly name?: string;
  readonly address?: Uint8Array;
  readonly broadcast?: Uint8Array;
  readonly mtu?: number;
  /** IFLA_LINK: ifindex of the peer or lower device (in linkNetnsId's namespace when that is set). */
  readonly link?: number;
  /** IFLA_LINK_NETNSID, signed. */
  readonly linkNetnsId?: number;
  readonly master?: number;
  readonly operState?: number;
  readonly group?: number;
  readonly txQueueLength?: number;
  readonly gsoMaxSize?: number;
  readonly gsoMaxSegments?: number;
  readonly groMaxSize?: number;
  /** IFLA_LINKMODE: 1 for dormant: another program decides when the link is up. */
  readonly linkMode?: number;
  readonly txQueues?: number;
  readonly rxQueues?: number;
  readonly promiscuity?: number;
  readonly carrier?: number;
  readonly alias?: string;
  /** IFLA_PROP_LIST / IFLA_ALT_IFNAME. */
  readonly altNames?: readonly string[];
  readonly netNsFd?: number;
  readonly netNsPid?: number;
  readonly targetNetnsId?: number;
  /** IFLA_EXT_MASK */
  readonly extMask?: number;
  readonly info?: LinkInfo;
  /** IFLA_INFO_SLAVE_DATA when the slave kind is bridge; IFLA_PROTINFO when the family is AF_BRIDGE. */
  readonly bridgePort?: BridgePortData;
  /** IFLA_AF_SPEC / AF_INET / IFLA_INET_CONF: devconf index (IPV4_DEVCONF_*) → value, for setting. */
  readonly inetConf?: ReadonlyMap<number, number>;
  /** IFLA_AF_SPEC / AF_INET6 / IFLA_INET6_ADDR_GEN_MODE: 0 eui64, 1 none, 2 stable secret, 3 random. */
  readonly addrGenMode?: number;
  /** IFLA_ALT_IFNAME outside of a list: names the link that a request is about. */
  readonly altName?: string;
  /** The rest of IFLA_AF_SPEC / AF_INET, of AF_INET6, and other families; the rest of IFLA_PROP_LIST. */
  readonly inetUnknown?: readonly RawAttribute[];
  readonly inet6Unknown?: readonly RawAttribute[];
  readonly afUnknown?: readonly RawAttribute[];
  readonly propertyUnknown?: readonly RawAttribute[];
  /** IFLA_STATS64 as the kernel's array of counters, when reported. */
  readonly stats64?: readonly bigint[];
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK and RTM_SETLINK; linux/if_link.h. */
export interface LinkMessage extends LinkBody {
  readonly kind: "link";
  readonly command: Command | "set";
}

/** RTM_NEWLINKPROP / RTM_DELLINKPROP: alternative names. Body as a link. */
export interface LinkPropertyMessage extends LinkBody {
  readonly kind: "linkproperty";
  readonly command: "new" | "delete" | "get";
}

/** RTM_*ADDR: struct ifaddrmsg and IFA_* of linux/if_addr.h. `cacheInfo` has its lifetimes in seconds, its times in hundredths of a second. */
export interface AddressMessage {
  readonly kind: "address";
  readonly command: Command;
  readonly family: number;
  readonly prefixLength: number;
  readonly scope?: number;
  readonly index: number;
  /** IFA_FLAGS (32 bits, includes the 8 of the header). */
  readonly flags?: number;
  /** IFA_LOCAL */
  readonly local?: Uint8Array;
  /** IFA_ADDRESS */
  readonly address?: Uint8Array;
  readonly broadcast?: Uint8Array;
  readonly label?: string;
  readonly cacheInfo?: {
    readonly preferred: number;
    readonly valid: number;
    readonly created: number;
    readonly updated: number;
  };
  /** IFA_RT_PRIORITY: metric of the route to its network. */
  readonly routePriority?: number;
  /** IFA_PROTO */
  readonly protocol?: number;
  readonly targetNetnsId?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** struct rtnexthop: one of the next hops of a multipath route. */
export interface RouteNextHop {
  readonly flags?: number;
  /** As the kernel counts: weight − 1. */
  readonly hops?: number;
  readonly index: number;
  readonly gateway?: Uint8Array;
  /** RTA_VIA: gateway of another family. */
  readonly via?: { readonly family: number; readonly address: Uint8Array };
  readonly flow?: number;
  readonly encapType?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_*ROUTE: struct rtmsg and RTA_* of linux/rtnetlink.h. */
export interface RouteMessage {
  readonly kind: "route";
  readonly command: Command;
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength?: number;
  readonly tos?: number;
  /** RTA_TABLE when present, else rtm_table. */
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  /** RTN_* */
  readonly type: number;
  /** RTM_F_*, RTNH_F_* */
  readonly flags?: number;
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly inputIndex?: number;
  readonly outputIndex?: number;
  readonly gateway?: Uint8Array;
  readonly via?: { readonly family: number; readonly address: Uint8Array };
  readonly priority?: number;
  readonly preferredSource?: Uint8Array;
  readonly multipath?: readonly RouteNextHop[];
  readonly mark?: number;
  readonly uid?: number;
  readonly ipProtocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** RTA_METRICS: RTAX_* → value. */
  readonly metrics?: ReadonlyMap<number, number>;
  /** Metrics that are not 32-bit numbers: RTAX_CC_ALGO. */
  readonly metricsUnknown?: readonly RawAttribute[];
  readonly expires?: number;
  readonly nextHopId?: number;
  readonly preference?: number;
  readonly cacheInfo?: Uint8Array;
  /** RTA_FLOW: realms, of the source in the upper 16 bits. */
  readonly flow?: number;
  /** LWTUNNEL_ENCAP_*: packets are wrapped. How (RTA_ENCAP) is in `unknown`. */
  readonly encapType?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_*RULE: struct fib_rule_hdr and FRA_* of linux/fib_rules.h. */
export interface RuleMessage {
  readonly kind: "rule";
  readonly command: Command;
  readonly family: number;
  readonly destinationLength?: number;
  readonly sourceLength?: number;
  readonly tos?: number;
  /** FRA_TABLE when present, else the header's. */
  readonly table: number;
  /** FR_ACT_* */
  readonly action: number;
  readonly flags?: number;
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly inputName?: string;
  readonly outputName?: string;
  readonly goto?: number;
  readonly priority?: number;
  readonly mark?: number;
  readonly markMask?: number;
  readonly protocol?: number;
  /** FRA_SUPPRESS_PREFIXLEN, signed: the kernel reports −1 for a rule without one. */
  readonly suppressPrefixLength?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_*NEIGH: struct ndmsg and NDA_* of linux/neighbour.h. */
export interface NeighbourMessage {
  readonly kind: "neighbour";
  readonly command: Command;
  readonly family: number;
  readonly index: number;
  /** NUD_* */
  readonly state: number;
  /** NTF_* */
  readonly flags?: number;
  readonly type?: number;
  readonly destination?: Uint8Array;
  readonly linkAddress?: Uint8Array;
  readonly vlan?: number;
  readonly master?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_*NSID: the id by which a namespace knows another one; NETNSA_* of linux/net_namespace.h. */
export interface NamespaceIdMessage {
  readonly kind: "nsid";
  readonly command: Command;
  /** NETNSA_NSID, signed; −1 when the namespace has none here. */
  readonly id?: number;
  readonly pid?: number;
  readonly fd?: number;
  readonly targetId?: number;
  readonly currentId?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** RTM_*NETCONF: per-interface (or all = −1, default = −2) forwarding, rp_filter … Signed values. */
export interface NetconfMessage {
  readonly kind: "netconf";
  readonly command: Command;
  readonly family: number;
  readonly index?: number;
  readonly forwarding?: number;
  readonly rpFilter?: number;
  readonly multicastForwarding?: number;
  readonly proxyNeighbour?: number;
  readonly ignoreRoutesWithLinkDown?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** A message that this codec encodes and decodes. `kind` tells which. */
export type RouteNetlinkMessage =
  | LinkMessage
  | LinkPropertyMessage
  | AddressMessage
  | RouteMessage
  | RuleMessage
  | NeighbourMessage
  | NamespaceIdMessage
  | NetconfMessage;

/** NLMSG_ERROR: errno 0 is the acknowledgement. */
export interface AckMessage {
  readonly kind: "ack";
  /** Positive errno, 0 for success. */
  readonly errno: number;
  /** NLMSGERR_ATTR_MSG: the kernel's own sentence. */
  readonly message?: string;
  /** NLMSGERR_ATTR_OFFS: offset of the offending attribute in the request, from the start of its nlmsghdr. */
  readonly offset?: number;
  /** NLMSGERR_ATTR_MISS_TYPE / _MISS_NEST */
  readonly missingType?: number;
  readonly missingNest?: number;
  /** NLMSGERR_ATTR_COOKIE */
  readonly cookie?: Uint8Array;
  /** The request as the kernel sends it back with an error (header included); absent when it was capped. */
  readonly request?: Uint8Array;
  /** nlmsg_type of the request that is answered. */
  readonly requestType: number;
  readonly unknown?: readonly RawAttribute[];
}

/** NLMSG_DONE: end of a dump, with its status. */
export interface DoneMessage {
  readonly kind: "done";
  readonly errno: number;
  readonly message?: string;
  readonly unknown?: readonly RawAttribute[];
}

/** NLMSG_OVERRUN, NLMSG_NOOP, and message types this library has no decoder for. */
export interface OpaqueMessage {
  readonly kind: "opaque";
  readonly type: number;
  readonly payload: Uint8Array;
}

/** A message as it was received. */
export interface Decoded {
  readonly header: MessageHeader;
  /** nlmsg_type */
  readonly type: number;
  readonly message: RouteNetlinkMessage | AckMessage | DoneMessage | OpaqueMessage;
}
