import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Link, Model } from "../../src/model/index.ts";
import { drawingData, drawingOf, pictureOf } from "../../src/draw/index.ts";
import { load } from "./support.ts";

const EXAMPLES = [
  "01-namespace",
  "02-isolation",
  "06-gateway",
  "08-virtual-router",
  "09-dhcp",
  "nat-types",
  "first",
  "star:8",
  "star:100",
  "ring:8",
  "full:5",
  "tree:3,4",
];

/** Two hosts on a switch, all of whose names are foreign. */
function named(node: string, link: string): Model {
  const model = load("star:2");
  return {
    name: node,
    namespaces: model.namespaces.map((ns) => ({
      ...ns,
      name: ns.name === "h1" ? node : ns.name,
      links: ns.links.map((one): Link => {
        const own = ns.name === "h1" && one.name === "eth0" ? { ...one, name: link } : one;
        return own.kind === "veth" && own.peer?.namespace === "h1" ? { ...own, peer: { namespace: node, link } } : own;
      }),
    })),
  };
}

/** Elements of a document that is well-formed as far as this writer goes: tags nest, attributes are quoted, text is escaped. */
function elementsOf(xml: string): { name: string; attributes: Record<string, string>; text: string }[] {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: (typeof elements)[number][] = [];
  const token = /<(\/?)([a-z]+)((?: [a-z-]+(?::[a-z]+)?="[^"<>]*")*)(\/?)>|([^<>]+)/gi;
  let at = 0;
  for (const match of xml.matchAll(token)) {
    if (match.index !== at) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`);
    at += match[0].length;
    const [, close, name, attributes = "", empty, text] = match;
    if (text !== undefined) {
      if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`a bare & in ${text}`);
      for (const element of open.slice(-1)) element.text += text;
    } else if (close === "/") {
      const last = open.pop();
      if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name}>`);
    } else {
      const pairs = [...attributes.matchAll(/ ([a-z:-]+)="([^"]*)"/gi)].map(([, key, value]) => [key!, value!]);
      const element = { name: name!, attributes: Object.fromEntries(pairs) as Record<string, string>, text: "" };
      elements.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  if (at !== xml.length || open.length > 0) throw new Error(`not well-formed at ${at}`);
  return elements;
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

const NASTY = [
  '"><script>alert(1)</script>',
  "a&b<c>'d\"",
  "]]>",
  "end\\",
  "#quot;",
  "`x`|y[z]{w}",
  "</style>",
  "--> x",
  "\u202eabc",
  "a\ufffeb\uffff",
  "ünïcödé",
];
const name = fc.oneof(fc.constantFrom(...NASTY), fc.string({ minLength: 1, maxLength: 15, unit: "binary" }));

describe("svg", () => {
  it.each(EXAMPLES)("is well-formed and needs nothing else: %s", (file) => {
    const svg = pictureOf(drawingOf(load(file)), "svg");
    const elements = elementsOf(svg);
    expect(elements[0]).toMatchObject({ name: "svg", attributes: { xmlns: "http://www.w3.org/2000/svg" } });
    expect([...new Set(elements.map((one) => one.name))].sort()).toEqual(
      expect.not.arrayContaining(["script", "image", "use", "foreignObject", "link"]),
    );
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /href|url\(|@import|https?:|NaN|undefined|Infinity/,
    );
  });

  it("has names, interfaces and addresses as text, and titles on what can be pointed at", () => {
    const elements = elementsOf(pictureOf(drawingOf(load("06-gateway")), "svg"));
    const texts = elements.filter((one) => one.name === "text" || one.name === "tspan").map(({ text }) => text);
    for (const text of [
      "root",
      "isp",
      "br0",
      "172.19.0.0/24",
      "eth0",
      "a-eth0",
      "172.19.0.2/24",
      "NAT eth0",
      "firewall",
      "tcp 8080 → 172.19.0.3:80",
    ])
      expect(texts).toContain(text);
    const titles = elements.filter((one) => one.name === "title").map(({ text }) => text);
    // The picture itself, six boxes and five cables.
    expect(titles).toHaveLength(12);
  });

  it("escapes names", () => {
    fc.assert(
      fc.property(name, name, (node, link) => {
        const drawing = drawingOf(named(node, link));
        const elements = elementsOf(pictureOf(drawing, "svg"));
        expect(
          elements.filter((one) => !["svg", "title", "style", "rect", "g", "path", "text", "tspan"].includes(one.name)),
        ).toEqual([]);
        const ids = elements.flatMap(({ attributes }) =>
          attributes["data-id"] === undefined ? [] : [unescaped(attributes["data-id"])],
        );
        expect(ids).toContain("switch:root:s");
        expect(ids).toHaveLength(5);
        expect(JSON.stringify(elements)).not.toMatch(/[\ufffe\uffff]/);
      }),
      { numRuns: 60 },
    );
  });

  it("is dark for readers whose screen is, in every colour", () => {
    const [style] = elementsOf(pictureOf(drawingOf(load("06-gateway")), "svg")).filter((one) => one.name === "style");
    const [light = "", dark = ""] = style!.text.split("@media (prefers-color-scheme:dark)");
    const coloured = (css: string): string[] =>
      [...css.matchAll(/([^{}]+)\{[^{}]*#[0-9a-f]{6}/g)].map(([, rule]) => rule!.trim());
    expect(coloured(dark.replace(/^\{/, "")).sort()).toEqual(coloured(light).sort());
    expect(coloured(light).length).toBeGreaterThan(10);
  });

  it("draws what is down dashed and red, and says so in its legend", () => {
    const model = load("star:2");
    const up = pictureOf(drawingOf(model), "svg");
    const down = pictureOf(drawingOf(model, { h1: { eth0: { carrier: false } } }), "svg");
    expect(up).not.toContain('class="cable cable down"');
    expect(down.match(/class="cable cable down"/g)).toHaveLength(1);
    expect(down).toMatch(/<g class="legend">.*down<\/text>/);
    expect(down).toMatch(/\.down \.line\{stroke-dasharray:6 4\}/);
    expect(down).toMatch(/\.down \.line,[^{]*\{stroke:#d92d3a\}/);
  });
});

describe("mermaid", () => {
  const LINES = [
    /^flowchart TB$/,
    // A box: its shape around a quoted text without anything that Mermaid could read.
    /^ {2}n\d+(\[|\{\{|\[\[|\(\[|\(\(|>)"[\p{L}\p{N} .,:/…→·()+=#;<>-]*"(\]|\}\}|\]\]|\]\)|\)\))$/u,
    /^ {2}n\d+ (---|===|-\.-)(\|"[\p{L}\p{N} .,:/…→·()+=#;<>-]*"\|)? n\d+$/u,
    /^ {2}(classDef|class|linkStyle) [\w ,:;#-]+$/,
  ];
  const check = (text: string): void => {
    const strange = text
      .split("\n")
      .slice(0, -1)
      .filter((line) => !LINES.some((known) => known.test(line)));
    expect(strange).toEqual([]);
    // The only markup is a line break.
    expect(text.replaceAll("<br/>", "").replaceAll(/^ {2}n\d+>/gm, "")).not.toMatch(/[<>]/);
  };

  it.each(EXAMPLES)("is made of boxes, cables and classes: %s", (file) => {
    const drawing = drawingOf(load(file));
    const text = pictureOf(drawing, "mermaid");
    check(text);
    expect(text.match(/ (---|===|-\.-)/g) ?? []).toHaveLength(drawing.cables.length);
  });

  it("escapes names, and has what is down in red", () => {
    fc.assert(
      fc.property(name, name, (node, link) => {
        check(pictureOf(drawingOf(named(node, link)), "mermaid"));
      }),
      { numRuns: 60 },
    );
    // The cables lead away from the middle, so that a layout from top to bottom begins there.
    const text = pictureOf(drawingOf(load("09-dhcp")), "mermaid");
    const router = /(n\d+)\{\{"router/.exec(text)?.[1];
    expect(text.match(new RegExp(`^  ${router} ---`, "gm"))).toHaveLength(3);
    const red = pictureOf(drawingOf(load("star:2"), { h2: { eth0: { carrier: false } } }), "mermaid");
    expect(red).toMatch(/linkStyle 1 stroke:#d92d3a,stroke-dasharray:6 4/);
  });
});

describe("dot", () => {
  /** Statements of `attributes` in brackets; all that is foreign is quoted, or in a table that is well-formed. */
  const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
  const ATTRIBUTES = String.raw`\[(?:[a-z]+=(?:${QUOTED}|[\w.]+|<<table.*</table>>) ?)*\]`;
  const PORT = String.raw`:(?:box|c\d+[ab])`;
  const LINES = [
    new RegExp(`^graph ${QUOTED} \\{$`, "s"),
    new RegExp(`^ {2}(graph|node|edge) ${ATTRIBUTES}$`),
    new RegExp(`^ {2}${QUOTED} ${ATTRIBUTES}$`),
    new RegExp(`^ {2}${QUOTED}${PORT} -- ${QUOTED}${PORT} ${ATTRIBUTES}$`),
    /^\}$/,
  ];
  const check = (text: string): void => {
    const lines = text.split("\n").slice(0, -1);
    expect(lines.filter((line) => !LINES.some((known) => known.test(line)))).toEqual([]);
    const tables = lines.flatMap((line) =>
      [...line.matchAll(/label=<(<table.*<\/table>)>/g)].map(([, table]) => elementsOf(table!)),
    );
    expect([...new Set(tables.flat().map((one) => one.name))].sort()).toEqual(
      expect.not.arrayContaining(["script", "img", "a"]),
    );
    const ports = tables.flat().flatMap(({ attributes }) => attributes["port"] ?? []);
    for (const [, port] of text.matchAll(/":(c\d+[ab]) /g)) expect(ports).toContain(port);
  };

  it.each(EXAMPLES)("is made of boxes and cables: %s", (file) => {
    const drawing = drawingOf(load(file));
    const text = pictureOf(drawing, "dot");
    check(text);
    expect(text.match(/^ {2}".*":\w+ -- "/gm) ?? []).toHaveLength(drawing.cables.length);
  });

  it("escapes names", () => {
    fc.assert(
      fc.property(name, name, (node, link) => {
        check(pictureOf(drawingOf(named(node, link)), "dot"));
      }),
      { numRuns: 60 },
    );
  });
});

it("a cable that stands for many is thick in every format", () => {
  const drawing = drawingOf(load("star:100"));
  expect(pictureOf(drawing, "svg")).toContain('class="cable cable many"');
  expect(pictureOf(drawing, "mermaid")).toMatch(/^ {2}n\d+ ===.* n\d+$/m);
  expect(pictureOf(drawing, "dot")).toContain(" penwidth=3]");
  expect(pictureOf(drawingOf(load("star:8")), "dot")).not.toContain("penwidth");
});

describe("json", () => {
  it("has the boxes and cables in their places", () => {
    const data = JSON.parse(JSON.stringify(drawingData(drawingOf(load("06-gateway"))))) as {
      name: string;
      boxes: Record<string, unknown>[];
      cables: Record<string, unknown>[];
    };
    expect(data.name).toBe("06-gateway");
    expect(data.boxes.find(({ id }) => id === "node:a")).toMatchObject({
      kind: "host",
      name: "a",
      x: expect.any(Number),
      width: expect.any(Number),
    });
    expect(data.cables).toHaveLength(5);
    expect(data.cables[0]).toMatchObject({ kind: expect.any(String), path: expect.stringMatching(/^M/) });
  });
});
