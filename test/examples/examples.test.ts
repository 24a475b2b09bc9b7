// Every file in examples/ is valid, and holds; and would not hold if it said the opposite. Its netfilter rules are what nft
// lists in golden/, which NETLOOM_UPDATE_GOLDEN=1 writes anew. Each network is brought up once.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { program, ROOT_FOLDER } from "../cli/program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const folder = join(ROOT_FOLDER, "examples");
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const golden = join(ROOT_FOLDER, "test", "examples", "golden");
const goldenOf = (name: string): string => join(golden, name.replace(/\.yaml$/, ".nft"));

test("there is one for each network that can be built by now", () => {
  const numbers = files.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0);
  expect(numbers).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 8, 9, 10]));
});

test("every listing belongs to an example", () => {
  const stale = readdirSync(golden).filter((name) => !files.some((file) => goldenOf(file) === join(golden, name)));
  expect(stale).toEqual([]);
});

/** Of every node that has a table: `# NODE`, and what nft says there. */
const LIST = `
  ruleset() { text=$("$@" nft list ruleset) || exit 1; [ -z "$text" ] || printf '# %s\\n\\n%s\\n\\n' "$node" "$text"; }
  node=root; ruleset env
  for node in $(ls /run/netns); do ruleset ip netns exec "$node"; done`;

async function listing(): Promise<string> {
  const { code, out, err } = await netloom.run(["exec", "root", "sh", "-c", LIST]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  // Hosts say things of their own accord, as IPv6's multicast: nobody knows how many of them were counted by now.
  return out.replaceAll(/counter packets \d+ bytes \d+/g, "counter packets 0 bytes 0");
}

describe.each(files)("%s", (name) => {
  const file = join(folder, name);
  let rules = "";

  beforeAll(async () => {
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
    // Before any packet that a NAT would remember.
    if (has("nft")) rules = await listing();
  });

  test("is valid, without a warning", async () => {
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, err: "" });
  });

  test.skipIf(!has("nft"))("has the rules that nft lists in golden/, in every node; or none, and no such file", () => {
    if (process.env["NETLOOM_UPDATE_GOLDEN"] === "1") {
      if (rules === "") rmSync(goldenOf(name), { force: true });
      else writeFileSync(goldenOf(name), rules);
    }
    expect(rules).toBe(existsSync(goldenOf(name)) ? readFileSync(goldenOf(name), "utf8") : "");
    // A node says `nat`, `publish` or `firewall` if and only if it has a table.
    const asked = /\b(nat|publish|firewall): *[[{\n]/.test(readFileSync(file, "utf8").replaceAll(/#.*/g, ""));
    expect(existsSync(goldenOf(name))).toBe(asked);
  });

  test("holds", async () => {
    const { code, out } = await netloom.run(["verify", file]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/\S/) });
  });

  // The first is always an ICMP one: that nobody listens on a port holds of a port whose packets would get through.
  test("does not hold when its first expectation is turned round", async () => {
    const text = readFileSync(file, "utf8");
    const first = /^ {2}- \S+ (->|-x>)/m.exec(text)!;
    const arrow = first[1] === "->" ? "-x>" : "->";
    const turned =
      text.slice(0, first.index) + first[0].replace(first[1]!, arrow) + text.slice(first.index + first[0].length);
    expect(await netloom.run(["verify", netloom.file(name, turned)])).toMatchObject({ code: 1 });
  });

  test("leaves nothing behind", async () => {
    expect(await netloom.run(["down", file])).toMatchObject({ code: 0 });
    await netloom.clean();
  });
});
