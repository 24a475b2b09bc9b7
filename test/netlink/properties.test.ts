import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeMessage,
  decodeMessages,
  encodeMessage,
  messagesIn,
  MessageWriter,
  type RouteNetlinkMessage,
} from "../../src/netlink/index.ts";
import { anyHeader, anyMessage, byKind } from "./arbitraries.ts";
import { encode } from "./support.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];
const settings = { numRuns: 400, ...(seed === undefined ? {} : { seed: Number(seed) }) };

describe("decoding what was encoded gives it back", () => {
  test.each(Object.keys(byKind) as RouteNetlinkMessage["kind"][])("%s", (kind) => {
    fc.assert(
      fc.property(byKind[kind], anyHeader, (message, header) => {
        const decoded = decodeMessages(encode(message, header));
        expect(decoded).toHaveLength(1);
        expect(decoded[0]!.header).toEqual(header);
        expect(decoded[0]!.message).toEqual(message);
      }),
      settings,
    );
  });
});

test("many messages in one writer stay apart, also when it is used again", () => {
  const writer = new MessageWriter(64);
  fc.assert(
    fc.property(fc.array(fc.tuple(anyHeader, anyMessage), { maxLength: 6 }), (list) => {
      writer.reset();
      for (const [header, message] of list) encodeMessage(writer, header, message);
      expect(writer.length % 4).toBe(0);
      const decoded = decodeMessages(writer.bytes());
      expect(decoded.map(({ header, message }) => [header, message])).toEqual(list);
      expect([...messagesIn(writer.bytes())].map((raw) => decodeMessage(raw))).toEqual(decoded);
      // Nothing is left over from what the writer held before.
      const fresh = new MessageWriter();
      for (const [header, message] of list) encodeMessage(fresh, header, message);
      expect(writer.bytes()).toEqual(fresh.bytes());
    }),
    settings,
  );
});

test("encoding what was decoded gives the same bytes", () => {
  fc.assert(
    fc.property(anyMessage, anyHeader, (message, header) => {
      const bytes = encode(message, header);
      expect(encode(decodeMessages(bytes)[0]!.message as RouteNetlinkMessage, header)).toEqual(bytes);
    }),
    settings,
  );
});

test("without unknown attributes, everything else is the same", () => {
  fc.assert(
    fc.property(byKind.route, (message) => {
      const {
        unknown: _unknown,
        metricsUnknown: _metrics,
        multipath,
        ...rest
      } = message as Extract<RouteNetlinkMessage, { kind: "route" }>;
      const hops = multipath?.map(({ unknown: _hop, ...hop }) => hop);
      const lean = decodeMessages(encode(message), { unknown: false })[0]!.message;
      expect(lean).toEqual({ ...rest, ...(hops === undefined ? {} : { multipath: hops }) });
    }),
    settings,
  );
});
