// How long the rules of 100 routers take to load: netloom, `nft -f`, and the floor, side by side in one run. Each router has
// NAT, a firewall and three published ports. Writes RESULTS-NAT.md.
//   npm run bench:nat
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { bundle, made, makeScratch, median, PRIVATE, root, run, settle, writePage } from "./support.mjs";

const scratch = makeScratch();
const ROUNDS = 9;
const GOAL = 1.5;
const worker = join(root, "node_modules", ".bench-nat.cjs");

if (process.argv[2] === "inside") work();
else await main();

async function main() {
  await bundle("nat-floor.ts", ".bench-nat.cjs", {
    define: { "import.meta.url": "undefined" },
    banner: { js: "(function(require){var module={exports:{}},exports=module.exports;" },
    footer: { js: "})" },
  });
  rmSync(`${worker}.cache`, { force: true });
  write([compare("plain", "masquerade", true), compare("home", "masquerade, `type: home`", false)]);
}

/** Runs the worker as bin/netloom runs the program: from V8's cached data, which recording leaves. */
function work() {
  const cache = `${worker}.cache`;
  const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
  const script = new Script(readFileSync(worker, "latin1"), { filename: worker, cachedData });
  script.runInThisContext()(createRequire(import.meta.url));
  if (process.argv[3] === "record") writeFileSync(cache, script.createCachedData());
}

function compare(kind, title, byNft) {
  console.error(`${title} …`);
  const directory = join(scratch, kind);
  mkdirSync(directory);
  const rules = Number(inside("record", kind, directory));
  const taken = { floor: [], netloom: [], ...(byNft && { nft: [], entered: [] }) };
  if (byNft) inside("compare", directory);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const mode of Object.keys(taken)) {
      settle({ tries: 5, every: 100 });
      const milliseconds = Number(inside(mode, mode === "netloom" ? kind : directory));
      // The first round warms caches, disk and kernel.
      if (round > 0) taken[mode].push(milliseconds);
    }
  }
  const medians = Object.fromEntries(Object.entries(taken).map(([mode, values]) => [mode, median(values)]));
  console.error(
    Object.entries(taken)
      .map(
        ([mode, values]) =>
          `  ${mode} ${median(values).toFixed(1)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}) ms`,
      )
      .join(""),
  );
  return { title, rules, ...medians };
}

function inside(...args) {
  return run("unshare", [...PRIVATE, process.execPath, fileURLToPath(import.meta.url), "inside", ...args]);
}

function write(rows) {
  const ratio = (a, b) => (b === undefined ? "" : (a / b).toFixed(2));
  const text = `# How fast rules are loaded

${made("bench:nat")} 100 routers, each with NAT, a firewall and three published ports. Every figure is a ratio of
medians of ${ROUNDS} runs taken in turn on the same machine: milliseconds of a shared machine mean little, ratios hold.

| NAT | rules each | netloom ÷ floor | netloom ÷ \`ip netns exec … nft -f\` | netloom ÷ \`nft -f\` alone |
|---|---|---|---|---|
${rows.map((row) => `| ${row.title} | ${row.rules} | ${ratio(row.netloom, row.floor)} | ${ratio(row.netloom, row.nft)} | ${ratio(row.netloom, row.entered)} |`).join("\n")}

Goal: netloom ≤ ${GOAL} × floor. A goal that the table does not show reached is not reached.

- **netloom**: the tables of the model put in nf_tables' terms and loaded, a batch a namespace, inside the running program; in a
  process that has not done it before, as in \`up\`. **floor**: the same netlink bytes, recorded from that and sent again from memory by
  the least code (\`bench/nat-floor.ts\`).
- **\`ip netns exec … nft -f\`**: one for each namespace, with the rules as nft lists them after netloom has loaded them; nft lists
  the same after it has loaded them itself, which each run checks. **\`nft -f\` alone**: started inside the namespace, without \`ip\`.
  The rules of a type of NAT are left out there: nft lists them, and cannot read its own listing of ports that are hashes.
- Namespaces are made before the clock starts, and each measurement has a private machine and a process of its own.
`;
  writePage("RESULTS-NAT.md", text);
}
