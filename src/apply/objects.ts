/** Objects of a namespace that are on its links: made, changed and deleted by one request each. */

import type { Namespace } from "../model/index.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, type RouteNetlinkMessage } from "../netlink/index.ts";
import { type Change, type ChangeOf, type ObjectKind, type Objects, rankOf } from "../plan/index.ts";
import { encodeAddress, encodeNeighbour, encodeRoute, encodeRule, type IndexOf, type Request } from "../rtnl/index.ts";
import type { LinkIndexes } from "./indexes.ts";
import type { Sender } from "./sender.ts";

const CREATE = NLM_F_CREATE | NLM_F_EXCL;
const SET = NLM_F_CREATE | NLM_F_REPLACE;

type Encode<K extends ObjectKind> = (object: Objects[K], indexOf: IndexOf, command: Request) => RouteNetlinkMessage;

/** One line for each kind that is sent in this way. */
const ENCODE = {
  address: encodeAddress,
  neighbour: encodeNeighbour,
  route: encodeRoute,
  rule: (rule, _, command) => encodeRule(rule, command),
} satisfies { readonly [K in ObjectKind]?: Encode<K> };

type Kind = keyof typeof ENCODE;
type OnLinks = ChangeOf<Kind>;

const isOnLinks = (change: Change): change is Extract<Change, { kind: Kind }> => Object.hasOwn(ENCODE, change.kind);

/** What goes first, then what comes; both in the order of the plan. */
export function changeObjects(changes: readonly Change[], isNew: boolean, indexOf: IndexOf, sender: Sender): void {
  const objects = changes.filter(isOnLinks) as OnLinks[];
  for (const change of objects) {
    if (change.after !== null) continue;
    sender.remove(encode(change, change.before!, indexOf, "delete"), `delete ${change.kind} ${change.id}`);
  }
  for (const change of directFirst(objects.filter(({ after }) => after !== null))) {
    const verb = change.action === "update" ? "set" : "add";
    const flags = change.action === "create" && mustBeNew(change, isNew) ? CREATE : SET;
    sender.add(encode(change, change.after!, indexOf, "new"), flags, `${verb} ${change.kind} ${change.id}`);
  }
}

function encode(change: OnLinks, object: Objects[Kind], indexOf: IndexOf, command: Request): RouteNetlinkMessage {
  return (ENCODE[change.kind] as Encode<Kind>)(object, indexOf, command);
}

/**
 * Whether one that exists already is an error. The kernel learns neighbours by itself; in a namespace that is in use it drops
 * routes along with others, and they may have been put back.
 */
function mustBeNew({ kind }: OnLinks, isNew: boolean): boolean {
  return kind === "route" ? isNew : kind !== "neighbour";
}

/** The link of a gateway must be known when a route through it is added: routes without one come first. */
function directFirst(changes: readonly OnLinks[]): readonly OnLinks[] {
  const isIndirect = ({ kind, after }: OnLinks): boolean =>
    kind === "route" && (after as Objects["route"]).nextHops.some(({ via }) => via !== null);
  if (!changes.some(isIndirect)) return changes;
  const isLater = ({ kind }: OnLinks): boolean => rankOf(kind) > rankOf("route");
  return [
    ...changes.filter((change) => !isIndirect(change) && !isLater(change)),
    ...changes.filter(isIndirect),
    ...changes.filter(isLater),
  ];
}

/**
 * The kernel drops the routes that leave by an address or a link that goes, also those that should stay. Those that cannot be
 * added yet, since a link or gateway is missing, are added later or found missing at the end.
 */
export function restoreRoutes(desired: Namespace, indexes: LinkIndexes, sender: Sender): void {
  const indexOf: IndexOf = (link) => indexes.of(desired.name, link);
  for (const route of desired.routes) {
    // Connected routes are the kernel's: added as ours, they would be found surplus, and deleted.
    if (route.origin !== "static") continue;
    const known = route.nextHops.every(({ link }) => link !== null && indexes.knows(desired.name, link));
    if (known) sender.attempt(encodeRoute(route, indexOf), SET, `keep route ${route.to}`);
  }
}
