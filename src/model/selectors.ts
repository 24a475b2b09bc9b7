/** What a policy rule selects, in `ip rule`'s words. */

import type { Rule } from "./types.ts";

/** `from 10.0.0.0/8 iif eth0 mark 0x1/0xff`; `from all` if it has no source. */
export function selectorText({ from, to, inputLink, outputLink, mark }: Rule): string {
  const words = [
    `from ${from ?? "all"}`,
    ...(to === null ? [] : [`to ${to}`]),
    ...(inputLink === null ? [] : [`iif ${inputLink}`]),
    ...(outputLink === null ? [] : [`oif ${outputLink}`]),
    ...(mark === null
      ? []
      : [`mark 0x${mark.value.toString(16)}${mark.mask === 0xffffffff ? "" : `/0x${mark.mask.toString(16)}`}`]),
  ];
  return words.join(" ");
}
