import { describe, expect, test } from "vitest";
import * as nf from "../../../src/netlink/nftables/index.ts";
import { bytes } from "./support.ts";

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
