/** A link. What its kind's table says of its options decides how two differ and whether the kernel can change one. */

import type { Link, LinkRef, LowerLink } from "../../model/index.ts";
import { isFixed, kindOf, lowerOf, optionOf, optionWords, tableOf } from "../../model/index.ts";
import type { Kind, Need } from "./kind.ts";
import { field, sentence } from "./sentence.ts";

export const linkKind: Kind<"link"> = {
  kind: "link",
  list: ({ links }) => links,
  identity: ({ name }) => name,
  difference: (desired, observed, former = observed) =>
    sentence([field("name", desired.name, former.name), ...differences(desired, observed)]),
  mustReplace,
  // The loopback of a namespace cannot be deleted.
  mayStay: ({ kind }) => kind === "loopback",
  needs,
};

function differences(desired: Link, observed: Link): (string | null)[] {
  if (desired.kind === "loopback" && observed.kind === "loopback") return [field("up", desired.up, observed.up)];
  return [
    field("kind", kindOf(desired), kindOf(observed)),
    desired.kind === observed.kind ? field("peer", refText(peerOf(desired)), refText(peerOf(observed))) : null,
    field("up", desired.up, observed.up),
    field("mtu", desired.mtu, observed.mtu),
    field("mac", desired.mac, observed.mac),
    field("master", desired.master, observed.master),
    field("altnames", desired.altnames.join(" "), observed.altnames.join(" ")),
    ...optionDifferences(desired, observed),
  ];
}

/** Of its table. */
function optionDifferences(desired: Link, observed: Link): (string | null)[] {
  const table = tableOf(desired.kind);
  if (table === null || desired.kind !== observed.kind) return [];
  const lower = table.lower === undefined ? [] : [field("on", refText(lowerOf(desired)), refText(lowerOf(observed)))];
  const options = Object.keys(table.options).map((name) =>
    field(optionWords(name), optionOf(desired, name), optionOf(observed, name)),
  );
  return [...lower, ...options];
}

/** Kind and peer of a link are fixed when it is made; of the rest its table says what is. */
function mustReplace(desired: Link, observed: Link): boolean {
  if (kindOf(desired) !== kindOf(observed) || refText(peerOf(desired)) !== refText(peerOf(observed))) return true;
  const table = tableOf(desired.kind);
  if (table === null) return false;
  if (isLowerFixed(table.lower?.fixed, lowerOf(observed), lowerOf(desired))) return true;
  return Object.entries(table.options).some(([name, option]) =>
    isFixed(option, optionOf(observed, name), optionOf(desired, name)),
  );
}

function isLowerFixed(fixed: LowerLink["fixed"], from: LinkRef | null, to: LinkRef | null): boolean {
  if (fixed === undefined || refText(from) === refText(to)) return false;
  return fixed === true || to === null;
}

/** Its master and its lower link; and where the other end of a cable is to be, a namespace. */
function needs(link: Link, namespace: string): readonly Need[] {
  const [peer, lower] = [peerOf(link), lowerOf(link)];
  return [
    ...(link.master === null ? [] : [{ namespace, link: link.master }]),
    ...(lower === null ? [] : [lower]),
    ...(peer === null ? [] : [{ namespace: peer.namespace, link: null }]),
  ];
}

const peerOf = (link: Link): LinkRef | null => (link.kind === "veth" ? link.peer : null);
const refText = (ref: LinkRef | null): string | null => (ref ? `${ref.namespace}:${ref.link}` : null);
