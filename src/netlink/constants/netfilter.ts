/** What nf_tables and conntrack have in common. */

// Subsystems: the upper byte of nlmsg_type (linux/netfilter/nfnetlink.h).
export const NFNL_SUBSYS_CTNETLINK = 1;
export const NFNL_SUBSYS_NFTABLES = 10;

// Multicast groups (linux/netfilter/nfnetlink.h).
export const NFNLGRP_NFTABLES = 7;

// Families (linux/netfilter.h).
export const NFPROTO_UNSPEC = 0;
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_ARP = 3;
export const NFPROTO_NETDEV = 5;
export const NFPROTO_BRIDGE = 7;
export const NFPROTO_IPV6 = 10;
