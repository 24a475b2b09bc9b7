import {
  IFLA_BRPORT_BCAST_FLOOD,
  IFLA_BRPORT_BACKUP_PORT,
  IFLA_BRPORT_COST,
  IFLA_BRPORT_FAST_LEAVE,
  IFLA_BRPORT_GROUP_FWD_MASK,
  IFLA_BRPORT_GUARD,
  IFLA_BRPORT_ISOLATED,
  IFLA_BRPORT_LEARNING,
  IFLA_BRPORT_LOCKED,
  IFLA_BRPORT_MCAST_FLOOD,
  IFLA_BRPORT_MCAST_TO_UCAST,
  IFLA_BRPORT_MODE,
  IFLA_BRPORT_MULTICAST_ROUTER,
  IFLA_BRPORT_NEIGH_SUPPRESS,
  IFLA_BRPORT_PRIORITY,
  IFLA_BRPORT_PROTECT,
  IFLA_BRPORT_PROXYARP,
  IFLA_BRPORT_PROXYARP_WIFI,
  IFLA_BRPORT_STATE,
  IFLA_BRPORT_UNICAST_FLOOD,
  IFLA_BRPORT_VLAN_TUNNEL,
  IFLA_BR_GROUP_FWD_MASK,
  IFLA_BR_HELLO_TIME,
  IFLA_BR_MAX_AGE,
  IFLA_BR_MCAST_HASH_MAX,
  IFLA_BR_MCAST_QUERIER,
  IFLA_BR_MCAST_QUERY_USE_IFADDR,
  IFLA_BR_MCAST_ROUTER,
  IFLA_BR_MULTI_BOOLOPT,
  IFLA_BR_NF_CALL_ARPTABLES,
  IFLA_BR_NF_CALL_IP6TABLES,
  IFLA_BR_NF_CALL_IPTABLES,
  IFLA_BR_PRIORITY,
  IFLA_BR_VLAN_DEFAULT_PVID,
} from "./constants.ts";
import type { AttributeCursor } from "./reader.ts";

/**
 * Settings of bridges and of their ports without a field of their own, by iproute2's names, with the value each starts with
 * (net/bridge/br_device.c, br_if.c). Of a thousand ports hardly one has another: only those that differ are kept, so that
 * nothing is made for the others.
 */
type Row = readonly [type: number, name: string, usual: number];

export const BRIDGE_SETTINGS = byType(
  [IFLA_BR_HELLO_TIME, "hello_time", 200],
  [IFLA_BR_MAX_AGE, "max_age", 2_000],
  [IFLA_BR_PRIORITY, "priority", 0x8000],
  [IFLA_BR_GROUP_FWD_MASK, "group_fwd_mask", 0],
  [IFLA_BR_VLAN_DEFAULT_PVID, "vlan_default_pvid", 1],
  [IFLA_BR_MCAST_ROUTER, "mcast_router", 1],
  [IFLA_BR_MCAST_QUERIER, "mcast_querier", 0],
  [IFLA_BR_MCAST_QUERY_USE_IFADDR, "mcast_query_use_ifaddr", 0],
  [IFLA_BR_MCAST_HASH_MAX, "mcast_hash_max", 4_096],
  [IFLA_BR_NF_CALL_IPTABLES, "nf_call_iptables", 0],
  [IFLA_BR_NF_CALL_IP6TABLES, "nf_call_ip6tables", 0],
  [IFLA_BR_NF_CALL_ARPTABLES, "nf_call_arptables", 0],
  // struct br_boolopt_multi: the values, and which of them are present.
  [IFLA_BR_MULTI_BOOLOPT, "options", 0],
);

/** The cost depends on the speed of the link: 2 for 10 Gbit/s, which virtual links report. */
export const PORT_SETTINGS = byType(
  // Has a field, and is here to be looked at.
  [IFLA_BRPORT_STATE, "state", 0],
  [IFLA_BRPORT_PRIORITY, "priority", 32],
  [IFLA_BRPORT_COST, "cost", 2],
  [IFLA_BRPORT_MODE, "hairpin", 0],
  [IFLA_BRPORT_GUARD, "guard", 0],
  [IFLA_BRPORT_PROTECT, "root_block", 0],
  [IFLA_BRPORT_FAST_LEAVE, "fastleave", 0],
  [IFLA_BRPORT_LEARNING, "learning", 1],
  [IFLA_BRPORT_UNICAST_FLOOD, "flood", 1],
  [IFLA_BRPORT_PROXYARP, "proxy_arp", 0],
  [IFLA_BRPORT_PROXYARP_WIFI, "proxy_arp_wifi", 0],
  [IFLA_BRPORT_MULTICAST_ROUTER, "mcast_router", 1],
  [IFLA_BRPORT_MCAST_FLOOD, "mcast_flood", 1],
  [IFLA_BRPORT_MCAST_TO_UCAST, "mcast_to_unicast", 0],
  [IFLA_BRPORT_VLAN_TUNNEL, "vlan_tunnel", 0],
  [IFLA_BRPORT_BCAST_FLOOD, "bcast_flood", 1],
  [IFLA_BRPORT_GROUP_FWD_MASK, "group_fwd_mask", 0],
  [IFLA_BRPORT_NEIGH_SUPPRESS, "neigh_suppress", 0],
  [IFLA_BRPORT_ISOLATED, "isolated", 0],
  [IFLA_BRPORT_BACKUP_PORT, "backup_port", 0],
  [IFLA_BRPORT_LOCKED, "locked", 0],
);

function byType(...rows: readonly Row[]): readonly (Row | undefined)[] {
  const found = new Map(rows.map((row) => [row[0], row]));
  return Array.from({ length: Math.max(...found.keys()) + 1 }, (_, type) => found.get(type));
}

/** Adds the present attribute to those that differ, if it does. */
export function noteSetting(
  cursor: AttributeCursor,
  settings: readonly (Row | undefined)[],
  known: Map<string, number> | undefined,
): Map<string, number> | undefined {
  const row = settings[cursor.type];
  if (row === undefined) return known;
  const { reader, valueStart, valueEnd } = cursor;
  const size = valueEnd - valueStart;
  const value =
    size >= 4
      ? reader.u32(valueStart)
      : size >= 2
        ? reader.u16(valueStart)
        : size === 1
          ? reader.u8(valueStart)
          : row[2];
  return value === row[2] ? known : (known ?? new Map<string, number>()).set(row[1], value);
}
