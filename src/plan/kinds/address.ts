/** An address that somebody configured. Those of the kernel and of leases come and go without a plan. */

import type { Kind } from "./kind.ts";

export const addressKind: Kind<"address"> = {
  kind: "address",
  list: ({ addresses }) => addresses.filter(({ origin }) => origin === "static"),
  identity: ({ link, address, prefixLength }) => `${link} ${address}/${prefixLength}`,
  difference: () => null,
  needs: ({ link }, namespace) => [{ namespace, link }],
};
