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
