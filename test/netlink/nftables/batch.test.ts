import { describe, expect, test } from "vitest";
import { NetlinkEncodeError } from "../../../src/netlink/index.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";

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
