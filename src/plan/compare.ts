/** Field by field: how an object that both models have differs, as a sentence. null when it does not. */

import type { Link, LinkRef, NextHop, Route } from "../model/index.ts";

function sentence(parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part): part is string => part !== null);
  return said.length === 0 ? null : said.join(", ");
}

type Value = string | number | boolean | null;

function field(name: string, desired: Value, observed: Value): string | null {
  return desired === observed ? null : `${name} is ${show(observed)}, should be ${show(desired)}`;
}

function show(value: Value): string {
  return value === null || value === "" ? "none" : String(value);
}

const peerText = (peer: LinkRef | null): string | null => (peer ? `${peer.namespace}:${peer.link}` : null);

/** Both must have the same name. A difference of kind or peer cannot be mended in place: see `mustReplace`. */
export function linkDifference(desired: Link, observed: Link): string | null {
  if (desired.kind === "loopback" && observed.kind === "loopback") return field("up", desired.up, observed.up);
  return sentence([
    field("kind", kindText(desired), kindText(observed)),
    desired.kind === "veth" && observed.kind === "veth"
      ? field("peer", peerText(desired.peer), peerText(observed.peer))
      : null,
    field("up", desired.up, observed.up),
    field("mtu", desired.mtu, observed.mtu),
    field("mac", desired.mac, observed.mac),
    field("master", desired.master, observed.master),
    field("altnames", desired.altnames.join(" "), observed.altnames.join(" ")),
    desired.kind === "bridge" && observed.kind === "bridge"
      ? sentence([
          field("stp", desired.stp, observed.stp),
          field("multicast snooping", desired.multicastSnooping, observed.multicastSnooping),
        ])
      : null,
  ]);
}

/** Kind and peer are fixed when a link is born; such a difference means delete and create. */
export function mustReplace(desired: Link, observed: Link): boolean {
  if (kindText(desired) !== kindText(observed)) return true;
  return desired.kind === "veth" && observed.kind === "veth" && peerText(desired.peer) !== peerText(observed.peer);
}

function kindText(link: Link): string {
  return link.kind === "other" ? link.type : link.kind;
}

const hopText = (hop: NextHop): string =>
  [
    hop.via ? `via ${hop.via}` : null,
    hop.link ? `dev ${hop.link}` : null,
    hop.weight > 1 ? `weight ${hop.weight}` : null,
  ]
    .filter(Boolean)
    .join(" ");

/** Next hops as `ip route` writes them; multipath joined by ` | `. */
export function nextHopsText(route: Route): string {
  return route.nextHops.map(hopText).join(" | ");
}

export function routeDifference(desired: Route, observed: Route): string | null {
  return sentence([
    field("type", desired.type, observed.type),
    field("next hop", nextHopsText(desired), nextHopsText(observed)),
    field("source", desired.source, observed.source),
  ]);
}
