import { describe, expect, test } from "vitest";
import { MessageWriter } from "../../../src/netlink/index.ts";
import { decodeNftables, encodeNftables, type Expression } from "../../../src/netlink/nftables/index.ts";
import { bytes, captures, hex, isNftables } from "./support.ts";

/** Encodes again what was decoded; acknowledgements and ends of dumps stay as they came. */
function again(datagram: Uint8Array): Uint8Array {
  const writer = new MessageWriter();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { header, message } of decodeNftables(datagram)) {
    const length = new DataView(datagram.buffer, datagram.byteOffset + at).getUint32(0, true);
    if (isNftables(message)) {
      writer.reset();
      encodeNftables(writer, header, message);
      parts.push(writer.bytes().slice());
    } else {
      parts.push(datagram.slice(at, at + length));
    }
    at += (length + 3) & ~3;
  }
  return Buffer.concat(parts);
}

test.each(captures)("$name: what the kernel dumped comes out byte by byte", ({ datagrams }) => {
  for (const datagram of datagrams) expect(hex(again(bytes(datagram)))).toBe(datagram);
});

// nft sets NLA_F_NESTED and numbers a set's elements, which the kernel neither does nor asks for: the bytes differ, the
// meaning may not.
test.each(captures)("$name: what nft sent is the same again, once encoded our way", ({ batch }) => {
  const once = again(bytes(batch));
  expect(hex(again(once))).toBe(hex(once));
  const first = decodeNftables(bytes(batch)).map(({ message }) => message);
  expect(decodeNftables(once).map(({ message }) => message)).toEqual(first);
  expect(first[0]).toMatchObject({ kind: "batch", command: "begin", resourceId: 10 });
  expect(first.at(-1)).toMatchObject({ kind: "batch", command: "end", resourceId: 10 });
});

describe("nothing of the captures is unknown", () => {
  /** Paths to everything that has no field. */
  function* unknown(value: unknown, path = ""): Generator<string> {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return;
    for (const [key, part] of Object.entries(value)) {
      if (key === "unknown") yield path;
      else yield* unknown(part, Array.isArray(value) ? `${path}[]` : `${path}/${key}`);
    }
  }
  test.each(captures)("$name", ({ datagrams, batch }) => {
    const decoded = [...datagrams, batch].flatMap((one) => decodeNftables(bytes(one)));
    const found = decoded.flatMap(({ message }) => [...unknown(message, message.kind)]);
    expect([...new Set(found)]).toEqual([]);
  });
});

test("expressions without a decoder are kept", () => {
  const opaque = captures.flatMap(({ datagrams }) =>
    datagrams
      .flatMap((one) => decodeNftables(bytes(one)))
      .flatMap(({ message }) => (message.kind === "rule" ? (message.expressions ?? []) : []))
      .flatMap((one: Expression) => (one.kind === "opaque" ? [one.name] : [])),
  );
  expect([...new Set(opaque)].sort()).toEqual(["connlimit", "numgen", "objref", "quota", "socket"]);
});
