/** Sockets as NETLINK_SOCK_DIAG reports them. */

// nlmsg_type (linux/sock_diag.h).
export const SOCK_DIAG_BY_FAMILY = 20;

// An attribute (linux/inet_diag.h).
export const INET_DIAG_SKV6ONLY = 11;

// States of a socket (net/tcp_states.h). A UDP socket without a peer is in TCP_CLOSE.
export const TCP_CLOSE = 7;
export const TCP_LISTEN = 10;
