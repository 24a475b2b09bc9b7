/** How packets are rejected, in nft's syntax. Pure. */

import {
  DATATYPES as T,
  NFT_REJECT_ICMP_UNREACH,
  NFT_REJECT_ICMPX_UNREACH,
  NFT_REJECT_TCP_RST,
  type RejectExpression,
} from "../../netlink/nftables/index.ts";
import { valueText } from "./values.ts";

/**
 * `tcp reset`, `icmpx port-unreachable`, …; null for an unknown type.
 * @param six For IPv6, as far as is known.
 */
export function rejectText({ type, code = 0 }: RejectExpression, six: boolean): string | null {
  const value = Uint8Array.of(code);
  switch (type) {
    case NFT_REJECT_TCP_RST:
      return "tcp reset";
    case NFT_REJECT_ICMPX_UNREACH:
      return `icmpx ${valueText(T.icmpxCode, value)}`;
    case NFT_REJECT_ICMP_UNREACH:
      return six ? `icmpv6 ${valueText(T.icmpv6Code, value)}` : `icmp ${valueText(T.icmpCode, value)}`;
    default:
      return null;
  }
}
