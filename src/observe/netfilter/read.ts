/** Reads the tables of one namespace from the kernel. */

import type { NetfilterTable } from "../../model/index.ts";
import { type EncodedBatch, ERRNO, KernelError, NetlinkSocket, within } from "../../kernel/index.ts";
import { MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../netlink/index.ts";
import {
  collectRuleset,
  decodeNftables,
  encodeNftables,
  NETLINK_NETFILTER,
  NFT_SET_EVAL,
  NFT_SET_TIMEOUT,
  type NftablesMessage,
  type SetElement,
} from "../../netlink/nftables/index.ts";
import { decompileRuleset } from "./decompile.ts";

/** The kernel's errors if it has no nf_tables, or we lack permission: there are no rules to report in that case. */
const NOT_THERE: ReadonlySet<string> = new Set(["EPROTONOSUPPORT", "EAFNOSUPPORT", "EINVAL", "EOPNOTSUPP", "EPERM"]);

// The same for every namespace, of which there may be a thousand: encoded once.
const questions = new Map<string, EncodedBatch>();

function question(kind: "table" | "chain" | "set" | "rule"): EncodedBatch {
  let found = questions.get(kind);
  if (found === undefined) questions.set(kind, (found = encode({ kind, command: "get", family: 0 })));
  return found;
}

function encode(message: NftablesMessage): EncodedBatch {
  const writer = new MessageWriter(128);
  encodeNftables(writer, { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 }, message);
  return { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "read netfilter rules" };
}

/** All tables of the namespace, including those of other programs. One request if there are none. */
export function readTables(namespace: number, name: string): NetfilterTable[] {
  return within(namespace, () => {
    using socket = netfilterSocket(name);
    return socket === null ? [] : tablesOf(socket);
  });
}

/** For the namespace that this thread is in; null if there is no netfilter. */
export function netfilterSocket(name: string): NetlinkSocket | null {
  let socket: NetlinkSocket | null = null;
  askOrNothing(() => {
    socket = NetlinkSocket.open({ name, protocol: NETLINK_NETFILTER, asks: true });
    return [];
  });
  return socket;
}

/** Whether there are any. */
export function hasTables(socket: NetlinkSocket): boolean {
  return askOrNothing(() => socket.dumpDatagrams(question("table"))).length > 0;
}

/** All tables of the socket's namespace. */
export function tablesOf(socket: NetlinkSocket): NetfilterTable[] {
  const ask = (batch: EncodedBatch): NftablesMessage[] =>
    socket
      .dumpDatagrams(batch)
      .flatMap((piece) =>
        decodeNftables(piece).flatMap(({ message }) =>
          message.kind === "ack" || message.kind === "done" ? [] : [message],
        ),
      );
  const tables = askOrNothing(() => ask(question("table")));
  if (tables.length === 0) return [];
  const messages = [...tables, ...(["chain", "set", "rule"] as const).flatMap((kind) => ask(question(kind)))];
  const elements = messages.flatMap((one) => {
    if (one.kind !== "set" || one.table === undefined || one.name === undefined) return [];
    const { family, table, name } = one;
    const question = encode({ kind: "elements", command: "get", family, table, set: name });
    // Sets that packets add to change all the time.
    return (one.flags ?? 0) & (NFT_SET_EVAL | NFT_SET_TIMEOUT)
      ? ask(question)
      : readConsistently(name, () => ask(question));
  });
  return decompileRuleset(collectRuleset([...messages, ...elements]));
}

/** How many times a set is read until the dump is consistent, and the delay between in milliseconds. */
const ATTEMPTS = 50;
const PAUSE = 2;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * The elements of a set. The kernel resizes a growing set in the background, and meanwhile a dump may silently report some
 * elements twice and omit as many others: it is repeated until there are no duplicates.
 */
function readConsistently(name: string, ask: () => NftablesMessage[]): NftablesMessage[] {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const messages = ask();
    const keys = messages
      .flatMap((message) => (message.kind === "elements" ? (message.elements ?? []) : []))
      .map(keyOf);
    if (new Set(keys).size === keys.length) return messages;
    Atomics.wait(pause, 0, 0, PAUSE);
  }
  throw new KernelError(`read the elements of ${name}`, ERRNO.EINTR, {
    code: "kernel.netlink",
    cause: `some came twice, in ${ATTEMPTS} attempts`,
  });
}

/** The end of a range may equal the beginning of another. */
function keyOf({ key, keyEnd, flags = 0 }: SetElement): string {
  return `${flags} ${key?.value?.join() ?? ""} ${keyEnd?.value?.join() ?? ""}`;
}

function askOrNothing<T>(ask: () => T[]): T[] {
  try {
    return ask();
  } catch (error) {
    if (error instanceof KernelError && NOT_THERE.has(error.errnoName)) return [];
    throw error;
  }
}
