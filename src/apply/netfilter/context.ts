import type { NetfilterSet } from "../../model/index.ts";
import type { NftablesMessage } from "../../netlink/nftables/index.ts";
import type { Place } from "./sets.ts";

/** State shared by the steps of a rule. */
export interface StepContext {
  readonly place: Place;
  /** Anonymous sets, which must exist before the rule. */
  readonly before: NftablesMessage[];
  takeSetId(): number;
  /** A named set of the table. Throws if there is none. */
  set(name: string): NetfilterSet;
  /** NFTA_LOOKUP_SET_ID of a named set, which nft sends in addition to the name. */
  setId(name: string): { readonly setId: number };
}
