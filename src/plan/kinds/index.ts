/** The kinds of objects that a plan is about. */

import type { KernelKind, Objects } from "../change.ts";
import { addressKind } from "./address.ts";
import { forwardingKind } from "./forwarding.ts";
import type { Kind, Need } from "./kind.ts";
import { linkKind } from "./link.ts";
import { namespaceKind } from "./namespace.ts";
import { neighbourKind } from "./neighbour.ts";
import { routeKind } from "./route.ts";
import { ruleKind } from "./rule.ts";
import { sysctlKind } from "./sysctl.ts";
import { tableKind } from "./table.ts";

/** Their rank: within a namespace objects are made in this order, and deleted in the opposite one. */
export const KINDS: readonly Kind<KernelKind>[] = [
  namespaceKind,
  forwardingKind,
  linkKind,
  sysctlKind,
  addressKind,
  neighbourKind,
  routeKind,
  ruleKind,
  tableKind,
];

const BY_NAME = new Map<string, Kind<KernelKind>>(KINDS.map((kind) => [kind.kind, kind]));
const RANKS = new Map<string, number>(KINDS.map(({ kind }, rank) => [kind, rank]));

export function rankOf(kind: KernelKind): number {
  return RANKS.get(kind)!;
}

/** What must exist before an object can be made, beside its own namespace. */
export function needsOf<K extends KernelKind>(kind: K, object: Objects[K], namespace: string): readonly Need[] {
  return BY_NAME.get(kind)!.needs?.(object, namespace) ?? [];
}
