import fc from "fast-check";
import { expect, test } from "vitest";
import { type ConnectionMessage, decodeConnections, encodeConnection } from "../../../src/netlink/conntrack/index.ts";
import { MessageWriter, NetlinkDecodeError, NetlinkEncodeError } from "../../../src/netlink/index.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];
const settings = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const bytes = fc.uint8Array({ maxLength: 20 });
const unknown = fc.array(fc.record({ type: fc.integer({ min: 200, max: 0x3fff }), value: bytes }), {
  minLength: 1,
  maxLength: 2,
});
const some = <T>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record({ ...parts, unknown }, { requiredKeys: [] }).map((one) => ({ ...one }));

const tuple = some({
  addresses: some({ source4: bytes, destination4: bytes, source6: bytes, destination6: bytes }),
  protocol: some({
    number: u8,
    sourcePort: u16,
    destinationPort: u16,
    icmpId: u16,
    icmpType: u8,
    icmpCode: u8,
    icmpv6Id: u16,
    icmpv6Type: u8,
    icmpv6Code: u8,
  }),
  zone: u16,
});
const counters = some({ packets: u64, bytes: u64 });
const tcp = some({ state: u8, windowScaleOriginal: u8, windowScaleReply: u8, flagsOriginal: bytes, flagsReply: bytes });

const connection = fc
  .tuple(
    fc.record({
      kind: fc.constant("connection"),
      command: fc.constantFrom("new", "get", "delete", "clear"),
      family: u8,
      resourceId: u16,
    }),
    some({
      original: tuple,
      reply: tuple,
      master: tuple,
      status: u32,
      statusMask: u32,
      protocolInfo: some({ tcp }),
      timeout: u32,
      mark: u32,
      markMask: u32,
      countersOriginal: counters,
      countersReply: counters,
      times: some({ start: u64, stop: u64 }),
      use: u32,
      id: u32,
      zone: u16,
      labels: bytes,
    }),
  )
  .map(([head, rest]) => ({ ...head, ...rest }) as object as ConnectionMessage);
const anyHeader = fc.record({ flags: u16, sequence: u32, portId: u32 });

function encode(message: ConnectionMessage, header = { flags: 1, sequence: 1, portId: 0 }): Uint8Array {
  const writer = new MessageWriter();
  encodeConnection(writer, header, message);
  return writer.bytes();
}

test("decoding what was encoded gives it back, and the same bytes", () => {
  fc.assert(
    fc.property(connection, anyHeader, (message, header) => {
      const wire = encode(message, header);
      const decoded = decodeConnections(wire);
      expect(decoded.map((one) => [one.header, one.message])).toEqual([[header, message]]);
      expect(encode(decoded[0]!.message as ConnectionMessage, header)).toEqual(wire);
    }),
    settings,
  );
});

test("bytes that make no sense give a NetlinkDecodeError and nothing else", () => {
  const seen = new Set<string>();
  const edits = fc.array(fc.tuple(fc.nat(), u8), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(connection, edits, fc.nat(), (message, changes, cut) => {
      const wire = encode(message).slice();
      for (const [at, byte] of changes) wire[at % wire.length] = byte;
      for (const input of [wire, wire.subarray(0, 1 + (cut % wire.length))]) {
        try {
          decodeConnections(input);
          seen.add("decoded");
        } catch (error) {
          if (!(error instanceof NetlinkDecodeError)) throw error;
          seen.add("refused");
        }
      }
    }),
    { ...settings, numRuns: 1000 },
  );
  expect([...seen].sort()).toEqual(["decoded", "refused"]);
});

test("messages of another subsystem come as they are", () => {
  const wire = encode({ kind: "connection", command: "get", family: 2 }).slice();
  wire[5] = 10;
  expect(decodeConnections(wire)[0]!.message).toMatchObject({ kind: "opaque", type: 0xa01 });
});

test("values that do not fit are refused", () => {
  const message = { kind: "connection", command: "get", family: 2 } as const;
  for (const wrong of [{ mark: -1 }, { zone: 65_536 }, { original: { protocol: { number: 256 } } }])
    expect(() => encode({ ...message, ...wrong })).toThrow(NetlinkEncodeError);
});
