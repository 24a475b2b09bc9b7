import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { compileTable } from "../../../src/apply/netfilter/index.ts";
import { commitRuleset } from "../../../src/kernel/nftables.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";
import type { NftablesMessage, SetElement } from "../../../src/netlink/nftables/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { dump, hasNft, netfilter, nft } from "../../netlink/nftables/machine.ts";
import { DNAT, FILTER, SETS, SNAT } from "./golden.ts";
import { chain, POSTROUTING, PREROUTING, table } from "./tables.ts";

beforeAll(ownMachine);

/** What is equal in two rulesets that are: handles, generations and the order in hashes are left out. */
function comparable(messages: readonly NftablesMessage[]): string[] {
  const key = (element: SetElement): string => JSON.stringify([element.flags, [...(element.key?.value ?? [])]]);
  return messages.map((message) => {
    const { resourceId: _, unknown: __, ...rest } = message as nf.SetMessage;
    const plain: Record<string, unknown> = { ...rest, handle: 0n };
    if (message.kind === "set") {
      // How nft would write the expression that a set's type was taken from; the order of one byte.
      const memo = message.userData === undefined ? [] : nf.decodeUserData(message.userData);
      plain["userData"] = memo.filter(({ type }) => (type < 3 && message.keyLength !== 1) || type > 5);
      delete plain["backend"];
    }
    if (message.kind === "elements")
      plain["elements"] = message
        .elements!.map((one) => ({ ...one, expiration: 0n }))
        .sort((a, b) => (key(a) < key(b) ? -1 : 1));
    return inspect(plain, { depth: null, breakLength: 200 }).replace(/__(set|map)\d+/g, "__$1");
  });
}

describe.skipIf(!hasNft)("a table as we load it is the table as nft loads it", () => {
  //   [nf-a] ← our batch      [nf-b] ← nft -f
  const base = (kind: string, priority: number, type = "filter"): string =>
    `type ${type} hook ${kind} priority ${priority}; policy accept;`;
  const sets = SETS.map(([, set]) => set).sort((a, b) => (a.name < b.name ? -1 : 1));
  const other = chain("other", null);
  const cases = [
    { name: "filter", text: base("forward", 0), golden: FILTER, hook: {} },
    { name: "prerouting", text: base("prerouting", -100, "nat"), golden: DNAT, hook: PREROUTING },
    { name: "postrouting", text: base("postrouting", 100, "nat"), golden: SNAT, hook: POSTROUTING },
  ];
  test.each(cases)("$name", ({ name, text, golden, hook }) => {
    using network = new Network(["nf-a", "nf-b"]);
    const setTexts = [...SETS].sort((a, b) => (a[1].name < b[1].name ? -1 : 1)).map(([line]) => line);
    const rules = golden.map(([line]) => `    ${line}\n`).join("");
    const chains = [`chain ${name} {\n    ${text}\n${rules}  }`, "chain other { }"].sort();
    nft(network.fd("nf-b"), `table inet netloom {\n  ${[...setTexts, ...chains].join("\n  ")}\n}\n`);
    const ours = table(sets, [chain(name, hook, ...golden.map(([, one]) => one)), other]);
    using socket = netfilter(network.fd("nf-a"));
    expect(commitRuleset(socket, nf.joinBlocks(compileTable(ours)))).toEqual([]);
    const [mine, theirs] = ["nf-a", "nf-b"].map((node) => nft(network.fd(node), "list", "ruleset"));
    expect(mine).toBe(theirs);
    const [a, b] = ["nf-a", "nf-b"].map((node) => comparable(dump(network.fd(node))));
    for (const [index, line] of b!.entries()) expect(a![index]).toBe(line);
    expect(a).toHaveLength(b!.length);
  });
});
