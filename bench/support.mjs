// What every benchmark needs: a folder and a runtime directory of its own, a private machine, quiet, and a page to write.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const netloom = join(root, "bin", "netloom");

/** A folder that goes with this process. Labs of this process have their files there, too. */
export function makeScratch() {
  const scratch = mkdtempSync(join(tmpdir(), "netloom-bench-"));
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
  delete process.env.NODE_EXTRA_CA_CERTS; // it triples Node's start-up time
  process.env.PATH += ":/usr/sbin:/sbin";
  process.env.NETLOOM_RUNTIME_DIR = join(scratch, "run");
  mkdirSync(process.env.NETLOOM_RUNTIME_DIR, { mode: 0o700 });
  return scratch;
}

/** For `unshare`: a private machine by util-linux alone. */
export const PRIVATE = [
  "-Urnm",
  "--pid",
  "--fork",
  "--mount-proc",
  "sh",
  "-c",
  'mount -t tmpfs tmpfs /run && exec "$@"',
  "sh",
];

/** Makes one file of a TypeScript program of this folder. Returns where it is. */
export async function bundle(source, output, options = {}) {
  const { build } = await import("esbuild");
  const outfile = join(root, "node_modules", output);
  await build({
    entryPoints: [join(root, "bench", source)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    logLevel: "error",
    ...options,
  });
  return outfile;
}

/** What it prints. */
export function run(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

/** Milliseconds. */
export function time(command, args) {
  const began = performance.now();
  run(command, args);
  return performance.now() - began;
}

export function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Processor milliseconds that the whole machine spends in the next moments. */
export function busyFor(milliseconds) {
  const busy = () => {
    const [user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "latin1")
      .split("\n")[0]
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq) * 10;
  };
  const before = busy();
  pause(milliseconds);
  return busy() - before;
}

/** The kernel takes namespaces apart in the background, which slows down whoever works meanwhile: waits for quiet. */
export function settle({ tries = 100, every = 200 } = {}) {
  for (; tries > 0 && busyFor(every) >= every * 0.3; tries--);
}

/** Of what is there. */
export function median(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[known.length >> 1];
}

/** `npm run bench made this page: …`: when, and on what. */
export function made(script) {
  const who = process.getuid() === 0 ? "root" : "an ordinary user";
  const day = new Date().toISOString().slice(0, 10);
  return `\`npm run ${script}\` made this page: ${day}, Linux ${release()}, Node ${process.version}, ${cpus().length} processors, as ${who},\n\`NODE_EXTRA_CA_CERTS\` unset.`;
}

/** Writes the page, and shows it. */
export function writePage(name, text) {
  writeFileSync(join(root, "bench", name), text);
  console.log(text);
}
