/**
 * What rules have learned outlives a change of others: elements of sets that rules fill (the mappings of a NAT that keeps
 * books, say) are read before a table is replaced, and go into the new one with the time that they have left. Only where the
 * set, and every rule that fills it, is the same as before: then what was learned still holds, whoever asks. What rules learn
 * between the reading and the change, a millisecond or so, is forgotten.
 */

import type { NetfilterSet, NetfilterTable } from "../../model/index.ts";
import { canonicalTable, stableJson } from "../../model/index.ts";
import type { NetlinkSocket } from "../../kernel/index.ts";
import { MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../netlink/index.ts";
import { decodeNftables, encodeNftables, type SetElement, splitElements } from "../../netlink/nftables/index.ts";
import { FAMILIES } from "./compile.ts";
import { type Block, blockOf } from "./library.ts";

/** What puts the elements into the new table. */
export function keptElements(socket: NetlinkSocket, before: NetfilterTable, after: NetfilterTable): Block[] {
  const [old, wanted] = [before, after].map(canonicalTable);
  return wanted!.sets.flatMap((set) => {
    const same = old!.sets.find(({ name }) => name === set.name);
    if (!set.dynamic || same === undefined || booksOf(set, wanted!) !== booksOf(same, old!)) return [];
    const elements = learned(socket, before, set.name).map((element) => withRoom(element, set));
    if (elements.length === 0) return [];
    const base = { kind: "elements", command: "new", family: FAMILIES[after.family], table: after.name } as const;
    const operation = `keep elements of set ${set.name} of table ${after.family} ${after.name}`;
    const messages = splitElements({ ...base, set: set.name, elements });
    return [blockOf(messages.map((message) => [{ message, operation }]))];
  });
}

/**
 * A rule that renews an element for longer than it was made for moves its end, not its time; but the kernel takes no element
 * that has more time left than it has in all.
 */
function withRoom(element: SetElement, set: NetfilterSet): SetElement {
  const { expiration = 0n, timeout = BigInt(set.timeout ?? 0) * 1000n } = element;
  return expiration > timeout ? { ...element, timeout: expiration } : element;
}

/** A set with all rules that fill it. */
function booksOf(set: NetfilterSet, { chains }: NetfilterTable): string {
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
