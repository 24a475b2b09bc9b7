import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetlinkDecodeError, NetlinkEncodeError, MessageWriter } from "../../../src/netlink/index.ts";
import { EXPRESSION_LEVELS } from "../../../src/netlink/nftables/expressions.ts";
import { decodeNftables, encodeNftables, registerNumber, registerOf } from "../../../src/netlink/nftables/index.ts";
import { anyHeader, anyMessage, expressionOf, kinds, messageOf } from "./arbitraries.ts";
import { bytes, captures, encode, isNftables } from "./support.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];
const settings = { numRuns: 200, ...(seed === undefined ? {} : { seed: Number(seed) }) };

describe("decoding what was encoded gives it back", () => {
  test.each(kinds)("%s", (kind) => {
    fc.assert(
      fc.property(messageOf(kind), anyHeader, (message, header) => {
        const [decoded, ...others] = decodeNftables(encode(message, header));
        expect(others).toEqual([]);
        expect(decoded!.header).toEqual(header);
        expect(decoded!.message).toEqual(message);
      }),
      settings,
    );
  });
  test.each(Object.keys(EXPRESSION_LEVELS) as (keyof typeof EXPRESSION_LEVELS)[])("rule with %s", (kind) => {
    fc.assert(
      fc.property(expressionOf(kind), (expression) => {
        const message = { kind: "rule", command: "new", family: 2, resourceId: 0, expressions: [expression] } as const;
        expect(decodeNftables(encode(message))[0]!.message).toEqual(message);
      }),
      settings,
    );
  });
});

test("many messages in one writer stay apart", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyHeader, anyMessage), { maxLength: 5 }), (list) => {
      const writer = new MessageWriter(64);
      for (const [header, message] of list) encodeNftables(writer, header, message);
      expect(decodeNftables(writer.bytes()).map(({ header, message }) => [header, message])).toEqual(list);
    }),
    settings,
  );
});

/** Decoding says what is wrong, or gives something that can be encoded. */
function harmless(input: Uint8Array): "refused" | "decoded" {
  let decoded;
  try {
    decoded = decodeNftables(input);
  } catch (error) {
    if (!(error instanceof NetlinkDecodeError)) throw error;
    expect(error.offset).toBeLessThanOrEqual(input.length);
    return "refused";
  }
  const writer = new MessageWriter();
  for (const { header, message } of decoded) if (isNftables(message)) encodeNftables(writer, header, message);
  return "decoded";
}

describe("bytes that make no sense give a NetlinkDecodeError and nothing else", () => {
  const datagrams = captures.flatMap((one) => [...one.datagrams, one.batch]).map(bytes);
  const datagram = fc.constantFrom(...datagrams);

  test("cut off anywhere", () => {
    for (const one of datagrams) {
      const whole = decodeNftables(one).length;
      for (let length = 1; length < Math.min(one.length, 3000); length += 1 + (length >> 6)) {
        // Cut between two messages it is fewer messages.
        if (harmless(one.subarray(0, length)) === "decoded")
          expect(decodeNftables(one.subarray(0, length)).length).toBeLessThan(whole);
      }
    }
  });

  test("with bytes changed", () => {
    const seen = new Set<string>();
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(datagram, edits, (original, changes) => {
        const copy = original.slice();
        for (const [at, byte] of changes) copy[at % copy.length] = byte;
        seen.add(harmless(copy));
      }),
      { ...settings, numRuns: 3000 },
    );
    expect([...seen].sort()).toEqual(["decoded", "refused"]);
  });

  test("at random behind a right header", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 33 }), fc.uint8Array({ maxLength: 120 }), (number, body) => {
        const message = new Uint8Array(20 + body.length);
        const view = new DataView(message.buffer);
        view.setUint32(0, message.length, true);
        view.setUint16(4, (10 << 8) | number, true);
        message.set(body, 20);
        harmless(message);
      }),
      { ...settings, numRuns: 2000 },
    );
  });
});

test("registers: those with two numbers keep one", () => {
  expect([0, 1, 2, 3, 4].map(registerOf)).toEqual(["verdict", 0, 4, 8, 12]);
  expect([8, 9, 12, 23].map(registerOf)).toEqual([0, 1, 4, 15]);
  expect([5, 7, 24, -1].map(registerOf)).toEqual([undefined, undefined, undefined, undefined]);
  for (const word of Array.from({ length: 16 }, (_, i) => i)) expect(registerOf(registerNumber(word))).toBe(word);
  for (const wrong of [-1, 16, 0.5]) expect(() => registerNumber(wrong)).toThrow(NetlinkEncodeError);
});

test("values that do not fit are refused", () => {
  const rule = { kind: "rule", command: "new", family: 2 } as const;
  const refused = [
    { ...rule, id: 2 ** 32 },
    { ...rule, id: -1 },
    { ...rule, handle: 1n << 64n },
    { ...rule, handle: -1n },
    { ...rule, family: 256 },
    { ...rule, resourceId: 65_536 },
    { ...rule, table: "a\0b" },
    { kind: "chain", command: "new", family: 2, hook: { priority: 2 ** 31 } },
    { kind: "generation", command: "delete", family: 2 },
  ] as const;
  for (const message of refused) expect(() => encode(message as never)).toThrow(NetlinkEncodeError);
});
