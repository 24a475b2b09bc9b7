// Bits of a connection's status (linux/netfilter/nf_conntrack_common.h).
export const IPS_EXPECTED = 0x1;
export const IPS_SEEN_REPLY = 0x2;
export const IPS_ASSURED = 0x4;
export const IPS_CONFIRMED = 0x8;
export const IPS_SRC_NAT = 0x10;
export const IPS_DST_NAT = 0x20;
export const IPS_DYING = 0x200;
export const IPS_OFFLOAD = 0x4000;
