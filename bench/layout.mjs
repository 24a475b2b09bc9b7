// What netloom's layout costs beside dagre's: crossings, area, cables on boxes. Writes RESULTS-LAYOUT.md.
//   npm run bench:layout            the examples and 100 random networks
//   npm run bench:layout -- 300 7   another number of random networks, and another seed
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, made, root, run, writePage } from "./support.mjs";

const [count, seed] = [Number(process.argv[2] ?? 100), Number(process.argv[3] ?? 1)];
const MEASURES = [
  ["crossings", "crossings"],
  ["over", "cable on boxes, px"],
  ["area", "area, 1000 px²"],
  ["length", "cable, px"],
  ["turns", "turns"],
];

const program = await bundle("layout.ts", ".bench-layout.mjs", { format: "esm", packages: "external" });
const files = ["examples", join("examples", "host")].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => join(root, folder, name)),
);
const results = JSON.parse(run(process.execPath, [program, String(count), String(seed), ...files]));
const [examples, random] = [results.slice(0, files.length), results.slice(files.length)];
const { version } = JSON.parse(readFileSync(join(root, "node_modules", "@dagrejs", "dagre", "package.json"), "utf8"));

writePage(
  "RESULTS-LAYOUT.md",
  `# How good a layout is

${made("bench:layout")}
netloom's layout beside that of [dagre](https://github.com/dagrejs/dagre) ${version}, by numbers; less is better in every column. No time
is measured: the same sources give the same numbers on any machine.

The examples, netloom / dagre:

| network | boxes | cables | ${MEASURES.map(([, title]) => title).join(" | ")} |
|---|---|---|${MEASURES.map(() => "---|").join("")}
${examples.map(exampleRow).join("\n")}

${count} random networks (seed ${seed}) of up to 24 hosts and routers on up to 6 switches, each on up to three of them, with up to 10 cables
between nodes. Lower quartile, median and upper quartile; the sum of all; and in how many networks either is better.

| measure | netloom | dagre | sum, netloom | sum, dagre | netloom better | equal | dagre better |
|---|---|---|---|---|---|---|---|
${MEASURES.map(randomRow).join("\n")}

- **Both** lay out the same connected parts of at least two boxes, made from the same topology; a picture of several parts counts as
  the sum of them. Both start with the same size for each box. netloom may make a switch longer, for the cables plugged into it;
  its area includes that. Text at the ends of cables is left out of both and is not compared: netloom makes room for it, dagre
  does not know of it. Some of netloom's gaps are as wide as that room even where there is no text.
- **netloom**: the layout of \`netloom draw\`, with cables as they are drawn: each has a place of its own at the side of a box, and
  curves from column to column. **dagre**: its default algorithms, with cables directed away from where netloom begins, as in
  \`--format mermaid\`; gaps of 12 px between boxes (34 px from left to right), 14 px between cables and 40 px between layers; laid out
  once from above and once from the left, of which the better one counts. Cables are straight between the points that it gives.
- **crossings**: points at which two cables cross outside of boxes that both are plugged into. **cable on boxes**: length of cables
  on boxes that they are not plugged into. **area**: of the smallest rectangle around boxes and cables. **cable**: length of all
  cables outside of their own boxes. **turns**: by how much all cables change direction, in right angles; a curve turns twice where
  a straight piece is just oblique.
- netloom keeps a promise that costs crossings and that dagre does not make: one more host moves no other box past its
  neighbours. So hosts on several switches have no say in the order of those switches.
`,
);

function exampleRow({ name, boxes, cables, ours, dagre }) {
  const both = MEASURES.map(([key]) => (cables === 0 ? "" : `${Math.round(ours[key])} / ${Math.round(dagre[key])}`));
  return `| ${name} | ${boxes} | ${cables} | ${both.join(" | ")} |`;
}

function randomRow([key, title]) {
  const [ours, theirs] = ["ours", "dagre"].map((who) => random.map((result) => Math.round(result[who][key])));
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const better = (a, b) => a.filter((value, i) => value < b[i]).length;
  const [wins, losses] = [better(ours, theirs), better(theirs, ours)];
  return `| ${title} | ${quartiles(ours)} | ${quartiles(theirs)} | ${total(ours)} | ${total(theirs)} | ${wins} | ${random.length - wins - losses} | ${losses} |`;
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(part * (sorted.length - 1))]).join(", ");
}
