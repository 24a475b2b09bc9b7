/** What a plan has to know about a kind of object. One file per kind says it; plan.ts and apply/ do the rest. */

import type { LinkRef, Namespace } from "../../model/index.ts";
import type { KernelKind, Objects } from "../change.ts";

/** Something that must exist before an object can be made: a namespace, or (with `link`) a link in it. */
export type Need = { readonly namespace: string; readonly link: null } | LinkRef;

export interface Kind<K extends KernelKind> {
  readonly kind: K;

  /** The objects of a namespace that a plan is about. */
  list(namespace: Namespace): readonly Objects[K][];

  /** Two objects of one namespace with the same identity are the same object, perhaps changed. */
  identity(object: Objects[K]): string;

  /**
   * How the observed object differs from the desired one of the same identity, as a sentence; null if it does not. `former`
   * is the observed object under the name that it still has, where a plan gives it another.
   */
  difference(desired: Objects[K], observed: Objects[K], former?: Objects[K]): string | null;

  /** The difference takes a new object: the kernel cannot change the one that exists. Default: it can. */
  mustReplace?(desired: Objects[K], observed: Objects[K]): boolean;

  /** An object that is observed and not desired is left alone. Default: it is deleted. */
  mayStay?(observed: Objects[K]): boolean;

  /** What must exist before the object can be made, beside its own namespace. Default: nothing. */
  needs?(object: Objects[K], namespace: string): readonly Need[];
}
