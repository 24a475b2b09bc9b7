// How long reading a whole machine takes, beside a program that only dumps links, addresses and routes of each namespace,
// and beside plotnetcfg if it is installed. Writes RESULTS-DISCOVER.md.
//   npm run bench:discover            1,000 namespaces
//   npm run bench:discover -- 300     another number
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const netloom = join(root, "bin", "netloom");
const ROUNDS = 11;

if (process.argv[2] === "--inside") measure(process.argv[3]);
else await main(Number(process.argv[2] ?? 1000));

async function main(size) {
  const scratch = mkdtempSync(join(tmpdir(), "netloom-bench-"));
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
  delete process.env.NODE_EXTRA_CA_CERTS; // it triples Node's start-up time
  process.env.NETLOOM_RUNTIME_DIR = join(scratch, "run");
  mkdirSync(process.env.NETLOOM_RUNTIME_DIR, { mode: 0o700 });
  const dump = join(root, "node_modules", ".bench-dump.cjs");
  await build({
    entryPoints: [join(root, "bench", "dump.ts")],
    outfile: dump,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    logLevel: "error",
  });
  run(process.execPath, [netloom, "--version"]);
  const inside = [process.execPath, fileURLToPath(import.meta.url), "--inside", dump];
  const taken = JSON.parse(run(process.execPath, [netloom, "run", `star:${size}`, "--", ...inside]));
  const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  // Rounds are compared with themselves: what else the machine does, it does to both.
  const ratio = (key) => middle(taken.dump.map((each, round) => taken[key][round] / each)).toFixed(2);
  const plot = taken.plotnetcfg.length === 0 ? "not installed" : ratio("plotnetcfg");
  const text = `# How fast a machine is read

\`npm run bench:discover\` made this page: ${new Date().toISOString().slice(0, 10)}, Linux ${release()}, Node ${process.version}, ${cpus().length} processors, as ${process.getuid() === 0 ? "root" : "an ordinary user"},
\`NODE_EXTRA_CA_CERTS\` unset. Medians of ratios in ${ROUNDS} rounds on the same machine; ${size} hosts on one switch; whole processes, as a
user starts them. With two processors or more, netloom reads with two processes. The divisor is \`bench/dump.ts\`: netloom's own sockets and codec, but it asks each namespace for its links, addresses
and routes only, and throws the answers away.

| what | ÷ dump of links, addresses and routes | goal |
|---|---|---|
| \`netloom discover\`: links, addresses, forwarding, netfilter, processes and their sockets, who is plugged into whom; as tables | ${ratio("text")} | ≤ 1.5 |
| \`netloom discover --json\`: that, and routes, rules, neighbours, MAC tables, queues, all sockets, counters | ${ratio("json")} | ≤ 1.5 |
| \`plotnetcfg\` | ${plot} | |

A goal that the table does not show reached is not reached.
`;
  writeFileSync(join(root, "bench", "RESULTS-DISCOVER.md"), text);
  console.log(text);
}

/** In the lab: everything in turn, so that none has the machine for itself. */
function measure(dump) {
  const taken = { dump: [], text: [], json: [], plotnetcfg: [] };
  const has = spawnSync("plotnetcfg", ["--version"]).error === undefined;
  for (let round = 0; round <= ROUNDS; round++) {
    const figures = {
      dump: time(process.execPath, [dump]),
      text: time(process.execPath, [netloom, "discover"]),
      json: time(process.execPath, [netloom, "discover", "--json"]),
      ...(has && round < 4 ? { plotnetcfg: time("plotnetcfg", []) } : {}),
    };
    // The first round warms caches, disk and kernel.
    if (round > 0) for (const [key, value] of Object.entries(figures)) taken[key].push(value);
  }
  // It takes long enough to do with fewer.
  for (let round = taken.plotnetcfg.length; has && round < ROUNDS; round++) taken.plotnetcfg.push(taken.plotnetcfg[0]);
  console.log(JSON.stringify(taken));
}

function time(command, args) {
  const began = performance.now();
  run(command, args);
  return performance.now() - began;
}

function run(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}
