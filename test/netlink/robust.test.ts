import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attributePath,
  type Decoded,
  decodeMessage,
  decodeMessages,
  messagesIn,
  NetlinkDecodeError,
} from "../../src/netlink/index.ts";
import { anyHeader, anyMessage } from "./arbitraries.ts";
import { bytes, encode, replies, requests } from "./support.ts";

const seed = process.env["NETLOOM_SEED"];
const settings = { numRuns: 1000, ...(seed === undefined ? {} : { seed: Number(seed) }) };

type Outcome = Decoded[] | string;

/** What decoding comes to: values, or the text of the typed error. Any other error is a failure of the test. */
function outcome(input: Uint8Array): Outcome {
  try {
    return decodeMessages(input);
  } catch (error) {
    if (error instanceof NetlinkDecodeError) return error.message;
    throw error;
  }
}

/** The same bytes in the middle of a larger buffer that is full of something else. */
function amid(poison: number, input: Uint8Array, decode: (bytes: Uint8Array) => Outcome): Outcome {
  const room = new Uint8Array(input.length + 256).fill(poison);
  room.set(input, 64);
  return decode(room.subarray(64, 64 + input.length));
}

/**
 * The outcome with nothing around the bytes, and with three sorts of poison around them. All must be the same: what is read
 * outside of the bytes would show.
 */
function everywhere(input: Uint8Array, decode: (bytes: Uint8Array) => Outcome): readonly [Outcome, readonly Outcome[]] {
  return [decode(input.slice()), [0x00, 0x08, 0xff].map((poison) => amid(poison, input, decode))];
}

const real = [...replies.flatMap(({ datagrams }) => datagrams), ...requests.map(({ hex }) => hex)].map(bytes);
/** One message of real traffic, or one that was made up. */
const message = fc.oneof(
  fc.constantFrom(...real.flatMap((datagram) => [...messagesOf(datagram)])),
  fc.tuple(anyMessage, anyHeader).map(([one, header]) => encode(one, header)),
);

function* messagesOf(datagram: Uint8Array): Generator<Uint8Array> {
  const buffer = Buffer.from(datagram);
  for (let at = 0; at < datagram.length;) {
    const length = buffer.readUInt32LE(at);
    yield datagram.slice(at, at + length);
    at += (length + 3) & ~3;
  }
}

const change = fc.record({ at: fc.nat(), to: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 3, 4, 5, 8, 0x7f, 0xff)) });

function mutate(original: Uint8Array, changes: readonly { at: number; to: number }[], keep: number): Uint8Array {
  const copy = original.slice(0, keep);
  for (const { at, to } of changes) if (copy.length > 0) copy[at % copy.length] = to;
  // The message's own length again, so that the damage is looked at instead of refused at the door.
  if (copy.length >= 16) Buffer.from(copy.buffer).writeUInt32LE(copy.length, 0);
  return copy;
}

describe("whatever the bytes: a value or a NetlinkDecodeError, and nothing else is read", () => {
  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        const [alone, amidst] = everywhere(input, outcome);
        expect(amidst).toEqual([alone, alone, alone]);
      }),
      settings,
    );
  });

  test("random payloads of every type", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 130 }),
        fc.integer({ min: 0, max: 0x3ff }),
        fc.uint8Array({ maxLength: 120 }),
        (type, flags, payload) => {
          const input = new Uint8Array(16 + payload.length);
          const view = Buffer.from(input.buffer);
          view.writeUInt32LE(input.length, 0);
          view.writeUInt16LE(type, 4);
          view.writeUInt16LE(flags, 6);
          input.set(payload, 16);
          const [alone, amidst] = everywhere(input, outcome);
          expect(amidst).toEqual([alone, alone, alone]);
        },
      ),
      settings,
    );
  });

  test("damaged messages", () => {
    let values = 0;
    let errors = 0;
    fc.assert(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 4 }), (original, changes) => {
        const input = mutate(original, changes, original.length);
        const [alone, amidst] = everywhere(input, outcome);
        expect(amidst).toEqual([alone, alone, alone]);
        if (typeof alone === "string") errors++;
        else values++;
      }),
      settings,
    );
    // Both ways were walked.
    expect(values).toBeGreaterThan(100);
    expect(errors).toBeGreaterThan(100);
  });

  test("truncated messages", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.array(change, { maxLength: 1 }), (original, keep, changes) => {
        const [alone, amidst] = everywhere(mutate(original, changes, keep % original.length), outcome);
        expect(amidst).toEqual([alone, alone, alone]);
      }),
      settings,
    );
  });

  test("real datagrams cut at every byte are never taken for whole", () => {
    for (const datagram of real) {
      const whole = decodeMessages(datagram).length;
      for (let length = Math.max(0, datagram.length - 100); length < datagram.length; length++) {
        const cut = outcome(datagram.subarray(0, length));
        // A cut between two messages is only shorter.
        expect(typeof cut === "string" || cut.length < whole).toBe(true);
      }
    }
  });

  test("the walk without decoding agrees", () => {
    fc.assert(
      fc.property(message, fc.array(change, { maxLength: 3 }), (original, changes) => {
        const input = mutate(original, changes, original.length);
        const viaRaw = (one: Uint8Array): Outcome => {
          try {
            return [...messagesIn(one)].map((raw) => decodeMessage(raw));
          } catch (error) {
            if (error instanceof NetlinkDecodeError) return error.reading;
            throw error;
          }
        };
        const [alone, amidst] = everywhere(input, viaRaw);
        expect(amidst).toEqual([alone, alone, alone]);
        // The texts of errors differ in their offsets.
        const direct = outcome(input);
        expect(typeof direct === "string" ? "error" : direct).toEqual(typeof alone === "string" ? "error" : alone);
      }),
      settings,
    );
  });

  test("the path of an attribute in damaged requests is text or null", () => {
    fc.assert(
      fc.property(
        message,
        fc.array(change, { maxLength: 3 }),
        fc.nat(400),
        fc.nat(),
        (original, changes, offset, keep) => {
          const path = attributePath(mutate(original, changes, keep % (original.length + 1)), offset);
          expect(path === null || path.length > 0).toBe(true);
        },
      ),
      settings,
    );
  });
});

test("control: a decoder that reads too far is caught by the poison", () => {
  const careless = (input: Uint8Array): Outcome => {
    const view = new DataView(input.buffer, input.byteOffset);
    return view.byteLength > input.length ? `${view.getUint8(input.length)}` : "nothing there";
  };
  const [alone, amidst] = everywhere(Uint8Array.of(1, 2, 3, 4), careless);
  expect(amidst).not.toEqual([alone, alone, alone]);
});

describe("an error says what was read and where", () => {
  const input = encode({ kind: "link", command: "new", name: "a", mtu: 1500 });
  const caught = (bad: Uint8Array): NetlinkDecodeError => {
    try {
      decodeMessages(bad);
    } catch (error) {
      if (error instanceof NetlinkDecodeError) return error;
    }
    throw new Error("decoded without an error");
  };

  test("an attribute longer than its message", () => {
    const bad = input.slice();
    bad[40] = 200;
    expect(caught(bad)).toMatchObject({
      reading: "IFLA_MTU",
      offset: 40,
      message: "cannot decode IFLA_MTU at byte 40: needs 200 bytes and there are 8",
    });
  });

  test("a number with too few bytes", () => {
    const bad = input.slice();
    bad[40] = 6;
    expect(caught(bad)).toMatchObject({ reading: "IFLA_MTU", offset: 44 });
  });

  test.each([1, 2, 3])("an attribute of length %i, shorter than its header", (length) => {
    const bad = input.slice();
    bad[32] = length;
    expect(caught(bad)).toMatchObject({ reading: "IFLA_IFNAME", offset: 32 });
  });

  test("a message longer than the buffer, even of a type that is not looked into", () => {
    const bad = input.slice();
    bad[4] = 36;
    expect(decodeMessages(bad)).toMatchObject([{ message: { kind: "opaque" } }]);
    bad[0] = input.length + 4;
    expect(caught(bad)).toMatchObject({ reading: "message", offset: 0 });
    expect(() => [...messagesIn(bad)]).toThrow(NetlinkDecodeError);
  });

  test("lengths that would not move forward", () => {
    const attribute = input.slice();
    attribute[32] = 0;
    expect(caught(attribute)).toMatchObject({ reading: "IFLA_IFNAME", offset: 32 });
    const whole = input.slice();
    whole.fill(0, 0, 4);
    expect(caught(whole)).toMatchObject({ reading: "nlmsghdr", offset: 0 });
  });

  test("the offset counts from the start of the buffer, in the second message too", () => {
    const two = new Uint8Array(input.length * 2);
    two.set(input);
    two.set(input, input.length);
    two[input.length + 40] = 200;
    expect(caught(two).offset).toBe(input.length + 40);
  });
});
