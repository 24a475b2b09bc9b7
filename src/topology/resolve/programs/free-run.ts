/** The addresses a DHCP server hands out by default. */

import { firstHost, lastHost, rangeOf } from "../../../model/index.ts";
import type { Prefix } from "../../../model/index.ts";
import type { AddressRange, HostAddress } from "../network.ts";

/**
 * The longest run in the upper half of the subnet without any of `taken`, the first of equals; null when there is none.
 * The lower half is left to addresses that are picked: those begin at the bottom.
 */
export function longestFreeRun(subnet: Prefix, taken: readonly HostAddress[]): AddressRange | null {
  const { first, last } = rangeOf(subnet);
  const middle = first + (last - first + 1n) / 2n;
  const end = lastHost(subnet);
  const blocked = taken
    .filter(({ family, value }) => family === subnet.family && value >= middle && value <= end)
    .map(({ value }) => value)
    .sort((a, b) => (a < b ? -1 : 1));
  let best: AddressRange | null = null;
  let start = middle > firstHost(subnet) ? middle : firstHost(subnet);
  for (const stop of [...blocked, end + 1n]) {
    if (stop > start && (best === null || stop - start > best.last - best.first + 1n))
      best = { first: start, last: stop - 1n, subnet };
    start = stop + 1n;
  }
  return best;
}
