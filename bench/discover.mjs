// How long reading a whole machine takes, beside a program that only dumps links, addresses and routes of each namespace,
// and beside plotnetcfg if it is installed. Writes RESULTS-DISCOVER.md.
//   npm run bench:discover            1,000 namespaces
//   npm run bench:discover -- 300     another number
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bundle, made, makeScratch, median, netloom, run, time, writePage } from "./support.mjs";

const ROUNDS = 11;

if (process.argv[2] === "--inside") measure(process.argv[3]);
else await main(Number(process.argv[2] ?? 1000));

async function main(size) {
  makeScratch();
  const dump = await bundle("dump.ts", ".bench-dump.cjs");
  run(process.execPath, [netloom, "--version"]);
  const inside = [process.execPath, fileURLToPath(import.meta.url), "--inside", dump];
  const taken = JSON.parse(run(process.execPath, [netloom, "run", `star:${size}`, "--", ...inside]));
  // Rounds are compared with themselves: what else the machine does, it does to both.
  const ratio = (key) => median(taken[key].map((each, round) => each / taken.dump[round])).toFixed(2);
  const plot = taken.plotnetcfg.length === 0 ? "not installed" : ratio("plotnetcfg");
  const text = `# How fast a machine is read

${made("bench:discover")} Medians of ratios in ${ROUNDS} rounds on the same machine; ${size} hosts on one switch; whole processes, as a
user starts them. With two processors or more, one thread of netloom asks and another makes sense of the answers. The divisor is \`bench/dump.ts\`: netloom's own sockets and codec, but it asks each namespace for its links, addresses
and routes only, and throws the answers away.

| what | ÷ dump of links, addresses and routes | goal |
|---|---|---|
| \`netloom discover\`: links, addresses, forwarding, netfilter, processes and their sockets, who is plugged into whom; as tables | ${ratio("text")} | ≤ 1.5 |
| \`netloom discover --json\`: that, and routes, rules, neighbours, MAC tables, queues, all sockets, counters | ${ratio("json")} | ≤ 1.5 |
| \`plotnetcfg\` | ${plot} | |

A goal that the table does not show reached is not reached.
`;
  writePage("RESULTS-DISCOVER.md", text);
}

/** In the lab: everything in turn, so that none has the machine for itself. */
function measure(dump) {
  const taken = { dump: [], text: [], json: [], plotnetcfg: [] };
  const has = spawnSync("plotnetcfg", ["--version"]).error === undefined;
  for (let round = 0; round <= ROUNDS; round++) {
    // The last takes long enough to do with fewer.
    const figures = {
      dump: time(process.execPath, [dump]),
      text: time(process.execPath, [netloom, "discover"]),
      json: time(process.execPath, [netloom, "discover", "--json"]),
      ...(has && round < 4 ? { plotnetcfg: time("plotnetcfg", []) } : {}),
    };
    // The first round warms caches, disk and kernel.
    if (round > 0) for (const [key, value] of Object.entries(figures)) taken[key].push(value);
  }
  console.log(JSON.stringify(taken));
}
