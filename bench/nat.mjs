// How long the rules of 100 routers take to load: netloom, `nft -f`, and the floor, side by side in one run. Each router has
// NAT, a firewall and three published ports. Writes RESULTS-NAT.md.
//   npm run bench:nat
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), "netloom-bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
delete process.env.NODE_EXTRA_CA_CERTS; // it triples Node's start-up time
process.env.PATH += ":/usr/sbin:/sbin";
const ROUNDS = 9;
const GOAL = 1.5;
/** A private machine by util-linux alone. */
const PRIVATE = [
  "-Urnm",
  "--pid",
  "--fork",
  "--mount-proc",
  "sh",
  "-c",
  'mount -t tmpfs tmpfs /run && exec "$@"',
  "sh",
];
const worker = join(root, "node_modules", ".bench-nat.cjs");

if (process.argv[2] === "inside") work();
else await main();

async function main() {
  const { build } = await import("esbuild");
  const options = {
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    logLevel: "error",
  };
  const define = { "import.meta.url": "undefined" };
  const wrap = {
    banner: { js: "(function(require){var module={exports:{}},exports=module.exports;" },
    footer: { js: "})" },
  };
  await build({ entryPoints: [join(root, "bench", "nat-floor.ts")], outfile: worker, define, ...options, ...wrap });
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
      settle();
      const milliseconds = Number(inside(mode, mode === "netloom" ? kind : directory));
      // The first round warms caches, disk and kernel.
      if (round > 0) taken[mode].push(milliseconds);
    }
  }
  const medians = Object.fromEntries(Object.entries(taken).map(([mode, values]) => [mode, median(values)]));
  console.error(Object.entries(taken).map(([mode, values]) => `  ${mode} ${median(values).toFixed(1)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}) ms`).join("")); // prettier-ignore
  return { title, rules, ...medians };
}

function inside(...args) {
  return run("unshare", [...PRIVATE, process.execPath, fileURLToPath(import.meta.url), "inside", ...args]);
}

/** The kernel takes namespaces apart in the background, which slows down whoever loads meanwhile. */
function settle() {
  const busy = () => {
    const [user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "latin1").split("\n")[0].split(/\s+/).slice(1).map(Number); // prettier-ignore
    return (user + nice + system + irq + softirq) * 10;
  };
  for (let tries = 0; tries < 5; tries++) {
    const before = busy();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    if (busy() - before < 30) return;
  }
}

function run(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function write(rows) {
  const ratio = (a, b) => (b === undefined ? "" : (a / b).toFixed(2));
  const text = `# How fast rules are loaded

\`npm run bench:nat\` made this page: ${new Date().toISOString().slice(0, 10)}, Linux ${release()}, Node ${process.version}, ${cpus().length} processors, as ${process.getuid() === 0 ? "root" : "an ordinary user"},
\`NODE_EXTRA_CA_CERTS\` unset. 100 routers, each with NAT, a firewall and three published ports. Every figure is a ratio of
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
  writeFileSync(join(root, "bench", "RESULTS-NAT.md"), text);
  console.log(text);
}
