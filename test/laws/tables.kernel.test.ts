import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { applyTables } from "../../src/apply/netfilter/index.ts";
import { canonicalTable, type NetfilterTable } from "../../src/model/index.ts";
import { readTables } from "../../src/observe/netfilter/index.ts";
import type { ChangeOf } from "../../src/plan/index.ts";
import { anyTable } from "../apply/netfilter/arbitrary.ts";
import { Network } from "../support/network.ts";
import { ownMachine } from "../support/machine.ts";
import { NFPROTO_INET, splitElements } from "../../src/netlink/nftables/index.ts";
import { dump, hasNft, load, nft } from "../netlink/nftables/machine.ts";

beforeAll(ownMachine);

function change(before: NetfilterTable | null, after: NetfilterTable | null): ChangeOf<"table"> {
  const action = before === null ? "create" : after === null ? "delete" : "update";
  return { kind: "table", action, namespace: "nf-a", id: "inet netloom", before, after, reason: "test" };
}

//   [nf-a]  a namespace by itself
const alone = (): Network => new Network(["nf-a"]);

test("any table is read back from the kernel as it was written", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  using network = alone();
  const fd = network.fd("nf-a");
  let before: NetfilterTable | null = null;
  fc.assert(
    fc.property(anyTable, (one) => {
      applyTables({ fd, name: "nf-a" }, [change(before, one)]);
      before = one;
      expect(readTables(fd, "nf-a")).toEqual([canonicalTable(one)]);
    }),
    { seed, numRuns: 60 },
  );
  applyTables({ fd, name: "nf-a" }, [change(before, null)]);
  expect(readTables(fd, "nf-a")).toEqual([]);
});

test("a set of 10,000 is read whole, also while the kernel makes room for it", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Uint8Array.of(10, 1, i >> 8, i & 255));
  const set = {
    kind: "set",
    command: "new",
    family: NFPROTO_INET,
    table: "t",
    name: "s",
    id: 1,
    keyType: 7,
    keyLength: 4,
  } as const;
  const elements = splitElements({
    kind: "elements",
    command: "new",
    family: NFPROTO_INET,
    table: "t",
    set: "s",
    setId: 1,
    elements: values.map((value) => ({ key: { value } })),
  });
  const addresses = values.map((value) => value.join(".")).sort();
  for (let time = 0; time < 5; time++) {
    using network = alone();
    const fd = network.fd("nf-a");
    load(fd, [{ kind: "table", command: "new", family: NFPROTO_INET, name: "t" }, set, ...elements]);
    const [table] = readTables(fd, "nf-a");
    expect(table!.sets[0]!.elements.map(({ key }) => key.join(" ")).sort()).toEqual(addresses);
  }
});

test("a namespace without tables has none, and is asked but once", () => {
  using network = alone();
  expect(readTables(network.fd("nf-a"), "nf-a")).toEqual([]);
  expect(dump(network.fd("nf-a"))).toEqual([]);
});

describe.skipIf(!hasNft)("what others have made", () => {
  test("nft: words for what there are words for, the rest as it is", () => {
    using network = alone();
    nft(
      network.fd("nf-a"),
      `table ip t {
        chain c {
          type filter hook input priority 0; policy drop;
          tcp dport > 1023 accept
          tcp dport < 22 drop
          ip dscp ef counter accept comment "voice"
          tcp flags & (syn|ack) == syn accept
          ct state vmap { established : accept, invalid : drop }
          numgen random mod 2 0 accept
          quota over 10 mbytes drop
          tcp dport 80 meta skuid 0 accept
        }
      }`,
    );
    const [one] = readTables(network.fd("nf-a"), "nf-a");
    const steps = one!.chains[0]!.rules.map((rule) =>
      rule.steps.map((step) => (step.kind === "opaque" ? step.text : step)),
    );
    const tcp = { kind: "match", fields: ["l4proto"], not: false, values: ["tcp"] };
    const dport = (...values: string[]) => ({ kind: "match", fields: ["dport"], not: false, values });
    const accept = { kind: "accept" };
    expect(steps).toEqual([
      [tcp, dport("1024-65535"), accept],
      [tcp, dport("0-21"), { kind: "drop" }],
      ["ip dscp ef", { kind: "counter" }, accept],
      [tcp, "tcp flags syn / syn,ack", accept],
      ["ct state vmap { invalid : drop, established : accept }"],
      [expect.stringMatching(/^\[ numgen [0-9a-f]+ \] reg 0 0$/), accept],
      [expect.stringMatching(/^\[ quota [0-9a-f]+ \]$/), { kind: "drop" }],
      [tcp, dport("80"), "meta skuid 0", accept],
    ]);
    expect(one!.chains[0]!.rules[2]!.comment).toBe("voice");
  });

  test("a table that sleeps has no hooks", () => {
    using network = alone();
    nft(
      network.fd("nf-a"),
      "table inet t { flags dormant\n chain c { type filter hook input priority 0; drop\n }\n}\n",
    );
    const [one] = readTables(network.fd("nf-a"), "nf-a");
    expect(one!.chains).toEqual([{ name: "c", base: null, rules: [{ steps: [{ kind: "drop" }], comment: null }] }]);
  });
});
