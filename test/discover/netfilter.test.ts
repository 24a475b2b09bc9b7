import { expect, test } from "vitest";
import { summaryOf } from "../../src/discover/netfilter.ts";

test("whose a netfilter table is", () => {
  const table = (family: "ip" | "inet", name: string, chain: string) =>
    summaryOf({
      family,
      name,
      sets: [],
      chains: [
        { name: chain, base: { type: "filter", hook: "input", priority: 0, policy: "accept", devices: [] }, rules: [] },
      ],
    }).origin;
  expect(table("ip", "filter", "INPUT")).toBe("iptables-nft");
  expect(table("inet", "filter", "input")).toBe("nft");
  expect(table("ip", "filter", "input")).toBe("nft");
  expect(table("inet", "netloom", "input")).toBe("netloom");
});
