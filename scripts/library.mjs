// Makes dist/lib, by which the library in dist/cli.cjs is imported: of each subpath in package.json's `exports` one ES
// module that names what it exports, and the declarations that TypeScript reads, as far as they can be reached from there.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { linkTypes } from "./link-types.mjs";
import { topologyTypes } from "./topology-types.mjs";

const LIB = "dist/lib/";

/** The subpaths that are code, each with the source file it comes from: `./netlink` from src/netlink/index.ts. */
export function entries(root) {
  const { exports = {} } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([subpath, target]) => {
      const module = target.default.slice(`./${LIB}`.length);
      return { subpath, module, source: `src/${module.replace(/\.js$/, ".ts")}` };
    });
}

export async function makeLibrary(root, esbuild) {
  const folder = path.join(root, LIB);
  const scratch = path.join(root, "dist", `.lib.${process.pid}`);
  try {
    const declarations = path.join(scratch, "declarations");
    emitDeclarations(root, declarations, scratch);
    await describe(root, esbuild, declarations);
    const made = path.join(scratch, "lib");
    const { library } = createRequire(import.meta.url)(path.join(root, "dist", "cli.cjs"));
    for (const { subpath, module } of entries(root)) {
      copyDeclarations(declarations, made, module.replace(/\.js$/, ".d.ts"));
      const up = "../".repeat(module.split("/").length);
      const names = Object.keys(library[subpath]()).sort();
      const text = `import program from "${up}cli.cjs";\nexport const { ${names.join(", ")} } = program.library["${subpath}"]();\n`;
      fs.writeFileSync(path.join(made, module), text);
    }
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(made, folder);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

function emitDeclarations(root, outDir, scratch) {
  fs.mkdirSync(scratch, { recursive: true });
  const config = path.join(scratch, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: path.join(root, "src"),
  };
  const files = entries(root).map(({ source }) => path.join(root, source));
  const extended = path.join(root, "tsconfig.json");
  const typeRoots = [path.join(root, "node_modules", "@types")];
  const settings = {
    extends: extended,
    compilerOptions: { ...compilerOptions, outDir, typeRoots },
    files,
    include: [],
  };
  fs.writeFileSync(config, JSON.stringify(settings));
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", config], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the declarations could not be made:\n${stdout}`);
}

/** Where types follow from schema or tables, these say what each key means, which tsc's own declarations do not. */
async function describe(root, esbuild, declarations) {
  const outfile = path.join(declarations, "described.mjs");
  const contents = `
    export { jsonSchema } from "./src/topology/json-schema.ts";
    export { LINK_KINDS } from "./src/model/links/index.ts";`;
  const stdin = { contents, resolveDir: root };
  await esbuild.build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  const { jsonSchema, LINK_KINDS } = await import(outfile);
  fs.writeFileSync(path.join(declarations, "topology", "schema.d.ts"), topologyTypes(jsonSchema()));
  const links = path.join(declarations, "model", "links");
  const parts = fs.readdirSync(links).map((file) => fs.readFileSync(path.join(links, file), "utf8"));
  fs.writeFileSync(path.join(links, "types.d.ts"), linkTypes(LINK_KINDS, parts.join("\n")));
}

/** Copies a declaration file and those that it imports. They name each other by `.ts`, which only this project resolves. */
function copyDeclarations(from, to, file) {
  const target = path.join(to, file);
  if (fs.existsSync(target)) return;
  const needed = [];
  const text = fs
    .readFileSync(path.join(from, file), "utf8")
    .replaceAll(/((?:from|import\()\s*)"(\.[^"]+)\.ts"/g, (_, before, module) => {
      needed.push(path.join(path.dirname(file), `${module}.d.ts`));
      return `${before}"${module}.js"`;
    });
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, text);
  for (const other of needed) copyDeclarations(from, to, other);
}
