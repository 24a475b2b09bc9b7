import { expect, it } from "vitest";
import { decodeMessages, encodeMessage, MessageWriter } from "../../src/netlink/index.ts";

it("keeps what is written while the buffer grows, wherever it runs out", () => {
  // From every starting capacity the buffer is replaced in the middle of another attribute.
  for (let capacity = 16; capacity < 600; capacity += 4) {
    const writer = new MessageWriter(capacity);
    const message = {
      kind: "link",
      command: "new",
      index: 7,
      name: "eth0",
      address: Uint8Array.of(2, 0, 0, 0, 0, 1),
      alias: "größer",
      info: { kind: "veth", peer: { index: 8, name: "p", address: Uint8Array.of(2, 0, 0, 0, 0, 2) } },
    } as const;
    for (let sequence = 0; sequence < 4; sequence++) encodeMessage(writer, { flags: 1, sequence, portId: 0 }, message);
    const decoded = decodeMessages(writer.bytes());
    expect(decoded).toHaveLength(4);
    for (const each of decoded) expect(each.message).toMatchObject(message);
  }
});

it("decodes only what is wanted, and the end of a dump always", () => {
  const writer = new MessageWriter();
  for (const index of [1, 2, 3]) {
    encodeMessage(
      writer,
      { flags: 2, sequence: 1, portId: 0 },
      { kind: "link", command: "new", index, name: `eth${index}` },
    );
  }
  const done = writer.beginMessage(3, 2, 1, 0);
  writer.skip(4);
  writer.endMessage(done);
  const seen: number[] = [];
  const wanted = (bytes: Uint8Array, offset: number): boolean => {
    seen.push(bytes[offset + 4]!); // ifi_index
    return bytes[offset + 4] === 2;
  };
  const decoded = decodeMessages(writer.bytes(), { wanted }).map(({ message }) => message);
  expect(seen).toEqual([1, 2, 3]);
  expect(decoded).toMatchObject([{ kind: "link", name: "eth2" }, { kind: "done" }]);
});
