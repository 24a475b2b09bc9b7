/** A route that somebody configured. Those of the kernel, of leases and of advertisements come and go without a plan. */

import type { NextHop, Route } from "../../model/index.ts";
import type { Kind } from "./kind.ts";
import { field, sentence } from "./sentence.ts";

export const routeKind: Kind<"route"> = {
  kind: "route",
  list: ({ routes }) => routes.filter(({ origin }) => origin === "static"),
  /** As the kernel tells routes apart (fib_insert_node, fib6_add): destination, table, metric. */
  identity: ({ to, table, metric }) => `${to} table ${table} metric ${metric}`,
  difference: (desired, observed) =>
    sentence([
      field("type", desired.type, observed.type),
      field("next hop", nextHopsText(desired), nextHopsText(observed)),
      field("source", desired.source, observed.source),
    ]),
  needs: ({ nextHops }, namespace) => nextHops.flatMap(({ link }) => (link === null ? [] : [{ namespace, link }])),
};

/** Next hops as `ip route` writes them; several are joined by ` | `. */
export function nextHopsText(route: Route): string {
  return route.nextHops.map(hopText).join(" | ");
}

const hopText = (hop: NextHop): string =>
  [
    hop.via ? `via ${hop.via}` : null,
    hop.link ? `dev ${hop.link}` : null,
    hop.weight > 1 ? `weight ${hop.weight}` : null,
  ]
    .filter(Boolean)
    .join(" ");
