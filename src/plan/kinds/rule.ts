/** A policy rule. All of it is its identity. It names links that need not exist. */

import type { Kind } from "./kind.ts";

export const ruleKind: Kind<"rule"> = {
  kind: "rule",
  list: ({ rules }) => rules,
  identity: ({ family, priority, from, to, inputLink, outputLink, mark, action }) => {
    const marked = mark ? ` mark ${mark.value}/${mark.mask}` : "";
    const then = action.kind === "table" ? `table ${action.table}` : action.kind;
    return (
      `ipv${family} ${priority}: from ${from ?? "all"} to ${to ?? "all"}` +
      ` iif ${inputLink ?? "any"} oif ${outputLink ?? "any"}${marked} ${then}`
    );
  },
  difference: () => null,
};
