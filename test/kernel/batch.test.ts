import { expect, test } from "vitest";
import { Batch } from "../../src/kernel/index.ts";
import { decodeMessages } from "../../src/netlink/index.ts";

test("a batch keeps every byte when its buffer grows in the middle of an attribute", () => {
  const batch = new Batch();
  for (let i = 0; i < 1000; i++) {
    const destination = Uint8Array.of(10, 1, i >> 8, i & 255);
    batch.add(
      { kind: "neighbour", command: "delete", family: 2, index: 7, state: 0, destination },
      0,
      `drop neighbour ${i}`,
    );
  }
  expect(batch.length).toBe(1000);
  expect(batch.operation(999)).toBe("drop neighbour 999");
  decodeMessages(batch.bytes).forEach(({ header, message }, i) => {
    expect(header.sequence).toBe(batch.firstSequence + i);
    expect(message).toMatchObject({ index: 7, destination: Uint8Array.of(10, 1, i >> 8, i & 255) });
  });
});
