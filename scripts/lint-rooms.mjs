// Writes .oxlintrc.rooms.json from rooms.json: which folder of src/ may import which others, and which packages. It is an
// allow-list: everyone may import their own folder and diagnostic.ts; a folder that rooms.json does not name may import
// nothing but its own files. `npm run check` runs this first.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** The rules say how many `../` lead out of a folder, so there is one for each depth. A deeper folder is an error here. */
const DEPTH = 4;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const deepest = readdirSync(path.join(root, "src"), { recursive: true }).find(
    (file) => file.endsWith(".ts") && file.split(path.sep).length > DEPTH + 1,
  );
  if (deepest !== undefined) {
    console.error(`src/${deepest} is more than ${DEPTH} folders deep: raise DEPTH in scripts/lint-rooms.mjs`);
    process.exit(1);
  }
  const rooms = JSON.parse(readFileSync(path.join(root, "scripts", "rooms.json"), "utf8"));
  writeFileSync(path.join(root, ".oxlintrc.rooms.json"), `${JSON.stringify(lintConfiguration(rooms), null, 2)}\n`);
}

/** The linter's configuration, for the content of rooms.json. */
export function lintConfiguration(rooms) {
  const depths = Array.from({ length: DEPTH }, (_, index) => index + 1);
  const unlisted = depths.map((depth) => override(`src/${"*/".repeat(depth)}*.ts`, depth, { imports: [] }));
  const listed = Object.entries(rooms).flatMap(([room, rule]) =>
    room.endsWith(".ts")
      ? [override(`src/${room}`, 0, rule, room)]
      : depths.map((depth) => override(`src/${room}/${"*/".repeat(depth - 1)}*.ts`, depth, rule, room)),
  );
  // Of two overrides for one file the later one counts.
  return { overrides: [...unlisted, ...listed] };
}

/** For the files `depth` folders below src/, as they write their imports. Of several patterns that match, the last counts. */
function override(files, depth, { imports, packages = [] }, room) {
  const up = depth === 0 ? "./" : "../".repeat(depth);
  const folders = room === undefined ? [] : ["diagnostic.ts", room, ...imports];
  const group = [
    "**",
    "!./**",
    "!../**",
    `${up}**`,
    ...folders.map((name) => `!${up}${name.endsWith(".ts") ? name : `${name}/**`}`),
    ...packages.flatMap((name) => [`!${name}`, `!${name}/**`]),
  ];
  const lists = [
    ["folders", imports],
    ["packages", packages],
  ].map(([what, list]) => `${what}: ${list.join(", ") || "none"}`);
  const message = `what ${room ?? files} may import is in scripts/rooms.json: ${lists.join("; ")}`;
  return { files: [files], rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] } };
}
