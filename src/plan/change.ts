/** A plan is data: what would be done to which object, and why. Rendering lives in show/, running it in apply/. */

import type { Address, Family, Link, Neighbour, NetfilterTable, Route, Rule, Service } from "../model/index.ts";

/** The objects a namespace is made of, by kind. */
export interface Objects {
  readonly namespace: { readonly name: string };
  readonly forwarding: { readonly family: Family; readonly enabled: boolean };
  readonly sysctl: { readonly key: string; readonly value: string };
  readonly link: Link;
  readonly address: Address;
  readonly neighbour: Neighbour;
  readonly route: Route;
  readonly rule: Rule;
  /** Netfilter rules: made, replaced and deleted as a whole. */
  readonly table: NetfilterTable;
  /** Run by services/, planned by services.ts. */
  readonly service: Service;
}

/** What a change is about. */
export type ObjectKind = keyof Objects;
/** Those that are kernel objects, planned by kinds/ and carried out by apply/. */
export type KernelKind = Exclude<ObjectKind, "service">;

/** What is done to it. `update` changes an object in place. */
export type Action = "create" | "update" | "delete";

/** A change of an object of kind K. */
interface ChangeOf<K extends ObjectKind> {
  readonly kind: K;
  readonly action: Action;
  readonly namespace: string;
  /** Stable within its namespace and kind: `eth0`, `eth0 10.0.0.1/24`, `0.0.0.0/0 table 254 metric 0`. */
  readonly id: string;
  /** null when it is created. */
  readonly before: Objects[K] | null;
  /** null when it is deleted. */
  readonly after: Objects[K] | null;
  /** Which part differs, or why the object has to come or go. */
  readonly reason: string;
}

/** One step of a plan. `kind` tells the type of `before` and `after`. */
export type Change = { [K in ObjectKind]: ChangeOf<K> }[ObjectKind];
export type { ChangeOf };
