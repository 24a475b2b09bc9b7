// What kernel tests of nf_tables and conntrack share: sending batches, dumping, real packets.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { EncodedBatch, NetlinkFailure } from "../../../src/kernel/index.ts";
import { NetlinkSocket, spawnIn, spawnSyncIn, within } from "../../../src/kernel/index.ts";
import { commitRuleset } from "../../../src/kernel/nftables.ts";
import { MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../../src/netlink/index.ts";
import {
  decodeNftables,
  encodeNftables,
  encodeNftablesBatch,
  NETLINK_NETFILTER,
  type NftablesChange,
  type NftablesMessage,
} from "../../../src/netlink/nftables/index.ts";
import { has } from "../../support/witnesses.ts";
import { isNftables } from "./support.ts";

export const hasNft = has("nft");

export function netfilter(namespace: number): NetlinkSocket {
  return NetlinkSocket.open({ namespace, protocol: NETLINK_NETFILTER });
}

/** Sends one batch; what the kernel refused. */
export function change(namespace: number, changes: readonly NftablesChange[]): readonly NetlinkFailure[] {
  using socket = netfilter(namespace);
  return commitRuleset(socket, encodeNftablesBatch(changes));
}

/** The same, and it must be taken. */
export function load(namespace: number, messages: readonly NftablesMessage[]): void {
  const failures = change(
    namespace,
    messages.map((message) => ({ message })),
  );
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
}

/** A question as a batch of one. */
export function question(write: (writer: MessageWriter) => void): EncodedBatch {
  const writer = new MessageWriter();
  write(writer);
  return { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "ask netfilter" };
}

export const dumpHeader = { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 };

export function ask(socket: NetlinkSocket, message: NftablesMessage, header = dumpHeader): NftablesMessage[] {
  return socket
    .dumpDatagrams(question((writer) => encodeNftables(writer, header, message)))
    .flatMap((datagram) => decodeNftables(datagram).map((one) => one.message))
    .filter(isNftables);
}

/** Everything in a namespace's ruleset. */
export function dump(namespace: number): NftablesMessage[] {
  using socket = netfilter(namespace);
  const kinds = ["table", "chain", "set", "rule"] as const;
  const messages = kinds.flatMap((kind) => ask(socket, { kind, command: "get", family: 0 }));
  const elements = messages.flatMap((one) =>
    one.kind === "set"
      ? ask(socket, { kind: "elements", command: "get", family: one.family, table: one.table!, set: one.name! })
      : [],
  );
  return [...messages, ...elements];
}

/** nft's own view, the independent witness. */
export function nft(namespace: number, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSyncIn(namespace, "nft", args);
  if (status !== 0) throw new Error(`nft ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A TCP server that says who it thinks the client is. */
export async function whoAmI(namespace: number, port: number): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.end((socket.remoteAddress ?? "").replace("::ffff:", "")));
  // Without an address: then Node makes the socket at once, while the thread is there.
  within(namespace, () => server.listen(port));
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

const CLIENT = `
const [host, port, patience] = process.argv.slice(1);
const socket = require("node:net").connect({ host, port: Number(port) });
socket.setTimeout(Number(patience), () => socket.destroy(Object.assign(new Error(), { code: "silence" })));
socket.on("error", (error) => console.log(error.code));
socket.pipe(process.stdout);
`;

/**
 * What the server at an address says; the error's code, or "silence" when nothing comes for `patience` milliseconds. In a
 * process of its own, since net.connect makes its socket only after the thread has left the namespace.
 */
export async function said(namespace: number, host: string, port: number, patience = 10_000): Promise<string> {
  const child = spawnIn(namespace, process.execPath, ["-e", CLIENT, host, String(port), String(patience)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout!.on("data", (part: Buffer) => (text += part.toString()));
  await once(child, "close");
  return text.trim();
}

/** Sends a datagram from a port and forgets it. */
export async function datagram(namespace: number, from: number, host: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  within(namespace, () => socket.bind(from));
  await once(socket, "listening");
  await new Promise<void>((resolve, reject) =>
    socket.send("x", port, host, (error) => (error ? reject(error) : resolve())),
  );
  await new Promise<void>((resolve) => socket.close(resolve));
}
