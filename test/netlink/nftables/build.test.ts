import { expect, test } from "vitest";
import * as nf from "../../../src/netlink/nftables/index.ts";

test("names of interfaces fill 16 bytes, beginnings do not", () => {
  expect(nf.interfaceName("eth0")).toEqual(Uint8Array.of(0x65, 0x74, 0x68, 0x30, ...Array<number>(12).fill(0)));
  expect(nf.interfaceName("et*")).toEqual(Uint8Array.of(0x65, 0x74));
});
