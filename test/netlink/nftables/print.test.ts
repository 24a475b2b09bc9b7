import fc from "fast-check";
import { expect, test } from "vitest";
import { collectRuleset, type NftablesMessage, printRuleset } from "../../../src/netlink/nftables/index.ts";
import { anyMessage } from "./arbitraries.ts";
import { captures, dumped } from "./support.ts";

/** What nft has words for and we show as what it is. */
const OPAQUE: Readonly<Record<string, RegExp>> = {
  "numgen random mod 2 vmap { 0 : accept, 1 : drop }": /^\[ numgen [0-9a-f]+ \] reg 0 vmap \{ 0 : accept, 1 : drop \}$/,
  "quota over 10 mbytes drop": /^\[ quota [0-9a-f]+ \] drop$/,
  "socket transparent 1 accept": /^\[ socket [0-9a-f]+ \] reg 0 1 accept$/,
  "ct count over 3 drop": /^\[ connlimit [0-9a-f]+ \] drop$/,
};

// In "more" there is what we have no text for: named counters, chains without a name, time that goes on.
const plain = captures.filter(({ name }) => name !== "more");

test.each(plain)("$name: line by line as nft lists it", ({ name, listing }) => {
  const ours = printRuleset(collectRuleset(dumped(name))).split("\n");
  const theirs = listing.split("\n");
  for (const [index, line] of theirs.entries()) {
    const opaque = OPAQUE[line.trim()];
    if (opaque === undefined) expect(ours[index]).toBe(line);
    else expect(ours[index]!.trim()).toMatch(opaque);
  }
  expect(ours).toHaveLength(theirs.length);
});

test("what else there is to say of sets and chains", () => {
  const text = printRuleset(collectRuleset(dumped("more")));
  expect(text).toContain("\t\ttype ipv4_addr\n\t\ttimeout 1h\n\t\tgc-interval 5m\n");
  expect(text).toMatch(/elements = \{ 10\.0\.0\.1 expires 59m\S+, 10\.0\.0\.2 timeout 2h expires 1h59m\S+ \}/);
  expect(text).toContain("\t\tpolicy memory\n");
  expect(text).toContain('\t\ttype inet_service : counter\n\t\telements = { 22 : "ssh", 80 : "web" }\n');
  expect(text).toContain('\tchain c {\n\t\tcomment "a plain chain"\n\t\t[ objref ');
  expect(text).toContain("update @learned { ip saddr : meta mark }\n");
  expect(text).toContain("add @watched { ip saddr counter packets 0 bytes 0 limit rate 10/second }\n");
  expect(text).toMatch(/tcp dport 80 jump (__chain\d+)\n[^]*\tchain \1 \{\n\t\tip saddr 10\.0\.0\.1 accept\n/);
});

test("every sort of opaque expression was there", () => {
  for (const line of Object.keys(OPAQUE)) expect(captures.map(({ listing }) => listing).join("")).toContain(line);
});

test("a set's elements may come in any order", () => {
  fc.assert(
    fc.property(fc.constantFrom(...captures), fc.infiniteStream(fc.nat()), ({ name }, numbers) => {
      const messages = dumped(name);
      const shuffled = messages.map((message) =>
        message.kind === "elements" && message.elements
          ? {
              ...message,
              elements: message.elements
                .map((element) => ({ element, order: numbers.next().value as number }))
                .sort((a, b) => a.order - b.order)
                .map(({ element }) => element),
            }
          : message,
      );
      expect(printRuleset(collectRuleset(shuffled))).toBe(printRuleset(collectRuleset(messages)));
    }),
    { numRuns: 50 },
  );
});

test("whatever can be decoded can be printed", () => {
  const table = { kind: "table", command: "new", family: 1, name: "t" } as const;
  const chain = { kind: "chain", command: "new", family: 1, table: "t", name: "c" } as const;
  const place = { command: "new", family: 1, table: "t" } as const;
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 4 }), (messages) => {
      const placed = messages.flatMap((message): NftablesMessage[] => {
        if (message.kind === "rule") return [{ ...message, ...place, chain: "c" }];
        if (message.kind === "set") return [{ ...message, ...place, name: "s" }];
        if (message.kind === "chain") return [{ ...message, ...place }];
        return message.kind === "elements" ? [{ ...message, ...place, set: "s" }] : [];
      });
      const text = printRuleset(collectRuleset([table, chain, ...placed]));
      expect(text.startsWith("table inet t {\n")).toBe(true);
      expect(text.endsWith("}\n")).toBe(true);
      expect(text).not.toMatch(/undefined|\[object|NaN/);
    }),
    { numRuns: 500 },
  );
});
