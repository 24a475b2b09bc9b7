// How long a network takes to come up: netloom, `ip -batch`, and the floor, side by side in one run. Writes RESULTS.md.
//   npm run bench            N = 10, 100, 1000
//   npm run bench -- 10 100  only these
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  bundle,
  busyFor,
  made,
  makeScratch,
  median,
  netloom,
  PRIVATE,
  run,
  settle,
  time,
  writePage,
} from "./support.mjs";

const scratch = makeScratch();
const sizes = process.argv.slice(2).map(Number).filter(Boolean);
const require =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";
const floor = await bundle("floor.ts", ".bench-floor.mjs", { format: "esm", banner: { js: require } });
run(process.execPath, [netloom, "--version"]);

const lines = [];
const bare = medianOf(11, () => time(process.execPath, ["-e", "0"]));
const small = medianOf(11, () => up("star:3").whole);
report(`| 3 hosts and a bridge: whole \`up\` ÷ \`node -e 0\` | ${ratio(small, bare)} | ≤ 6 |`);
const table = [];
for (const size of sizes.length > 0 ? sizes : [10, 100, 1000]) {
  for (const shape of [`star:${size}`, `chain:${size}`]) table.push(compare(shape, size >= 1000 ? 5 : 9));
}
write();

function compare(shape, rounds) {
  console.error(`${shape} …`);
  const recording = join(scratch, "recording.json");
  const files = join(scratch, "batch");
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files);
  machine(process.execPath, [floor, "record", shape, recording]);
  run(process.execPath, [floor, "batch", shape, files]);
  const taken = { floor: [], building: [], whole: [], ip: [], split: [], down: [], after: [], resident: [], peak: [] };
  for (let round = 0; round <= rounds; round++) {
    settle();
    const figures = { floor: Number(machine(process.execPath, [floor, "replay", recording])) };
    settle();
    const { down, ...ours } = up(shape, size(shape) >= 1000);
    Object.assign(figures, ours, { down });
    settle();
    figures.ip = time("unshare", [...PRIVATE, "ip", "-batch", join(files, "one")]);
    settle();
    figures.split = time("unshare", [...PRIVATE, "sh", join(files, "script")]);
    // The first round warms caches, disk and kernel.
    if (round > 0) for (const [key, value] of Object.entries(figures)) taken[key]?.push(value);
  }
  const medians = Object.fromEntries(Object.entries(taken).map(([key, values]) => [key, median(values)]));
  console.error(
    Object.entries(medians)
      .map(([key, value]) => `  ${key} ${value?.toFixed(1)}`)
      .join(""),
  );
  return { shape, ...medians };
}

function size(shape) {
  return Number(shape.split(":")[1]);
}

/** One whole life of a lab: milliseconds of `up` from outside, of the build from inside, of `down`; megabytes. */
function up(shape, watch = false) {
  const began = performance.now();
  const answer = run(process.execPath, [netloom, "up", shape, "--name", "bench", "--json"]);
  const whole = performance.now() - began;
  const { applying } = JSON.parse(answer).build;
  const memory = watch ? holderMemory() : {};
  const after = watch ? busyFor(5_000) : undefined;
  const ended = performance.now();
  run(process.execPath, [netloom, "down", "bench"]);
  return { whole, building: applying, down: performance.now() - ended, after, ...memory };
}

/** Resident memory, now and at its peak, of every process that the lab keeps. */
function holderMemory() {
  const sum = { resident: 0, peak: 0 };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("__hold\0bench")) continue;
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      sum.resident += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
      sum.peak += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
    } catch {
      // it has gone meanwhile
    }
  }
  return sum;
}

function machine(command, args) {
  return run("unshare", [...PRIVATE, command, ...args]);
}

function medianOf(count, measure) {
  measure();
  return median(Array.from({ length: count }, measure));
}

function ratio(a, b) {
  return a === undefined || b === undefined ? "" : (a / b).toFixed(2);
}

function report(line) {
  console.log(line);
  lines.push(line);
}

function write() {
  const rows = table.map(({ shape, floor: least, building, whole, ip, split, down, resident, peak, after }) => [
    shape,
    ratio(building, least),
    ratio(whole, ip),
    ratio(whole, split),
    ratio(whole, bare),
    ratio(down, bare),
    resident?.toFixed(0) ?? "",
    peak?.toFixed(0) ?? "",
    ratio(after, building),
  ]);
  const text = `# How fast

${made("bench")} Every figure is a ratio of medians of runs taken in turn on the same machine: milliseconds of a
shared machine mean little, ratios hold.

| what | ratio | goal |
|---|---|---|
${lines.join("\n")}

| network | build ÷ floor | whole \`up\` ÷ \`ip -batch\` | whole \`up\` ÷ \`ip -n … -batch\` each | whole \`up\` ÷ \`node -e 0\` | \`down\` ÷ \`node -e 0\` | resident, MB | peak, MB | processor time in the 5 s after ÷ build |
|---|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

- **build**: making every namespace, link, address and route, inside the running program. **floor**: the same netlink bytes,
  recorded from a build and sent again from memory by the least code (\`bench/floor.ts\`).
- **whole \`up\`**: the process as a user starts it: reading, validating, the private machine without root, building, and reading
  everything back to prove that it is equal. **\`ip -batch\`**: one batch for everything, which
  has to start another \`ip\` for what is inside each namespace (\`netns exec\`). **\`ip -n … -batch\` each**: a shell that runs one batch
  for namespaces and links, and one \`ip -n NAME -batch\` for each namespace, the fastest way with \`ip\` that we know. Both in a
  private machine made by \`unshare\`; both set no forwarding and no MAC addresses, and check nothing.
- **resident, peak**: all processes that the lab keeps running (there is none for a host), after \`up\` and at most.
- Goals at 1,000: build ≤ 1.25 × floor, whole \`up\` ≤ 0.4 × \`ip -batch\`, resident ≤ 120 MB; at 100: whole \`up\` ≤ 0.9 × \`ip -batch\`.
  A goal that the table above does not show reached is not reached. Below some hundred nodes the two starts of Node.js (the
  command and the lab's holder) are most of the whole; at every size a quarter of it is reading everything back.
`;
  writePage("RESULTS.md", text);
}
