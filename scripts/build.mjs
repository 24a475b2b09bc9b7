// Builds the program: src/cli/main.ts and all it needs into dist/cli.cjs, one file, and beside it dist/cli.cache, V8's
// compiled form of it, with the functions of the usual path already compiled. Two builds at once are safe: each writes
// its own temporary files and renames them. `--package` also makes the library (dist/lib) and schema.json.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "dist");
const quiet = process.argv.includes("--quiet");

const esbuild = await import("esbuild").catch(() => fail("the dependencies are not installed: npm ci"));
const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

// The program's age is the moment the build began: what is edited meanwhile is newer than it.
const begun = new Date();
const program = await bundle();
const cache = await compile(program.text);
fs.mkdirSync(dist, { recursive: true });
write("cli.cjs.map", program.map);
write("cli.cjs", program.text);
write("cli.cache", Buffer.concat([Buffer.from(program.fingerprint, "latin1"), cache]));
if (!quiet) console.log(`dist/cli.cjs ${kilobytes(program.text)}, dist/cli.cache ${kilobytes(cache)}`);

if (process.argv.includes("--package")) {
  fs.rmSync(path.join(dist, "lib"), { recursive: true, force: true });
  run(process.execPath, [path.join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
  const schema = run(process.execPath, [path.join(root, "bin", "netloom"), "schema"]);
  fs.writeFileSync(path.join(root, "schema.json"), schema);
  if (!quiet) console.log(`dist/lib, schema.json ${kilobytes(schema)}`);
}

/** One file in which `import()` stays lazy: a module is evaluated when it is first asked for. */
async function bundle() {
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
        "import.meta.url": "__moduleUrl",
      },
      // `node dist/cli.cjs` works; run as a script (the launcher does) the value of the file is the function.
      banner: {
        js:
          `(m=>typeof module=="object"?require.main===module?m(require,__filename).start():module.exports=m(require,__filename):m)` +
          `(function(require,__filename){var module={exports:{}},exports=module.exports,` +
          `__dirname=require("path").dirname(__filename),__moduleUrl="file://"+encodeURI(__filename);`,
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

/** Runs the usual path once, so that the cached data holds its functions too and not just the outermost one. */
async function compile(text) {
  const script = new vm.Script(text, { filename: path.join(dist, "cli.cjs") });
  const require = createRequire(path.join(root, "bin", "netloom"));
  const { warm } = script.runInThisContext()(require, path.join(dist, "cli.cjs"));
  await warm?.();
  return script.createCachedData();
}

function write(name, content) {
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
