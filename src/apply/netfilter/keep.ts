/**
 * Preserves what rules have learned when other rules change: elements of sets that rules fill (such as the mappings of a stateful
 * NAT) are read before a table is replaced, and added to the new one with their remaining time. This happens only if the set and
 * every rule that fills it are unchanged: then the elements are still valid. What rules learn between the reading and the change,
 * a millisecond or so, is lost.
 */

import type { NetfilterSet, NetfilterTable } from "../../model/index.ts";
import { canonicalTable, stableJson } from "../../model/index.ts";
import type { NetlinkSocket } from "../../kernel/index.ts";
import { MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../netlink/index.ts";
import { decodeNftables, encodeNftables, type SetElement, splitElements } from "../../netlink/nftables/index.ts";
import { FAMILIES } from "./compile.ts";
import { type Block, blockOf } from "./library.ts";

/** The blocks that add the elements to the new table. */
export function keptElements(socket: NetlinkSocket, before: NetfilterTable, after: NetfilterTable): Block[] {
  const [old, wanted] = [before, after].map(canonicalTable);
  return wanted!.sets.flatMap((set) => {
    const same = old!.sets.find(({ name }) => name === set.name);
    if (!set.dynamic || same === undefined || setWithWriters(set, wanted!) !== setWithWriters(same, old!)) return [];
    const elements = learned(socket, before, set.name).map((element) => withTimeLeft(element, set));
    if (elements.length === 0) return [];
    const base = { kind: "elements", command: "new", family: FAMILIES[after.family], table: after.name } as const;
    const operation = `keep elements of set ${set.name} of table ${after.family} ${after.name}`;
    const messages = splitElements({ ...base, set: set.name, elements });
    return [blockOf(messages.map((message) => [{ message, operation }]))];
  });
}

/**
 * A rule that renews an element for longer than its timeout moves its expiration, not its timeout; but the kernel rejects an
 * element whose remaining time exceeds its timeout.
 */
function withTimeLeft(element: SetElement, set: NetfilterSet): SetElement {
  const { expiration = 0n, timeout = BigInt(set.timeout ?? 0) * 1000n } = element;
  return expiration > timeout ? { ...element, timeout: expiration } : element;
}

/** A set with all rules that fill it, for comparison. */
function setWithWriters(set: NetfilterSet, { chains }: NetfilterTable): string {
  const rules = chains.map(({ name, rules }) => [
    name,
    rules
      .filter(({ steps }) => steps.some((step) => step.kind === "update" && step.set === set.name))
      .map(({ steps }) => steps),
  ]);
  return stableJson([set, rules.filter(([, own]) => own!.length > 0)]);
}

function learned(socket: NetlinkSocket, { family, name }: NetfilterTable, set: string): SetElement[] {
  const writer = new MessageWriter(128);
  const header = { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 };
  const message = { kind: "elements", command: "get", family: FAMILIES[family], table: name, set } as const;
  encodeNftables(writer, header, message);
  const operation = (): string => `read the elements of set ${set}`;
  return socket
    .dumpDatagrams({ bytes: writer.bytes(), starts: [0], firstSequence: 1, operation })
    .flatMap((datagram) => decodeNftables(datagram))
    .flatMap(({ message: answer }) => (answer.kind === "elements" ? (answer.elements ?? []) : []));
}
