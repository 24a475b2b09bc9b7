// A tutorial's commands, typed into `netloom sandbox`: a shell script in sections, and what each section printed.

import { machine, type Program } from "./program.ts";
import { expect } from "vitest";

/** What the script printed after the line `## name`, by name. */
export type Sections = (name: string) => string;

/**
 * Small words that the scripts of all tutorials share. None stands for a tutorial's command: those are typed as they are.
 *   ok COMMAND…       prints ANSWERED or LOST, for ping and its like
 *   wait_for COMMAND… until it succeeds, for 10 s at most
 *   node server.cjs PORT NAME   answers every TCP connection with its name
 *   ask ADDRESS PORT  prints that answer, or nothing
 */
const WORDS = `
exec 2>&1
cd "$(mktemp -d)" && here=$PWD
cat > server.cjs <<'END'
const [port, name] = process.argv.slice(2);
require("net").createServer((socket) => socket.on("error", () => {}).end(name + "\\n")).listen(port);
END
ask() { timeout \${PATIENCE:-3} bash -c "exec 3<>/dev/tcp/$1/$2 && cat <&3" 2>/dev/null; }
export -f ask
trap 'cd /; rm -rf "$here"' EXIT
ok() { if "$@" >/dev/null 2>&1; then echo ANSWERED; else echo LOST; fi; }
wait_for() { i=0; until "$@" >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 500 ] || { echo "waited in vain: $*"; return 1; }; sleep 0.02; done; }
`;

/** Runs a script in a fresh private machine. Nothing of it may be seen outside, during or after. */
export async function tutorial(program: Program, script: string, env: Record<string, string> = {}): Promise<Sections> {
  const before = machine();
  const { out, err, code } = await program.run(["sandbox", "--", "bash", "-c", `${WORDS}${script}\nexit 0`], { env });
  if (code !== 0 || err !== "") throw new Error(`status ${code}\n${err}\n${out}`);
  expect(machine()).toEqual(before);
  await program.clean();
  const parts = out.split(/^## (.*)\n/m);
  return (name) => {
    const at = parts.indexOf(name);
    if (at < 0) throw new Error(`the script has no section ${name}:\n${out}`);
    return parts[at + 1]!.trim();
  };
}
