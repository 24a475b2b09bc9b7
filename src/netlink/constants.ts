/**
 * The numbers of netlink under the names that the kernel's headers give them, so that what is written here can be looked up
 * there and the other way round; each file says which header it is from. Those of nf_tables and of conntrack are in their
 * own folders. Nothing but constants: a bundler puts the numbers where they are used.
 */
export * from "./constants/address.ts";
export * from "./constants/bridge.ts";
export * from "./constants/diag.ts";
export * from "./constants/hardware.ts";
export * from "./constants/link.ts";
export * from "./constants/link-kinds.ts";
export * from "./constants/link-settings.ts";
export * from "./constants/namespace.ts";
export * from "./constants/neighbour.ts";
export * from "./constants/netconf.ts";
export * from "./constants/netfilter.ts";
export * from "./constants/netlink.ts";
export * from "./constants/qdisc.ts";
export * from "./constants/route.ts";
export * from "./constants/rtnetlink.ts";
export * from "./constants/rule.ts";
export * from "./constants/socket.ts";
export * from "./constants/xfrm.ts";
