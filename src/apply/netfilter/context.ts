import type { NetfilterSet } from "../../model/index.ts";
import type { NftablesMessage } from "../../netlink/nftables/index.ts";
import type { Place } from "./sets.ts";

/** What the steps of a rule share. */
export interface StepContext {
  readonly place: Place;
  /** Sets without a name, which must be there before the rule. */
  readonly before: NftablesMessage[];
  takeSetId(): number;
  /** A named set of the table. Throws when there is none. */
  set(name: string): NetfilterSet;
  /** NFTA_LOOKUP_SET_ID of a named set, which nft sends beside the name. */
  setId(name: string): { readonly setId: number };
}
