// `npm start`: the main job, shown. Sets up a fresh clone, then brings a network up, looks at it, proves it, takes it away.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
const file = "examples/first.yaml";
console.log(`$ cat ${file}`);
console.log(readFileSync(join(root, file), "utf8").trimEnd());
const steps = [
  ["up", file],
  ["inspect", "first"],
  ["exec", "--lab", "first", "alice", "getent", "ahosts", "bob"],
  ["verify", "first"],
];
let status = 0;
for (const step of steps) {
  status = netloom(step);
  if (status !== 0) break;
}
// Whatever happened before, nothing is left behind.
const down = netloom(["down", "first"]);
process.exit(status || down);

function netloom(args) {
  console.log(`\n$ netloom ${args.join(" ")}`);
  const result = spawnSync(process.execPath, [join(root, "bin", "netloom"), ...args], { cwd: root, stdio: "inherit" });
  return result.status ?? 1;
}
