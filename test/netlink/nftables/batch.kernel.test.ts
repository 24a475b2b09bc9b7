import { readdirSync } from "node:fs";
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { commitRuleset } from "../../../src/kernel/nftables.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";
import type { NftablesMessage, SetElement } from "../../../src/netlink/nftables/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { ask, change, dump, hasNft, load, netfilter, nft } from "./machine.ts";
import { bytes, captures, isNftables } from "./support.ts";

beforeAll(ownMachine);

const family = nf.NFPROTO_INET;
const table: NftablesMessage = { kind: "table", command: "new", family, name: "t" };
const chain = (name: string): NftablesMessage => ({ kind: "chain", command: "new", family, table: "t", name });
const rule = (chain: string, ...expressions: nf.Expression[]): NftablesMessage => ({
  kind: "rule",
  command: "new",
  family,
  table: "t",
  chain,
  expressions,
});

//   [nf-a]  a namespace by itself
const alone = (): Network => new Network(["nf-a"]);

/** Captured batches, as we encode them. */
describe.skipIf(!hasNft)("what we load is what nft loads", () => {
  //   [nf-a] ← our batch      [nf-b] ← nft -f
  const files = readdirSync(new URL("rulesets", import.meta.url)).sort();
  test.each(files)("%s", (file) => {
    const capture = captures.find(({ name }) => `${name}.nft` === file)!;
    using network = new Network(["nf-a", "nf-b"]);
    const decoded = nf.decodeNftables(bytes(capture.batch));
    const changes = decoded.flatMap(({ header, message }) =>
      isNftables(message) && message.kind !== "batch" ? [{ message, flags: header.flags }] : [],
    );
    expect(change(network.fd("nf-a"), changes)).toEqual([]);
    nft(network.fd("nf-b"), "-f", new URL(`rulesets/${file}`, import.meta.url).pathname);
    const listing = nft(network.fd("nf-b"), "list", "ruleset");
    expect(listing).toContain("table");
    const timeless = (text: string): string => text.replace(/expires [0-9hms]+/g, "expires");
    expect(timeless(nft(network.fd("nf-a"), "list", "ruleset"))).toBe(timeless(listing));
    // And what the kernel dumps is the same, but for the handles that it gave out and the order in hashes.
    const key = (element: SetElement): string => JSON.stringify([element.flags, [...(element.key?.value ?? [])]]);
    const plain = (name: string): string => {
      const messages = dump(network.fd(name)).map((message) => ({
        ...message,
        resourceId: 0,
        handle: 0n,
        ...(message.kind === "elements"
          ? {
              elements: message
                .elements!.map((element) => ({ ...element, expiration: 0n }))
                .sort((a, b) => (key(a) < key(b) ? -1 : 1)),
            }
          : {}),
      }));
      // Chains without a name get one that counts up over all namespaces.
      return inspect(messages, { depth: null }).replace(/__chain\d+/g, "__chain");
    };
    expect(plain("nf-a")).toBe(plain("nf-b"));
  });
});

describe.skipIf(!hasNft)("what we print is what nft lists, and can be loaded again", () => {
  //   [nf-a] ← nft -f      [nf-b] ← nft -f of what we printed of nf-a
  test.each(["firewall", "nat", "sets"])("%s", (name) => {
    using network = new Network(["nf-a", "nf-b"]);
    nft(network.fd("nf-a"), "-f", new URL(`rulesets/${name}.nft`, import.meta.url).pathname);
    const printed = nf.printRuleset(nf.collectRuleset(dump(network.fd("nf-a"))));
    expect(printed).toContain("table");
    nft(network.fd("nf-b"), printed);
    expect(nft(network.fd("nf-b"), "list", "ruleset")).toBe(nft(network.fd("nf-a"), "list", "ruleset"));
    expect(nf.printRuleset(nf.collectRuleset(dump(network.fd("nf-b"))))).toBe(printed);
  });
});

describe("a batch is taken whole or not at all", () => {
  const good = [table, chain("c"), rule("c", nf.counter, nf.accept), rule("c", nf.drop)];

  test("all of it", () => {
    using network = alone();
    expect(
      change(
        network.fd("nf-a"),
        good.map((message) => ({ message })),
      ),
    ).toEqual([]);
    expect(dump(network.fd("nf-a")).map(({ kind }) => kind)).toEqual(["table", "chain", "rule", "rule"]);
  });

  test("none of it, and every message that is wrong is named", () => {
    using network = alone();
    const changes = [
      ...good.slice(0, 3).map((message) => ({ message })),
      { message: rule("missing", nf.drop), operation: "add a rule to nowhere" },
      { message: rule("c", nf.verdict(nf.NFT_JUMP, "missing")) },
      { message: good[3]! },
    ];
    const failures = change(network.fd("nf-a"), changes);
    expect(failures.map(({ index, errnoName, operation }) => [index - 1, errnoName, operation])).toEqual([
      [3, "ENOENT", "add a rule to nowhere"],
      [4, "ENOENT", "create rule in table t"],
    ]);
    expect(dump(network.fd("nf-a"))).toEqual([]);
    // positive control: without the two it is taken
    expect(change(network.fd("nf-a"), [...changes.slice(0, 3), changes[5]!])).toEqual([]);
    expect(dump(network.fd("nf-a"))).toHaveLength(4);
  });

  test("what was there before a refused batch stays", () => {
    using network = alone();
    load(network.fd("nf-a"), good);
    const before = dump(network.fd("nf-a"));
    const deletion: NftablesMessage = { kind: "table", command: "delete", family, name: "t" };
    const wrong: NftablesMessage = { ...deletion, name: "other" };
    expect(change(network.fd("nf-a"), [{ message: deletion }, { message: wrong }])).toMatchObject([
      { index: 2, errnoName: "ENOENT" },
    ]);
    expect(dump(network.fd("nf-a"))).toEqual(before);
    load(network.fd("nf-a"), [deletion]);
    expect(dump(network.fd("nf-a"))).toEqual([]);
  });

  test("destroy does not mind what is not there", () => {
    using network = alone();
    const destroy: NftablesMessage = { kind: "table", command: "destroy", family, name: "t" };
    load(network.fd("nf-a"), [destroy, ...good]);
    load(network.fd("nf-a"), [destroy]);
    expect(dump(network.fd("nf-a"))).toEqual([]);
  });

  test("a batch for a ruleset that has changed since is refused", () => {
    using network = alone();
    const fd = network.fd("nf-a");
    load(fd, good);
    using socket = netfilter(fd);
    const generation = (): number => {
      const get = { kind: "generation", command: "get", family: 0 } as const;
      const [answer] = ask(socket, get, { flags: 1, sequence: 1, portId: 0 });
      return answer?.kind === "generation" ? answer.id! : 0;
    };
    const attempt = (of: number) =>
      commitRuleset(socket, nf.encodeNftablesBatch([{ message: rule("c", nf.drop) }], { generation: of }));
    const before = generation();
    expect(attempt(before)).toEqual([]);
    expect(generation()).toBe(before + 1);
    expect(attempt(before)).toMatchObject([{ index: 0, errnoName: "ERESTART" }]);
    expect(dump(fd)).toHaveLength(5);
  });

  test("the attribute that the kernel objects to is named", () => {
    using network = alone();
    const attribute = (...messages: NftablesMessage[]) =>
      change(
        network.fd("nf-a"),
        messages.map((message) => ({ message })),
      ).map((one) => one.attribute);
    expect(attribute(table, rule("missing", nf.drop))).toEqual(["NFTA_RULE_CHAIN"]);
    const nonsense: nf.Expression = { kind: "opaque", name: "nonsense", attributes: [] };
    expect(attribute(table, chain("c"), rule("c", nf.counter, nonsense))).toEqual([
      "NFTA_RULE_EXPRESSIONS/NFTA_LIST_ELEM",
    ]);
  });

  test("thousands of refusals do not hide the first", () => {
    using network = alone();
    const wrong = Array.from({ length: 1000 }, () => ({ message: rule("missing", nf.drop) }));
    const failures = change(network.fd("nf-a"), [{ message: table }, ...wrong]);
    expect(failures[0]).toMatchObject({ index: 2, errnoName: "ENOENT" });
    expect(dump(network.fd("nf-a"))).toEqual([]);
  });
});

test("a thousand rules go in as one batch; one too large for the socket is refused as a whole", () => {
  using network = alone();
  const fd = network.fd("nf-a");
  const rules = (count: number, comment: string): NftablesMessage[] =>
    Array.from({ length: count }, (_, i) => ({
      ...(rule("c", ...nf.matchProtocol(6), ...nf.matchPort("destination", 1 + i), nf.accept) as nf.RuleMessage),
      userData: nf.commentUserData(comment),
    }));
  load(fd, [table, chain("c"), ...rules(1000, "short")]);
  expect(dump(fd).filter(({ kind }) => kind === "rule")).toHaveLength(1000);
  const failures = change(
    fd,
    rules(20_000, "long".repeat(60)).map((message) => ({ message })),
  );
  expect(failures).toMatchObject([{ index: 0, errnoName: "EMSGSIZE" }]);
  expect(dump(fd).filter(({ kind }) => kind === "rule")).toHaveLength(1000);
});

test("rules are placed before and after others, and deleted by handle", () => {
  using network = alone();
  const comment = (text: string, ...expressions: nf.Expression[]): NftablesMessage => ({
    ...(rule("c", ...expressions) as nf.RuleMessage),
    userData: nf.commentUserData(text),
  });
  load(network.fd("nf-a"), [table, chain("c"), comment("one", nf.accept), comment("three", nf.accept)]);
  const rules = () => dump(network.fd("nf-a")).flatMap((one) => (one.kind === "rule" ? [one] : []));
  const comments = () => rules().map((one) => nf.commentOf(one.userData));
  expect(comments()).toEqual(["one", "three"]);
  const [first] = rules();
  const two = { ...comment("two", nf.drop), position: first!.handle! } as NftablesMessage;
  expect(change(network.fd("nf-a"), [{ message: two, flags: 0xc00 }])).toEqual([]); // CREATE, APPEND: behind
  const zero = { ...comment("zero", nf.drop), position: first!.handle! } as NftablesMessage;
  expect(change(network.fd("nf-a"), [{ message: zero, flags: 0x400 }])).toEqual([]); // CREATE: before
  expect(comments()).toEqual(["zero", "one", "two", "three"]);
  load(network.fd("nf-a"), [
    { kind: "rule", command: "delete", family, table: "t", chain: "c", handle: first!.handle! },
  ]);
  expect(comments()).toEqual(["zero", "two", "three"]);
});

describe("sets", () => {
  const set = (fields: Partial<nf.SetMessage>): NftablesMessage => ({
    kind: "set",
    command: "new",
    family,
    table: "t",
    name: "s",
    id: 1,
    ...fields,
  });
  const elements = (list: readonly SetElement[]): nf.SetElementsMessage => ({
    kind: "elements",
    command: "new",
    family,
    table: "t",
    set: "s",
    elements: list,
  });

  test("10,000 elements go in as several messages of one batch", async () => {
    using network = alone();
    const all = Array.from({ length: 10_000 }, (_, i) => ({ key: { value: Uint8Array.of(10, 0, i >> 8, i & 255) } }));
    const messages = nf.splitElements(elements(all));
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.flatMap((one) => one.elements)).toEqual(all);
    load(network.fd("nf-a"), [table, set({ keyType: 7, keyLength: 4 }), ...messages]);
    const text = (list: readonly SetElement[]): string[] => list.map(({ key }) => key!.value!.join(".")).sort();
    const found = (): string[] =>
      text(dump(network.fd("nf-a")).flatMap((one) => (one.kind === "elements" ? one.elements! : [])));
    // While the kernel makes room for so many, it tells of some twice and of others not at all.
    await expect.poll(() => new Set(found()).size, { timeout: 10_000 }).toBe(all.length);
    expect(found()).toEqual(text(all));
  });

  test("ranges come back as they went in", () => {
    using network = alone();
    const ranges = [
      nf.prefixRange(Uint8Array.of(0, 0, 0, 0), 8),
      nf.prefixRange(Uint8Array.of(10, 0, 0, 0), 25),
      nf.prefixRange(Uint8Array.of(10, 0, 0, 128), 25), // begins where the one before ends
      { from: Uint8Array.of(172, 16, 0, 3), to: Uint8Array.of(172, 16, 0, 9) },
      nf.prefixRange(Uint8Array.of(240, 0, 0, 0), 4), // up to the last address
    ];
    load(network.fd("nf-a"), [
      table,
      set({ flags: nf.NFT_SET_INTERVAL, keyType: 7, keyLength: 4 }),
      elements(nf.rangeElements(ranges)),
    ]);
    const found = dump(network.fd("nf-a")).flatMap((one) => (one.kind === "elements" ? one.elements! : []));
    expect(nf.rangesOf(found).map(({ from, to }) => ({ from, to }))).toEqual(ranges);
    if (hasNft) {
      expect(nft(network.fd("nf-a"), "list", "ruleset")).toMatch(
        /elements = \{ 0\.0\.0\.0\/8, 10\.0\.0\.0\/25,\s+10\.0\.0\.128\/25, 172\.16\.0\.3-172\.16\.0\.9,\s+240\.0\.0\.0\/4 \}/,
      );
    }
  });
});
