/** What routes say beyond what a model has fields for: by what else they select, and what they set of connections. Pure. */

import type { RouteNote } from "../../model/index.ts";
import { bytesToAddress } from "../../model/index.ts";
import { RTAX_ADVMSS, RTAX_HOPLIMIT, RTAX_INITCWND, RTAX_INITRWND, RTAX_MTU, RTAX_QUICKACK, RTAX_RTO_MIN, RTAX_WINDOW, type RouteMessage } from "../../netlink/index.ts"; // prettier-ignore
import { toRoute } from "../convert.ts";

const METRICS: readonly (readonly [number, string])[] = [
  [RTAX_MTU, "mtu"],
  [RTAX_ADVMSS, "advmss"],
  [RTAX_WINDOW, "window"],
  [RTAX_HOPLIMIT, "hoplimit"],
  [RTAX_INITCWND, "initcwnd"],
  [RTAX_INITRWND, "initrwnd"],
  [RTAX_QUICKACK, "quickack"],
  [RTAX_RTO_MIN, "rto_min"],
];
/** RFC 4191: two bits, of which 2 is not used. */
const PREFERENCES: ReadonlyMap<number, string> = new Map([[1, "preferred"], [3, "least preferred"]]); // prettier-ignore

/** Null for a route of which there is no more to say, or that nobody has set. */
export function toRouteNote(message: RouteMessage): RouteNote | null {
  const { tos, source, sourceLength = 0, metrics, preference = 0 } = message;
  if (!tos && source === undefined && metrics === undefined && preference === 0) return null;
  const route = toRoute(message, () => null);
  if (route === null || route.origin !== "static") return null;
  const preferred = PREFERENCES.get(preference);
  const about = [
    ...(source === undefined ? [] : [`from ${bytesToAddress(source)}/${sourceLength}`]),
    ...(tos ? [`tos 0x${tos.toString(16)}`] : []),
    ...METRICS.flatMap(([key, name]) => (metrics?.get(key) === undefined ? [] : [`${name} ${metrics.get(key)}`])),
    ...(preferred === undefined ? [] : [preferred]),
  ];
  const { family, to, table, metric } = route;
  return about.length === 0 ? null : { family, to, table, metric, about: about.join(", ") };
}
