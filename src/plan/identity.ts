/** What makes two objects "the same one, changed" rather than two: the key under which desired and observed are paired. */

import type { Address, Neighbour, NetfilterTable, Route, Rule } from "../model/index.ts";

export function addressId(address: Address): string {
  return `${address.link} ${address.address}/${address.prefixLength}`;
}

/** As the kernel tells routes apart (fib_insert_node, fib6_add): destination, table, metric. */
export function routeId(route: Route): string {
  return `${route.to} table ${route.table} metric ${route.metric}`;
}

export function ruleId(rule: Rule): string {
  const mark = rule.mark ? ` mark ${rule.mark.value}/${rule.mark.mask}` : "";
  const action = rule.action.kind === "table" ? `table ${rule.action.table}` : rule.action.kind;
  return (
    `ipv${rule.family} ${rule.priority}: from ${rule.from ?? "all"} to ${rule.to ?? "all"}` +
    ` iif ${rule.inputLink ?? "any"} oif ${rule.outputLink ?? "any"}${mark} ${action}`
  );
}

export function neighbourId(neighbour: Neighbour): string {
  return `${neighbour.link} ${neighbour.address}`;
}

export function tableId(table: NetfilterTable): string {
  return `${table.family} ${table.name}`;
}
