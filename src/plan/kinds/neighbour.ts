/** A neighbour whose hardware address is configured. */

import type { Kind } from "./kind.ts";

export const neighbourKind: Kind<"neighbour"> = {
  kind: "neighbour",
  list: ({ neighbours }) => neighbours,
  identity: ({ link, address }) => `${link} ${address}`,
  difference: (desired, observed) => (desired.mac === observed.mac ? null : `mac is ${observed.mac}`),
  needs: ({ link }, namespace) => [{ namespace, link }],
};
