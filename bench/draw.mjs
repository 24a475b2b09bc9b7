// How long a picture of 1,000 nodes takes. Writes RESULTS-DRAW.md.
//   npm run bench:draw            1,000 nodes
//   npm run bench:draw -- 300     another number
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { bundle, made, makeScratch, median, netloom, run, time, writePage } from "./support.mjs";

const size = Number(process.argv[2] ?? 1000);
const ROUNDS = 7;
const GOAL = 2;

const scratch = makeScratch();
const picture = await bundle("picture.ts", ".bench-picture.cjs");
run(process.execPath, [netloom, "--version"]);

const load = loadavg()[0].toFixed(1);
const side = Math.round(Math.sqrt(size));
const rows = [
  ["`star`: hosts on one switch, folded into one box", `star:${size}`],
  ["`chain`: routers in a row", `chain:${size}`],
  ["a tree of routers, each joined to a random one before it", file("tree", treeOf(size))],
  [`a grid of ${side} × ${side} routers`, file("grid", gridOf(side))],
].map(([what, network]) => compare(what, network));
const text = `# How fast a picture is drawn

${made("bench:draw").slice(0, -1)}; load average ${load} before it began. ${size} nodes; medians of ${ROUNDS} rounds, with the longest in brackets.
The whole process is \`netloom draw FILE -o FILE.svg\` as a user starts it: reading and resolving the topology are in it. Layout and
SVG are also taken alone, in a process that has drawn nothing before. Seconds depend on the machine and on what else it does;
the ratio, taken in the same round, less so.

| network | boxes | SVG, KB | layout and SVG, s | goal, s | whole process, s | ÷ \`node -e 0\` |
|---|---|---|---|---|---|---|
${rows.join("\n")}

A goal that the table does not show reached is not reached.
`;
writePage("RESULTS-DRAW.md", text);

function compare(what, network) {
  console.error(`${network} …`);
  const taken = { bare: [], whole: [], alone: [] };
  let last;
  for (let round = 0; round <= ROUNDS; round++) {
    const bare = time(process.execPath, ["-e", "0"]);
    const whole = time(process.execPath, [netloom, "draw", network, "-o", join(scratch, "picture.svg")]);
    last = JSON.parse(run(process.execPath, [picture, network]));
    // The first round warms caches and disk.
    if (round === 0) continue;
    taken.bare.push(bare);
    taken.whole.push(whole);
    taken.alone.push(last.taken);
  }
  const seconds = (list) => `${(median(list) / 1000).toFixed(2)} (${(Math.max(...list) / 1000).toFixed(2)})`;
  const ratio = median(taken.whole.map((each, round) => each / taken.bare[round])).toFixed(1);
  return `| ${what} | ${last.boxes} | ${Math.round(last.size / 1024)} | ${seconds(taken.alone)} | ≤ ${GOAL} | ${seconds(taken.whole)} | ${ratio} |`;
}

/** Topologies of routers and cables. */
function file(name, pairs) {
  const routers = {};
  for (const [i, ends] of pairs.entries()) {
    const [network, host] = [i >> 6, (i & 63) * 4];
    for (const [side, [node, link]] of ends.entries()) {
      const [there, other] = ends[1 - side];
      routers[node] ??= { gateway: [], interfaces: {} };
      routers[node].interfaces[link] = { link: `${there}:${other}`, address: `10.0.${network}.${host + side + 1}/30` };
    }
  }
  const path = join(scratch, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, routers }));
  return path;
}

/** The same each time: numbers that look random enough, by a linear congruence. */
function treeOf(count) {
  let seed = 1;
  const next = (limit) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const used = Array.from({ length: count }, () => 1);
  return Array.from({ length: count - 1 }, (_, i) => {
    const parent = next(i + 1);
    return [
      [`r${parent}`, `eth${used[parent]++}`],
      [`r${i + 1}`, "eth0"],
    ];
  });
}

function gridOf(across) {
  const pairs = [];
  for (let row = 0; row < across; row++)
    for (let column = 0; column < across; column++) {
      const here = `r${row}x${column}`;
      if (column + 1 < across)
        pairs.push([
          [here, "east"],
          [`r${row}x${column + 1}`, "west"],
        ]);
      if (row + 1 < across)
        pairs.push([
          [here, "south"],
          [`r${row + 1}x${column}`, "north"],
        ]);
    }
  return pairs;
}
