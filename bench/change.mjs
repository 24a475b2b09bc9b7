// What a running lab costs to check, to change and to take away, beside what it costs to build. Writes RESULTS-CHANGE.md.
//   npm run bench:change            1,000 hosts on one switch
//   npm run bench:change -- 300     another number
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { made, makeScratch, median, netloom, pause, run, settle, writePage } from "./support.mjs";

// In a user namespace of its own, the kernel can be asked whether all its network namespaces are gone.
if (!process.env.NETLOOM_BENCH_INSIDE) {
  const env = { ...process.env, NETLOOM_BENCH_INSIDE: "1" };
  const { status } = spawnSync("unshare", ["-Ur", process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env,
  });
  process.exit(status ?? 1);
}
makeScratch();
const size = Number(process.argv[2] ?? 1000);
const ROUNDS = 5;
const LIMIT = "/proc/sys/user/max_net_namespaces";
const taken = { build: [], nothing: [], more: [], fewer: [], down: [], kernel: [], returned: [] };

command("--version");
for (let round = 0; round <= ROUNDS; round++) {
  console.error(`round ${round} …`);
  settle();
  const figures = { build: up(size) };
  settle();
  figures.nothing = up(size);
  figures.more = up(size + 1);
  figures.fewer = up(size);
  settle();
  figures.down = time(() => {
    figures.returned = time(() => command("down", "bench"));
    untilTakenApart();
  });
  settle();
  up(size);
  settle();
  figures.kernel = time(() => {
    killHolder();
    untilTakenApart();
  });
  command("down", "bench");
  // The first round warms caches, disk and kernel.
  if (round > 0) for (const [key, value] of Object.entries(figures)) taken[key].push(value);
}
const medians = Object.fromEntries(Object.entries(taken).map(([key, values]) => [key, median(values)]));
console.error(
  Object.entries(medians)
    .map(([key, value]) => `  ${key} ${value.toFixed(0)} ms`)
    .join(""),
);
const ratio = (a, b) => (medians[a] / medians[b]).toFixed(2);
const text = `# How fast a lab is changed

${made("bench:change")} Ratios of medians of ${ROUNDS} rounds on the same machine; ${size} hosts on one switch; whole processes, as a user
starts them.

| what | ratio | goal |
|---|---|---|
| \`up\` again, nothing to change ÷ \`up\` from nothing | ${ratio("nothing", "build")} | ≤ 0.35 |
| \`up\` with one host more ÷ \`up\` from nothing | ${ratio("more", "build")} | ≤ 0.4 |
| \`up\` with one host less ÷ \`up\` from nothing | ${ratio("fewer", "build")} | |
| \`down\` ÷ the kernel alone: SIGKILL to the lab's first process; both until the last namespace is taken apart | ${ratio("down", "kernel")} | ≤ 1.3 |
| of that \`down\`, the part until it returns | ${ratio("returned", "down")} | |

A goal that the table does not show reached is not reached. The kernel takes namespaces apart in the background, after \`down\` or the
kill; it has finished when a user namespace that may have one network namespace only can make one again (ENOSPC until then).
`;
writePage("RESULTS-CHANGE.md", text);

function up(count) {
  return time(() => command("up", `star:${count}`, "--name", "bench"));
}

/** The kernel counts the network namespaces of a user namespace, those below it included, until each is taken apart. */
function untilTakenApart() {
  const limit = readFileSync(LIMIT, "latin1");
  writeFileSync(LIMIT, "1");
  while (spawnSync("unshare", ["--net", "true"], { stdio: "ignore" }).status !== 0) pause(2);
  writeFileSync(LIMIT, limit);
}

/** Ends the lab with nothing but a signal, and waits until its processes are gone. */
function killHolder() {
  const { holder, launcher } = JSON.parse(readFileSync(join(process.env.NETLOOM_RUNTIME_DIR, "bench.json"), "utf8"));
  process.kill(holder.pid, "SIGKILL");
  for (const { pid } of [holder, launcher]) {
    for (let tries = 0; tries < 100_000 && isAlive(pid); tries++) pause(0.2);
  }
}

function isAlive(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

function time(action) {
  const began = performance.now();
  action();
  return performance.now() - began;
}

function command(...args) {
  run(process.execPath, [netloom, ...args]);
}
