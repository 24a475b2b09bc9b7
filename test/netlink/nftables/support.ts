import { readFileSync } from "node:fs";
import { MessageWriter } from "../../../src/netlink/index.ts";
import type { MessageHeader } from "../../../src/netlink/index.ts";
import {
  type DecodedNftables,
  decodeNftables,
  encodeNftables,
  type NftablesMessage,
} from "../../../src/netlink/nftables/index.ts";

export interface Capture {
  readonly name: string;
  /** What the kernel says of it. */
  readonly datagrams: readonly string[];
  /** What nft sent to load it. */
  readonly batch: string;
  /** `nft list ruleset` */
  readonly listing: string;
}

/** See fixtures/capture.py. */
export const captures = (
  JSON.parse(readFileSync(new URL("fixtures/rulesets.json", import.meta.url), "utf8")) as { captures: Capture[] }
).captures;

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

export function isNftables(message: DecodedNftables["message"]): message is NftablesMessage {
  return message.kind !== "ack" && message.kind !== "done";
}

/** Everything the kernel said of a ruleset, decoded. */
export function dumped(name: string): NftablesMessage[] {
  const capture = captures.find((one) => one.name === name);
  if (capture === undefined) throw new Error(`no capture is called ${name}`);
  return capture.datagrams.flatMap((one) =>
    decodeNftables(bytes(one))
      .map(({ message }) => message)
      .filter(isNftables),
  );
}

export function encode(
  message: NftablesMessage,
  header: MessageHeader = { flags: 5, sequence: 7, portId: 9 },
): Uint8Array {
  const writer = new MessageWriter();
  encodeNftables(writer, header, message);
  return writer.bytes();
}
