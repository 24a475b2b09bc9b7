// Builds the program: src/cli/main.ts and all it needs into dist/cli.cjs, one file, which also holds the library (see
// scripts/library.mjs: `--package` makes what is needed to import it). Two builds at once are safe: each writes files of
// its own and renames them.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { entries, makeLibrary } from "./library.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "dist");
const quiet = process.argv.includes("--quiet");

await build();

async function build() {
  const esbuild = await import("esbuild").catch(() => fail("the dependencies are not installed: npm ci"));
  // The program's age is the moment the build began: what is edited meanwhile is newer than it.
  const begun = new Date();
  const program = await bundle(esbuild);
  fs.mkdirSync(dist, { recursive: true });
  write("cli.cjs.map", program.map, begun);
  write("cli.cjs", program.text, begun);
  if (!quiet) console.log(`dist/cli.cjs ${Math.ceil(program.text.length / 1024)} kB`);
  if (!process.argv.includes("--package")) return;
  await makeLibrary(root, esbuild).catch((error) => fail(error.message));
  if (!quiet) console.log("dist/lib");
}

/** One file in which `import()` stays lazy: a module is evaluated when it is first asked for. */
async function bundle(esbuild) {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const library = entries(root).map(({ subpath, source }) => `"${subpath}": () => require("./${source}"),`);
  const result = await esbuild
    .build({
      absWorkingDir: root,
      stdin: {
        contents: `export { start } from "./src/cli/main.ts";\nexport const library = {${library.join("\n")}};\n`,
        sourcefile: "entry.js",
        resolveDir: root,
      },
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
  return { text: fingerprint + text, map: JSON.stringify(map) };
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

function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}
