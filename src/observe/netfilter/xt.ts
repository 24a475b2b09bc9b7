/** What iptables-nft hands to its own matches and targets. Pure. */

import type { NetfilterStep } from "../../model/index.ts";
import type { OpaqueExpression } from "../../netlink/nftables/index.ts";
import type { Headers } from "./registers.ts";

/** null when a model has no words for it. */
export function xtStep(_one: OpaqueExpression, _headers: Headers): NetfilterStep | null {
  return null;
}
