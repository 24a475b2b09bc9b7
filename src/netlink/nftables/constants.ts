/**
 * Numbers of nf_tables under the names that the kernel's headers give them: those that are values of fields (attributes have
 * their numbers in levels.ts and expressions.ts). Source: linux/netfilter/nf_tables.h unless said.
 */

// Hooks: linux/netfilter.h, linux/netfilter_netdev.h
export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_LOCAL_IN = 1;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;
export const NF_INET_INGRESS = 5;
export const NF_NETDEV_INGRESS = 0;
export const NF_NETDEV_EGRESS = 1;

// Hook priorities: enum nf_ip_hook_priorities, linux/netfilter_ipv4.h
export const NF_IP_PRI_RAW = -300;
export const NF_IP_PRI_MANGLE = -150;
export const NF_IP_PRI_NAT_DST = -100;
export const NF_IP_PRI_FILTER = 0;
export const NF_IP_PRI_SECURITY = 50;
export const NF_IP_PRI_NAT_SRC = 100;

// Verdicts: linux/netfilter.h and enum nft_verdicts. The upper half of NF_QUEUE is the queue's number.
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NF_STOLEN = 2;
export const NF_QUEUE = 3;
export const NF_REPEAT = 4;
export const NFT_CONTINUE = -1;
export const NFT_BREAK = -2;
export const NFT_JUMP = -3;
export const NFT_GOTO = -4;
export const NFT_RETURN = -5;

export const NFT_TABLE_F_DORMANT = 0x1;
export const NFT_TABLE_F_OWNER = 0x2;
export const NFT_TABLE_F_PERSIST = 0x4;

export const NFT_CHAIN_BASE = 0x1;
export const NFT_CHAIN_HW_OFFLOAD = 0x2;
export const NFT_CHAIN_BINDING = 0x4;

export const NFT_SET_ANONYMOUS = 0x1;
export const NFT_SET_CONSTANT = 0x2;
export const NFT_SET_INTERVAL = 0x4;
export const NFT_SET_MAP = 0x8;
export const NFT_SET_TIMEOUT = 0x10;
export const NFT_SET_EVAL = 0x20;
export const NFT_SET_OBJECT = 0x40;
export const NFT_SET_CONCAT = 0x80;
export const NFT_SET_EXPR = 0x100;

export const NFT_SET_POL_PERFORMANCE = 0;
export const NFT_SET_POL_MEMORY = 1;

export const NFT_SET_ELEM_INTERVAL_END = 0x1;
export const NFT_SET_ELEM_CATCHALL = 0x2;

/** Type of the data of a map to verdicts. */
export const NFT_DATA_VERDICT = 0xffffff00;

export const NFT_PAYLOAD_LL_HEADER = 0;
export const NFT_PAYLOAD_NETWORK_HEADER = 1;
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
export const NFT_PAYLOAD_INNER_HEADER = 3;
export const NFT_PAYLOAD_CSUM_NONE = 0;
export const NFT_PAYLOAD_CSUM_INET = 1;
export const NFT_PAYLOAD_CSUM_SCTP = 2;
export const NFT_PAYLOAD_L4CSUM_PSEUDOHDR = 1;

export const NFT_META_LEN = 0;
export const NFT_META_PROTOCOL = 1;
export const NFT_META_PRIORITY = 2;
export const NFT_META_MARK = 3;
export const NFT_META_IIF = 4;
export const NFT_META_OIF = 5;
export const NFT_META_IIFNAME = 6;
export const NFT_META_OIFNAME = 7;
export const NFT_META_IIFTYPE = 8;
export const NFT_META_OIFTYPE = 9;
export const NFT_META_SKUID = 10;
export const NFT_META_SKGID = 11;
export const NFT_META_NFTRACE = 12;
export const NFT_META_RTCLASSID = 13;
export const NFT_META_NFPROTO = 15;
export const NFT_META_L4PROTO = 16;
export const NFT_META_BRI_IIFNAME = 17;
export const NFT_META_BRI_OIFNAME = 18;
export const NFT_META_PKTTYPE = 19;
export const NFT_META_CPU = 20;
export const NFT_META_IIFGROUP = 21;
export const NFT_META_OIFGROUP = 22;
export const NFT_META_CGROUP = 23;
export const NFT_META_PRANDOM = 24;

export const NFT_CT_STATE = 0;
export const NFT_CT_DIRECTION = 1;
export const NFT_CT_STATUS = 2;
export const NFT_CT_MARK = 3;
export const NFT_CT_SECMARK = 4;
export const NFT_CT_EXPIRATION = 5;
export const NFT_CT_HELPER = 6;
export const NFT_CT_L3PROTOCOL = 7;
export const NFT_CT_SRC = 8;
export const NFT_CT_DST = 9;
export const NFT_CT_PROTOCOL = 10;
export const NFT_CT_PROTO_SRC = 11;
export const NFT_CT_PROTO_DST = 12;
export const NFT_CT_LABELS = 13;
export const NFT_CT_PKTS = 14;
export const NFT_CT_BYTES = 15;
export const NFT_CT_AVGPKT = 16;
export const NFT_CT_ZONE = 17;
export const NFT_CT_SRC_IP = 19;
export const NFT_CT_DST_IP = 20;
export const NFT_CT_SRC_IP6 = 21;
export const NFT_CT_DST_IP6 = 22;

// Bits of NFT_CT_STATE: NF_CT_STATE_BIT, linux/netfilter/nf_conntrack_common.h
export const NF_CT_STATE_INVALID = 0x1;
export const NF_CT_STATE_ESTABLISHED = 0x2;
export const NF_CT_STATE_RELATED = 0x4;
export const NF_CT_STATE_NEW = 0x8;
export const NF_CT_STATE_UNTRACKED = 0x40;

export const NFT_CMP_EQ = 0;
export const NFT_CMP_NEQ = 1;
export const NFT_CMP_LT = 2;
export const NFT_CMP_LTE = 3;
export const NFT_CMP_GT = 4;
export const NFT_CMP_GTE = 5;

export const NFT_RANGE_EQ = 0;
export const NFT_RANGE_NEQ = 1;

export const NFT_BITWISE_MASK_XOR = 0;
export const NFT_BITWISE_LSHIFT = 1;
export const NFT_BITWISE_RSHIFT = 2;

export const NFT_BYTEORDER_NTOH = 0;
export const NFT_BYTEORDER_HTON = 1;

export const NFT_HASH_JENKINS = 0;
export const NFT_HASH_SYM = 1;

export const NFT_LOOKUP_F_INV = 1;

export const NFT_DYNSET_OP_ADD = 0;
export const NFT_DYNSET_OP_UPDATE = 1;
export const NFT_DYNSET_OP_DELETE = 2;
export const NFT_DYNSET_F_INV = 1;
export const NFT_DYNSET_F_EXPR = 2;

export const NFT_LIMIT_PKTS = 0;
export const NFT_LIMIT_PKT_BYTES = 1;
export const NFT_LIMIT_F_INV = 1;

// Flags of log: NF_LOG_*, linux/netfilter/nf_log.h
export const NF_LOG_TCPSEQ = 0x01;
export const NF_LOG_TCPOPT = 0x02;
export const NF_LOG_IPOPT = 0x04;
export const NF_LOG_UID = 0x08;
export const NF_LOG_MACDECODE = 0x20;
export const NF_LOG_MASK = 0x2f;

export const NFT_REJECT_ICMP_UNREACH = 0;
export const NFT_REJECT_TCP_RST = 1;
export const NFT_REJECT_ICMPX_UNREACH = 2;
export const NFT_REJECT_ICMPX_NO_ROUTE = 0;
export const NFT_REJECT_ICMPX_PORT_UNREACH = 1;
export const NFT_REJECT_ICMPX_HOST_UNREACH = 2;
export const NFT_REJECT_ICMPX_ADMIN_PROHIBITED = 3;

export const NFT_NAT_SNAT = 0;
export const NFT_NAT_DNAT = 1;

// linux/netfilter/nf_nat.h
export const NF_NAT_RANGE_MAP_IPS = 0x01;
export const NF_NAT_RANGE_PROTO_SPECIFIED = 0x02;
export const NF_NAT_RANGE_PROTO_RANDOM = 0x04;
export const NF_NAT_RANGE_PERSISTENT = 0x08;
export const NF_NAT_RANGE_PROTO_RANDOM_FULLY = 0x10;
export const NF_NAT_RANGE_PROTO_OFFSET = 0x20;
export const NF_NAT_RANGE_NETMAP = 0x40;

export const NFT_FIB_RESULT_OIF = 1;
export const NFT_FIB_RESULT_OIFNAME = 2;
export const NFT_FIB_RESULT_ADDRTYPE = 3;
export const NFTA_FIB_F_SADDR = 0x01;
export const NFTA_FIB_F_DADDR = 0x02;
export const NFTA_FIB_F_MARK = 0x04;
export const NFTA_FIB_F_IIF = 0x08;
export const NFTA_FIB_F_OIF = 0x10;
export const NFTA_FIB_F_PRESENT = 0x20;

export const NFT_EXTHDR_F_PRESENT = 1;
export const NFT_EXTHDR_OP_IPV6 = 0;
export const NFT_EXTHDR_OP_TCPOPT = 1;
export const NFT_EXTHDR_OP_IPV4 = 2;

export const NFT_RT_CLASSID = 0;
export const NFT_RT_NEXTHOP4 = 1;
export const NFT_RT_NEXTHOP6 = 2;
export const NFT_RT_TCPMSS = 3;

export const NFT_QUEUE_FLAG_BYPASS = 1;
export const NFT_QUEUE_FLAG_CPU_FANOUT = 2;

// Attributes of the expression that stands for an extension of iptables; NFTA_TARGET_* are numbered alike.
export const NFTA_MATCH_NAME = 1;
export const NFTA_MATCH_REV = 2;
export const NFTA_MATCH_INFO = 3;

// Of struct xt_conntrack_mtinfo3 (linux/netfilter/xt_conntrack.h). The alias is written by `-m state`.
export const XT_CONNTRACK_STATE = 0x1;
export const XT_CONNTRACK_STATE_ALIAS = 0x2000;
