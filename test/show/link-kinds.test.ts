import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkKindsPage } from "../../src/show/link-kinds.ts";

const page = join(import.meta.dirname, "..", "..", "docs", "links.md");

test("docs/links.md is what the tables say: run npm run docs", () => {
  expect(readFileSync(page, "utf8")).toBe(linkKindsPage());
});

test("a kind is described by its table", () => {
  const text = linkKindsPage([
    {
      kind: "wire",
      about: "A wire.",
      made: "netlink",
      inFile: true,
      lower: { attribute: "IFLA_LINK", about: "Below.", required: true, fixed: true },
      options: {
        gauge: { type: "u8", attribute: "A", min: 2, default: 4, about: "Thickness.", iproute2: "thickness" },
        colour: { type: "enum", wire: "u8", attribute: "B", values: { red: 1, blue: 2 }, fixed: true, about: "Paint." },
        far: { type: "address", attributes: ["C", null], required: true, about: "End.", needs: ["gauge"] },
      },
    },
    { kind: "hidden", about: "Not for files.", made: "never", options: {} },
  ]);
  expect(text.slice(text.indexOf("## "))).toBe(`## wire

A wire. Its MTU is by default that of the interface it is on.

| key | value | default | changes in place | what it is |
| --- | --- | --- | --- | --- |
| \`on\` | an interface of the node | required | no | Below. |
| \`gauge\` | 2–255 | \`4\` | yes | Thickness. \`ip link\` calls it \`thickness\`. |
| \`colour\` | \`red\`, \`blue\` |  | no | Paint. |
| \`far\` | address (IPv4) | required | yes | End. Needs \`gauge\`. |
`);
});
