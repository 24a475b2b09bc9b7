import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetlinkDecodeError, NetlinkEncodeError } from "../../../src/netlink/index.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";
import { bytes } from "./support.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];
const settings = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };
const table: nf.NftablesMessage = { kind: "table", command: "new", family: 2, name: "t" };

describe("batches", () => {
  test("begin, changes, end; the last change asks for the answer", () => {
    const rule: nf.NftablesMessage = { kind: "rule", command: "new", family: 2, table: "t", chain: "c" };
    const deletion: nf.NftablesMessage = { kind: "table", command: "delete", family: 2, name: "u" };
    const batch = nf.encodeNftablesBatch([{ message: table }, { message: rule }, { message: deletion }], {
      firstSequence: 0xffff_ffff,
      generation: 9,
    });
    const decoded = nf.decodeNftables(batch.bytes);
    expect(decoded.map(({ message, header }) => [message.kind, header.flags, header.sequence])).toEqual([
      ["batch", 0x1, 0xffff_ffff],
      ["table", 0x401, 0],
      ["rule", 0xc01, 1],
      ["table", 0x5, 2],
      ["batch", 0x1, 3],
    ]);
    expect(decoded[0]!.message).toMatchObject({ command: "begin", generation: 9, resourceId: 10 });
    expect(batch.starts).toHaveLength(4);
    expect([0, 1, 2, 3].map((index) => batch.operation(index))).toEqual([
      "change the nf_tables ruleset",
      "create table t",
      "create rule in table t",
      "delete table u",
    ]);
  });

  test("none without a change", () => {
    expect(() => nf.encodeNftablesBatch([])).toThrow(NetlinkEncodeError);
  });
});

describe("ranges", () => {
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 });

  test("elements of ranges give the ranges back", () => {
    const number = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.uniqueArray(number, { minLength: 2, maxLength: 20 }), (numbers) => {
        const points = [...numbers].sort((a, b) => a - b);
        const ranges: nf.KeyRange[] = [];
        for (let i = 0; i + 1 < points.length; i += 2)
          ranges.push({ from: nf.portBytes(points[i]!), to: nf.portBytes(points[i + 1]!) });
        const found = nf.rangesOf(nf.rangeElements(ranges).reverse());
        expect(found.map(({ from, to }) => ({ from, to }))).toEqual(ranges);
      }),
      settings,
    );
  });

  test("a prefix is a range and the other way round", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), (value, length) => {
        const range = nf.prefixRange(value, length);
        expect(nf.prefixLengthOf(range)).toBe(length);
        expect(nf.prefixRange(range.to, length)).toEqual(range);
      }),
      settings,
    );
    expect(nf.prefixLengthOf({ from: Uint8Array.of(10, 0), to: Uint8Array.of(10, 254) })).toBeUndefined();
    expect(nf.prefixLengthOf({ from: Uint8Array.of(10, 1), to: Uint8Array.of(10, 2) })).toBeUndefined();
  });
});

describe("user data", () => {
  test("comments as nft stores them", () => {
    expect(nf.commentUserData("hi")).toEqual(Uint8Array.of(0, 3, 0x68, 0x69, 0));
    expect(nf.commentOf(Uint8Array.of(9, 1, 7, 0, 3, 0x68, 0x69, 0))).toBe("hi");
    expect(nf.commentOf(undefined)).toBeUndefined();
    expect(nf.commentOf(Uint8Array.of(1, 0))).toBeUndefined();
  });

  test("another program's format is no comment, and is named when decoded", () => {
    const foreign = Uint8Array.of(0, 200, 1);
    expect(nf.commentOf(foreign)).toBeUndefined();
    expect(() => nf.decodeUserData(foreign)).toThrow(NetlinkDecodeError);
  });

  test("what is too long is refused", () => {
    expect(() => nf.commentUserData("x".repeat(255))).toThrow(NetlinkEncodeError);
    const half = { type: 1, value: new Uint8Array(130) };
    expect(() => nf.encodeUserData([half, half])).toThrow(NetlinkEncodeError);
  });

  test("comes back as it went in", () => {
    const datum = fc.record({ type: fc.nat(255), value: fc.uint8Array({ maxLength: 60 }) });
    fc.assert(
      fc.property(fc.array(datum, { maxLength: 4 }), (list) => {
        expect(nf.decodeUserData(nf.encodeUserData(list))).toEqual(list);
      }),
      settings,
    );
  });
});

describe("the path to an attribute", () => {
  const rule: nf.NftablesMessage = {
    kind: "rule",
    command: "new",
    family: 2,
    table: "t",
    expressions: [nf.counter, ...nf.matchProtocol(6)],
  };
  const request = nf.encodeNftablesBatch([{ message: rule }]);
  const message = request.bytes.slice(request.starts[1], request.starts[1]! + 16 + 4 + 8 + 400);
  const path = (offset: number) => nf.nftablesAttributePath(message, offset);

  test("by offset, through expressions", () => {
    const length = new DataView(message.buffer).getUint32(0, true);
    const paths = new Set(
      Array.from({ length: length / 4 }, (_, i) => nf.nftablesAttributePath(message.subarray(0, length), i * 4)),
    );
    expect([...paths]).toContain("NFTA_RULE_TABLE");
    expect([...paths]).toContain("NFTA_RULE_EXPRESSIONS/NFTA_LIST_ELEM/NFTA_EXPR_DATA/NFTA_CMP_DATA/NFTA_DATA_VALUE");
    expect([...paths]).toContain("NFTA_RULE_EXPRESSIONS/NFTA_LIST_ELEM/NFTA_EXPR_NAME");
  });

  test("none in a header, in another message or in none at all", () => {
    expect(path(4)).toBeNull();
    expect(nf.nftablesAttributePath(bytes("1400000001000000"), 4)).toBeNull();
    const other = message.slice();
    other[5] = 1;
    expect(nf.nftablesAttributePath(other, 24)).toBeNull();
  });
});

test("names of interfaces fill 16 bytes, beginnings do not", () => {
  expect(nf.interfaceName("eth0")).toEqual(Uint8Array.of(0x65, 0x74, 0x68, 0x30, ...Array<number>(12).fill(0)));
  expect(nf.interfaceName("et*")).toEqual(Uint8Array.of(0x65, 0x74));
});
