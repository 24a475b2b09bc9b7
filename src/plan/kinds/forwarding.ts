/** Whether a namespace forwards packets of a family. Every namespace has both settings, so they are only ever changed. */

import type { Kind } from "./kind.ts";

export const forwardingKind: Kind<"forwarding"> = {
  kind: "forwarding",
  list: ({ forwarding }) => [
    { family: 4, enabled: forwarding.ipv4 },
    { family: 6, enabled: forwarding.ipv6 },
  ],
  identity: ({ family }) => `ipv${family}`,
  difference: (desired, observed) =>
    desired.enabled === observed.enabled
      ? null
      : `forwarding of ipv${observed.family} is ${observed.enabled ? "on" : "off"}`,
};
