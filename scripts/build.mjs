// Builds the program: src/cli/main.ts and all it needs into dist/cli.cjs, one file, and beside it V8's compiled forms of
// it: dist/cli.cache with the functions that a command runs through, dist/hold.cache with those of a lab's holder. To
// find out which those are, a small lab is brought up, in namespaces of its own; where that is forbidden the caches hold
// the outermost functions only. Two builds at once are safe: each writes files of its own and renames them.
// `--package` also makes the library (dist/lib) and schema.json.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "dist");
const quiet = process.argv.includes("--quiet");

const CACHES = ["cli.cache", "hold.cache"];

const WARM_TOPOLOGY = `
name: warm
switches: { lan: { subnet: [10.0.0.0/24, "fd00::/64"] } }
hosts:
  a: { interfaces: { eth0: lan } }
  b: { interfaces: { eth0: { link: lan, address: [10.0.0.7/24, "fd00::7/64"] } } }
  c: { interfaces: { eth0: { link: "gw:eth1", address: 10.1.0.2/30 } }, gateway: 10.1.0.1 }
routers:
  gw:
    interfaces: { eth0: lan, eth1: { link: "c:eth0", address: 10.1.0.1/30 } }
    nat: [{ masquerade: eth1 }]
    publish: [{ in: eth1, port: 80, to: "b:80" }]
    firewall: { forward: drop, rules: [allow established, allow all from lan] }
`;

// In a lab of ours: this file stands in for bin/netloom, see warmUp().
if (process.env.NETLOOM_BUILD_CACHES) await warm(process.env.NETLOOM_BUILD_CACHES);
else await build();

async function build() {
  const esbuild = await import("esbuild").catch(() => fail("the dependencies are not installed: npm ci"));
  // The program's age is the moment the build began: what is edited meanwhile is newer than it.
  const begun = new Date();
  const program = await bundle(esbuild);
  fs.mkdirSync(dist, { recursive: true });
  write("cli.cjs.map", program.map, begun);
  write("cli.cjs", program.text, begun);
  const caches = warmUp();
  for (const [name, cache] of Object.entries(caches)) write(name, cache, begun);
  if (!quiet)
    console.log(
      `dist: cli.cjs ${kilobytes(program.text)}, caches ${Object.values(caches).map(kilobytes).join(" and ")}`,
    );
  if (process.argv.includes("--package")) packageLibrary();
}

function packageLibrary() {
  fs.rmSync(path.join(dist, "lib"), { recursive: true, force: true });
  run(process.execPath, [path.join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
  const schema = run(process.execPath, [path.join(root, "bin", "netloom"), "schema"]);
  fs.writeFileSync(path.join(root, "schema.json"), schema);
  if (!quiet) console.log(`dist/lib, schema.json ${kilobytes(schema)}`);
}

/** One file in which `import()` stays lazy: a module is evaluated when it is first asked for. */
async function bundle(esbuild) {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const result = await esbuild
    .build({
      absWorkingDir: root,
      entryPoints: ["src/cli/main.ts"],
      outfile: "dist/cli.cjs",
      write: false,
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "node20.19",
      external: ["koffi"],
      charset: "ascii",
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      sourcemap: "linked",
      sourcesContent: false,
      logLevel: "warning",
      define: {
        __NETLOOM_VERSION__: JSON.stringify(version),
        // There is no import.meta in such a file; kernel/libc.ts then takes the `require` it is given.
        "import.meta.url": "undefined",
      },
      // `node dist/cli.cjs` works; run as a script (the launcher does) the value of the file is the function.
      banner: {
        js:
          `(m=>typeof module=="object"?require.main===module?m(require,__filename).start():module.exports=m(require,__filename):m)` +
          `(function(require,__filename){var module={exports:{}},exports=module.exports,` +
          `__dirname=require("path").dirname(__filename);`,
      },
      footer: { js: "return module.exports})" },
    })
    .catch(() => fail("the bundle could not be made"));
  const output = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending)).text;
  const text = output(".cjs");
  const fingerprint = `//${createHash("sha256").update(text).digest("hex").slice(0, 31)}\n`;
  // The launcher reads it as Latin-1, the quickest there is.
  if (/\P{ASCII}/u.test(text)) fail("dist/cli.cjs is not plain ASCII");
  // The fingerprint is a line of its own before the text: one empty line in the map keeps it true.
  const map = JSON.parse(output(".map"));
  map.mappings = `;${map.mappings}`;
  return { text: fingerprint + text, map: JSON.stringify(map), fingerprint };
}

/** Brings up a lab with this file as the launcher, of which each process leaves its cache; else makes plain ones. */
function warmUp() {
  // A terminal that is closed meanwhile, or Ctrl-C, are heard when the lab has gone, and the folder with it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => process.exit(128 + os.constants.signals[signal]));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "netloom-build-"));
  try {
    const topology = path.join(folder, "warm.yaml");
    fs.writeFileSync(topology, WARM_TOPOLOGY);
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), topology], {
      env: { ...process.env, NETLOOM_BUILD_CACHES: folder, NETLOOM_RUNTIME_DIR: path.join(folder, "run") },
      stdio: "ignore",
      timeout: 20_000,
      killSignal: "SIGKILL",
    });
    const text = fs.readFileSync(path.join(dist, "cli.cjs"), "latin1");
    const plain = () =>
      Buffer.concat([Buffer.from(text.slice(0, 34), "latin1"), compile(text).script.createCachedData()]);
    const cacheOf = (name) =>
      fs.existsSync(path.join(folder, name)) ? fs.readFileSync(path.join(folder, name)) : plain();
    return Object.fromEntries(CACHES.map((name) => [name, cacheOf(name)]));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The part of bin/netloom, for the command and for the holder that it starts: run, and leave the cache behind. */
async function warm(folder) {
  const holder = process.argv[2] === "__hold";
  const text = fs.readFileSync(path.join(dist, "cli.cjs"), "latin1");
  const { script, program } = compile(text);
  process.on("exit", () => {
    const cache = Buffer.concat([Buffer.from(text.slice(0, 34), "latin1"), script.createCachedData()]);
    fs.writeFileSync(path.join(folder, CACHES[holder ? 1 : 0]), cache);
  });
  if (holder) return program.start();
  await program.warm(process.argv[2]);
  process.exit(0);
}

function compile(text) {
  const file = path.join(dist, "cli.cjs");
  const script = new vm.Script(text, { filename: file });
  return { script, program: script.runInThisContext()(createRequire(path.join(root, "bin", "netloom")), file) };
}

function write(name, content, begun) {
  const temporary = path.join(dist, `.${name}.${process.pid}`);
  try {
    fs.writeFileSync(temporary, content);
    fs.utimesSync(temporary, begun, begun);
    fs.renameSync(temporary, path.join(dist, name));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    fail(`cannot write dist/${name}: ${error.message}`);
  }
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 });
  if (result.status !== 0) fail(`${args[0]} failed:\n${result.stdout}`);
  return result.stdout;
}

function kilobytes(content) {
  return `${Math.ceil(content.length / 1024)} kB`;
}

function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}
