// Whatever is wrong with what netloom is given: one clear error each, status 2, and nothing is created.

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { program, ROOT_FOLDER } from "./program.ts";

const netloom = program();
// Both how the shapes are broken and what is made: nothing, whatever the command.
afterEach(() => netloom.clean());

interface Diagnostic {
  readonly code: string;
  readonly severity: string;
  readonly summary: string;
  readonly hint?: string;
  readonly range?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Errors that are printed for people; the document has more of them. */
const SHOWN = 50;

/** The errors of a run that must fail with status 2, in its two forms: for people, and as one JSON document. */
async function errors(...args: string[]): Promise<{ list: readonly Diagnostic[]; text: string }> {
  const plain = await netloom.run(args);
  expect({ code: plain.code, out: plain.out }).toEqual({ code: 2, out: "" });
  const json = await netloom.run(["--json", ...args]);
  expect(json.code).toBe(2);
  expect(json.err).toBe(plain.err);
  const document = JSON.parse(json.out) as { netloom: number; kind: string; diagnostics: Diagnostic[] };
  expect(document).toMatchObject({ netloom: 1, kind: "error" });
  const list = document.diagnostics.filter(({ severity }) => severity === "error");
  for (const { code, summary, range } of list.slice(0, SHOWN)) {
    expect(plain.err).toContain(`error[${code}]: ${summary}`);
    if (range !== undefined) expect(plain.err).toContain(`--> ${range.file}:${range.line}:${range.column}`);
  }
  return { list, text: plain.err };
}

const lan = (hosts: string): string => `switches: { lan: { subnet: 10.0.0.0/24 } }\nhosts:\n${hosts}`;
const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => `  h${i}: { interfaces: { eth0: lan } }\n`).join("");

//                          what             the file                                        code       line, column, more
const FILES: readonly (readonly [string, string | Buffer, string, readonly [number, number] | null, RegExp])[] = [
  [
    "an unknown key",
    lan("  a: { interfaces: { eth0: lan }, gatway: 10.0.0.1 }\n"),
    "topology.unknown-key",
    [3, 35],
    /did you mean "?gateway"?\?/,
  ],
  ["a wrong type", "hosts: [a, b]\n", "topology.type", [1, 1], /must be a mapping/],
  ["a tab", "hosts:\n\ta: {}\n", "topology.tab", [2, 1], /tab/i],
  ["a duplicate key", lan("  a: {}\n  a: {}\n"), "topology.duplicate-key", [4, 3], /the first is on line 3/],
  ["a name twice", lan("  lan: {}\n"), "topology.duplicate-name", [1, 13], /another name/],
  [
    "an address twice",
    lan(
      "  a: { interfaces: { eth0: { link: lan, address: 10.0.0.5/24 } } }\n  b: { interfaces: { eth0: { link: lan, address: 10.0.0.5/24 } } }\n",
    ),
    "topology.duplicate-address",
    [4, 50],
    /10\.0\.0\.5/,
  ],
  [
    "an unknown switch",
    lan("  a: { interfaces: { eth0: lann } }\n"),
    "topology.unknown-switch",
    [3, 28],
    /did you mean "?lan"?\?/,
  ],
  [
    "an unknown node",
    lan('  gate: {}\n  a: { interfaces: { eth0: { link: "gata:eth0" } } }\n'),
    "topology.unknown-node",
    [4, 36],
    /did you mean "gate:eth0"\?/,
  ],
  [
    "an address outside the subnet",
    lan("  a: { interfaces: { eth0: { link: lan, address: 10.0.1.5/24 } } }\n"),
    "topology.address-outside-subnet",
    [3, 50],
    /10\.0\.0\.0\/24/,
  ],
  [
    "an exhausted subnet",
    "switches: { lan: { subnet: 10.0.0.0/30 } }\nhosts:\n" + many(3),
    "topology.subnet-exhausted",
    null,
    /10\.0\.0\.0\/30/,
  ],
  [
    "an interface name of 16 bytes",
    lan("  a: { interfaces: { abcdefghijklmnop: lan } }\n"),
    "topology.interface-name",
    [3, 22],
    /15/,
  ],
  [
    "an interface name with a slash",
    lan('  a: { interfaces: { "e/0": lan } }\n'),
    "topology.interface-name",
    [3, 22],
    /\//,
  ],
  ["a node named ..", lan("  ..: {}\n"), "topology.node-name", [3, 3], /\.\./],
  [
    "a cable that is another one on its other end",
    'hosts:\n  a: { interfaces: { eth0: { link: "b:eth0" } } }\n  b: { interfaces: { eth0: { link: "c:eth0" } } }\n  c: {}\n',
    "topology.cable-mismatch",
    null,
    /b:eth0/,
  ],
  [
    "1,024 ports on a switch",
    "switches: { lan: { subnet: 10.0.0.0/16 } }\nhosts:\n" + many(1024),
    "topology.too-many-ports",
    [1, 13],
    /1024 ports.*1023/,
  ],
  ["an empty file", "", "topology.empty", null, /empty/],
  ["nothing but a comment", "# later\n", "topology.empty", null, /empty/],
  [
    "a binary file",
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe, 0x80, 10, 0]),
    "topology.not-text",
    null,
    /text/,
  ],
];

describe("an invalid file", () => {
  test.each(FILES)("%s", async (_what, text, code, place, more) => {
    const file = netloom.file("bad.yaml", text);
    for (const command of ["validate", "up", "run"]) {
      const { list, text: said } = await errors(command, file);
      expect(list.map((one) => one.code)).toEqual([code]);
      expect(said).toMatch(more);
      if (place !== null) expect(list[0]!.range).toMatchObject({ file, line: place[0], column: place[1] });
      await netloom.clean();
    }
  });

  test("1,023 ports are fine", async () => {
    const file = netloom.file("full.yaml", "switches: { lan: { subnet: 10.0.0.0/16 } }\nhosts:\n" + many(1023));
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, err: "" });
  });

  test("all errors come in one go, in the file's order", async () => {
    const file = netloom.file(
      "all.yaml",
      lan(
        "  a: { interfaces: { eth0: lann }, colour: red }\n  b: { interfaces: { eth0: { link: lan, address: 10.9.0.1/24 } } }\n  ..: {}\n",
      ) + "expect: [a -> nobody icmp]\n",
    );
    const { list, text } = await errors("up", file);
    expect(list.map(({ code, range }) => [range?.line, code])).toEqual([
      [3, "topology.unknown-switch"],
      [3, "topology.unknown-key"],
      [4, "topology.address-outside-subnet"],
      [5, "topology.node-name"],
      [6, "topology.expect"],
    ]);
    expect(text).toContain("5 errors");
  });

  test(
    "a file of 100,000 lines is refused, one of 20,000 mistakes is reported in full measure",
    { timeout: 300_000 },
    async () => {
      const lines = (count: number): string =>
        `hosts:\n${Array.from({ length: count }, (_, i) => `  h${i}: { colour: red }\n`).join("")}`;
      const { list: refused, text } = await errors("up", netloom.file("long.yaml", lines(100_000)));
      expect(refused.map(({ code }) => code)).toEqual(["topology.too-large"]);
      expect(text).toContain("lines");
      const { list } = await errors("up", netloom.file("wrong.yaml", lines(20_000)));
      expect(list[0]).toMatchObject({ code: "topology.unknown-key", range: { line: 2 } });
      expect(list.at(-1)).toMatchObject({ code: "topology.more", summary: expect.stringMatching(/^\d+ more/) });
    },
  );
});

describe("no file", () => {
  test("a missing file, with a suggestion", async () => {
    netloom.file("office.yaml", "hosts: { a: {} }\n");
    const { list } = await errors("up", join(netloom.folder, "ofice.yaml"));
    expect(list).toMatchObject([{ code: "topology.file-missing", hint: expect.stringContaining("office.yaml?") }]);
  });

  test("a folder", async () => {
    mkdirSync(join(netloom.folder, "folder.yaml"));
    expect((await errors("up", join(netloom.folder, "folder.yaml"))).list).toMatchObject([
      { code: "topology.file", summary: expect.stringContaining("directory") },
    ]);
  });

  test("a file that may not be read", async () => {
    const file = netloom.file("secret.yaml", "hosts: { a: {} }\n");
    chmodSync(file, 0);
    // Root may read anything; /proc/self/mem is a file that even root cannot read from its start.
    const { list } = await errors("up", process.getuid!() === 0 ? "/proc/self/mem" : file);
    expect(list).toMatchObject([{ code: "topology.file", summary: expect.stringContaining("cannot be read") }]);
  });

  test.each([
    ["star:0", /1/],
    ["star:five", /star/],
    ["stra:5", /did you mean the shape star:5\?/],
    ["tree:2", /tree:DEPTH,FANOUT/],
  ])("the shape %s", async (shape, hint) => {
    const { list, text } = await errors("run", shape);
    expect(list).toHaveLength(1);
    expect(text).toMatch(hint);
  });
});

describe("wrong words", () => {
  test.each([
    [["upp", "star:2"], "usage.unknown-command", /did you mean up\?/],
    [["up", "star:2", "--nmae", "x"], "usage.unknown-option", /did you mean --name\?/],
    [["up"], "usage.missing-argument", /netloom up --help/],
    [["up", "star:2", "--name", "../x"], "topology.lab-name", /contains "\/"/],
    [["exec", "a"], "usage.missing-command", /netloom shell a/],
  ] as const)("%j", async (args, code, hint) => {
    const { list, text } = await errors(...args);
    expect(list.map((one) => one.code)).toEqual([code]);
    expect(text).toMatch(hint);
  });

  test("an unknown lab and an unknown node, with suggestions", async () => {
    const lost = await netloom.run(["verify", "office"]);
    expect(lost).toMatchObject({ code: 1, err: expect.stringContaining("error[cli.no-lab]") });
    expect((await netloom.run(["up", "star:2", "--name", "office"])).code).toBe(0);
    const near = await netloom.run(["exec", "--lab", "ofice", "h1", "true"]);
    expect(near.err).toMatch(/error\[cli\.no-lab\][^]*did you mean "?office"?\?/);
    const node = await netloom.run(["exec", "h11", "true"]);
    expect(node.code).toBe(2);
    expect(node.err).toMatch(/error\[cli\.no-node\][^]*did you mean "?h1"?\?/);
    expect((await netloom.run(["exec", "h1", "true"])).code).toBe(0);
    await netloom.run(["down", "office"]);
  });
});

describe("user namespaces are forbidden", () => {
  test.each(["up", "run"])("%s names the setting that forbids them", async (command) => {
    const inner = join(netloom.folder, `inner-${command}`);
    const script = (limit: string): string =>
      `${limit}NETLOOM_RUNTIME_DIR=${inner} ${process.execPath} ${join(ROOT_FOLDER, "bin/netloom")} ${command} star:2 --name inner`;
    const run = (limit: string) =>
      netloom.run(["-Urnm", "--pid", "--fork", "--mount-proc", "sh", "-c", script(limit)], { command: "unshare" });
    const forbidden = await run("echo 0 > /proc/sys/user/max_user_namespaces; ");
    expect(forbidden).toMatchObject({ code: 1, out: "" });
    expect(forbidden.err).toMatch(/^error\[sandbox\.userns-forbidden\]: .*user\.max_user_namespaces is 0/);
    expect(forbidden.err).toContain("sysctl -w user.max_user_namespaces=");
    expect((await run("")).code).toBe(0); // without the limit it works, in the very same place
  });
});
