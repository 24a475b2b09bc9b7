// Pictures from files, without a kernel, and of a lab that runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { NETLOOM, program } from "./program.ts";

const netloom = program();
const run = (...args: string[]) => netloom.run(["draw", ...args]);
const read = (name: string): string => readFileSync(join(netloom.folder, name), "utf8");

const OFFICE = `
switches: { lan: { subnet: 10.0.0.0/24 } }
hosts: { a: { interfaces: { eth0: lan } }, b: { interfaces: { eth0: lan } } }
`;

afterAll(async () => {
  await netloom.run(["down", "--all"]);
  expect(netloom.processes()).toEqual([]);
});

describe("a file", () => {
  it("is drawn in the format of the ending, and nothing comes up for it", async () => {
    const file = netloom.file("office.yaml", OFFICE);
    for (const [ending, first] of [
      ["svg", "<svg "],
      ["mmd", "flowchart TB\n"],
      ["dot", 'graph "office" {\n'],
      ["json", '{"netloom":1,"kind":"drawing","name":"office"'],
    ] as const) {
      const drawn = await run(file, "-o", `office.${ending}`);
      expect(drawn).toMatchObject({ code: 0, out: "", err: `wrote office.${ending}\n` });
      expect(read(`office.${ending}`).startsWith(first)).toBe(true);
    }
    expect(netloom.files()).toEqual([]);
  });

  it("or a shape goes to a pipe as SVG, or as what was asked for", async () => {
    expect((await run("star:3")).out).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect((await run("star:3", "--format", "mermaid")).out).toMatch(/^flowchart TB\n/);
    expect((await run("star:3", "--format", "dot", "-o", "picture.txt")).code).toBe(0);
    expect(read("picture.txt")).toMatch(/^graph "star-3" \{\n/);
    const document = JSON.parse((await run("star:3", "--json")).out) as { kind: string; boxes: unknown[] };
    expect(document.kind).toBe("drawing");
    expect(document.boxes).toHaveLength(4);
  });

  it("that Mermaid would refuse is written, and that is said", async () => {
    expect(await run("chain:400", "--format", "mermaid", "-o", "chain.mmd")).toMatchObject({
      code: 0,
      err: "wrote chain.mmd\n",
    });
    const large = await run("chain:600", "--format", "mermaid", "-o", "chain.mmd");
    expect(large).toMatchObject({ code: 0, err: expect.stringContaining("maxEdges") as string });
  });

  it("that cannot be drawn or written is one error, and nothing is written", async () => {
    expect(await run("star:3", "-o", "picture.png")).toMatchObject({
      code: 2,
      err: expect.stringContaining("end it in .svg, .mmd, .dot or .json") as string,
    });
    expect(await run("nowhere.yaml")).toMatchObject({ code: 2, out: "" });
    expect(await run("star:3", "-o", "no/such/folder/x.svg")).toMatchObject({
      code: 1,
      err: expect.stringContaining("error[cli.write]") as string,
    });
  });
});

/*
 *   a ── 192.0.2.0/30 ── b      a:eth0 carries a macvlan of c;
 *   a ┄┄ vxlan 42 ┄┄┄┄┄┄ b      the far end of a's vxlan 43 is nobody's
 */
const TYPED = `
for node in a b c; do ip netns add $node; done
ip link add eth0 netns a up type veth peer name eth0 netns b
ip -n a addr add 192.0.2.1/30 dev eth0
ip -n b addr add 192.0.2.2/30 dev eth0
ip -n b link set eth0 up
ip -n a link add vx0 up type vxlan id 42 local 192.0.2.1 remote 192.0.2.2 dstport 4789
ip -n b link add vx0 up type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789
ip -n a link add vx1 up type vxlan id 43 remote 198.51.100.1 dstport 4789
ip -n a link add mv0 link eth0 type macvlan mode bridge
ip -n a link set mv0 netns c up
`;

interface Drawn {
  readonly boxes: readonly { readonly kind: string; readonly name: string; readonly notes: readonly string[] }[];
  readonly cables: readonly {
    readonly kind: string;
    readonly ends: readonly { readonly box: string; readonly link: string; readonly note?: string }[];
  }[];
}

describe("what somebody has typed", () => {
  it("is drawn with its tunnels from end to end, and a macvlan at what it stands on: by draw, discover and try", async () => {
    const script = `${TYPED}
      "$0" draw -o drawn.json
      "$0" discover -o discovered.json`;
    expect(await netloom.run(["sandbox", "--", "sh", "-ec", script, NETLOOM])).toMatchObject({ code: 0 });
    expect(await netloom.run(["try", netloom.file("typed.sh", TYPED), "-o", "tried.json"])).toMatchObject({ code: 0 });
    for (const name of ["drawn", "discovered", "tried"]) {
      const { boxes, cables } = JSON.parse(read(`${name}.json`)) as Drawn;
      const lines = cables.map(({ kind, ends }) =>
        [kind, ...ends.map(({ box, link, note }) => `${box} ${link} ${note ?? "-"}`)].join(" | "),
      );
      expect(lines.sort()).toEqual([
        "cable | node:a eth0 - | node:b eth0 -",
        "stacked | node:a eth0 macvlan bridge | node:c mv0 -",
        "tunnel | node:a vx0 vxlan 42 | node:b vx0 vxlan 42",
        "tunnel | node:a vx1 - | end:a:vx1 null -",
      ]);
      expect(boxes.find(({ kind }) => kind === "end")).toMatchObject({ name: "vxlan 43", notes: ["to 198.51.100.1"] });
    }
  });
});

describe("a lab", () => {
  it("is drawn as it is now: what went down since is dashed red", async () => {
    expect(await netloom.run(["up", netloom.file("office.yaml", OFFICE)])).toMatchObject({ code: 0 });
    const before = await run("office");
    expect(before.out).not.toContain("cable cable down");
    const changed = OFFICE.replace(
      "b: { interfaces: { eth0: lan } }",
      "b: { interfaces: { eth0: { link: lan, up: false } } }",
    );
    expect(await netloom.run(["up", netloom.file("office.yaml", changed)])).toMatchObject({ code: 0 });
    const after = await run();
    expect(after.out.match(/class="cable cable down"/g)).toHaveLength(1);
    expect((await run("office", "--format", "dot")).out).toMatch(/"node:b":c\d+b \[.*style=dashed color="#d92d3a"\]/);
  });
});
