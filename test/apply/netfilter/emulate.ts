// What the kernel does with a batch, as far as names go: sets without one get one, and everything that means them has it.

import type { Expression, NftablesBlock, NftablesMessage } from "../../../src/netlink/nftables/index.ts";
import { decodeNftables, joinBlocks } from "../../../src/netlink/nftables/index.ts";

/** The messages as bytes and back, and their anonymous sets with names. */
export function emulate(blocks: readonly NftablesBlock[]): NftablesMessage[] {
  const { bytes } = joinBlocks(blocks);
  return decodeNftables(bytes).flatMap(({ message }): NftablesMessage[] => {
    if (message.kind === "ack" || message.kind === "done" || message.kind === "batch") return [];
    if (message.kind === "set" && message.name === "__set%d") return [{ ...message, name: `__set${message.id}` }];
    if (message.kind === "elements" && message.set === "__set%d") return [{ ...message, set: `__set${message.setId}` }];
    if (message.kind === "rule") return [{ ...message, expressions: message.expressions!.map(rename) }];
    return [message];
  });
}

function rename(one: Expression): Expression {
  return one.kind === "lookup" && one.set === "__set%d" ? { ...one, set: `__set${one.setId}` } : one;
}
