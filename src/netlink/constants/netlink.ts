/** What every netlink message and socket has (linux/netlink.h). */

// Protocols of a socket of AF_NETLINK.
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_XFRM = 6;
export const NETLINK_NETFILTER = 12;

// Options of a socket, at level SOL_NETLINK.
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

// nlmsg_flags. The same bits mean different things in get, new, delete and acknowledgement messages.
export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_ECHO = 0x8;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP_FILTERED = 0x20;
export const NLM_F_CAPPED = 0x100;
export const NLM_F_NONREC = 0x100;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_ROOT = 0x100;
export const NLM_F_ACK_TLVS = 0x200;
export const NLM_F_BULK = 0x200;
export const NLM_F_EXCL = 0x200;
export const NLM_F_MATCH = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_ATOMIC = 0x400;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

// nlmsg_type of control messages.
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

// Attributes of NLMSG_ERROR and NLMSG_DONE (extended acknowledgement).
export const NLMSGERR_ATTR_UNUSED = 0;
export const NLMSGERR_ATTR_MSG = 1;
export const NLMSGERR_ATTR_OFFS = 2;
export const NLMSGERR_ATTR_COOKIE = 3;
export const NLMSGERR_ATTR_POLICY = 4;
export const NLMSGERR_ATTR_MISS_TYPE = 5;
export const NLMSGERR_ATTR_MISS_NEST = 6;

// Bits of an attribute's type.
export const NLA_F_NESTED = 0x8000;
export const NLA_F_NET_BYTEORDER = 0x4000;
export const NLA_TYPE_MASK = 0x3fff;
