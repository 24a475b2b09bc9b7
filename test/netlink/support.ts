import { readFileSync } from "node:fs";
import {
  type Decoded,
  decodeMessages,
  encodeMessage,
  type MessageHeader,
  MessageWriter,
  type RouteNetlinkMessage,
} from "../../src/netlink/index.ts";

export interface Reply {
  readonly name: string;
  readonly request: string;
  readonly datagrams: readonly string[];
}

export interface Request {
  readonly command: string;
  readonly hex: string;
}

function load(file: string): unknown {
  const text = readFileSync(new URL(`fixtures/${file}`, import.meta.url), "utf8");
  return (JSON.parse(text) as { captures: unknown }).captures;
}

/** What the kernel said; see fixtures/capture.py. */
export const replies = load("replies.json") as readonly Reply[];
/** What iproute2 says. */
export const requests = load("requests.json") as readonly Request[];

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

export function reply(name: string): Reply {
  const found = replies.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no capture is called ${name}`);
  return found;
}

/** Every message of a capture. */
export const decoded = (name: string): Decoded[] => reply(name).datagrams.flatMap((hex) => decodeMessages(bytes(hex)));

/** The messages of one kind in a capture. */
export function messages<K extends RouteNetlinkMessage["kind"]>(
  name: string,
  kind: K,
): Extract<RouteNetlinkMessage, { kind: K }>[] {
  return decoded(name).flatMap(({ message }) =>
    message.kind === kind ? [message as Extract<RouteNetlinkMessage, { kind: K }>] : [],
  );
}

export const header: MessageHeader = { flags: 5, sequence: 7, portId: 9 };

export function encode(message: RouteNetlinkMessage, as: MessageHeader = header): Uint8Array {
  const writer = new MessageWriter();
  encodeMessage(writer, as, message);
  return writer.bytes();
}

export function isRoute(message: Decoded["message"]): message is RouteNetlinkMessage {
  return message.kind !== "ack" && message.kind !== "done" && message.kind !== "opaque";
}
