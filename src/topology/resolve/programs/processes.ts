/** `run`: commands with their names, one way of writing them for all. */

import type { Process } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import type { RunItem } from "../../schema-services.ts";
import type { Network, Node } from "../network.ts";
import { hasResolver } from "./resolvers.ts";

/** Characters that are special to a shell, and shell keywords. */
const SHELL_SIGNS = /[|&;<>()$`\\"'*?[\]#~=%!{}\n]/;
const SHELL_WORDS = new Set(
  ". : [ alias break case cd continue eval exec exit export for hash if jobs read readonly return set shift trap type ulimit umask unset until wait while".split(
    " ",
  ),
);
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function processesOf(node: Node, network: Network): Process[] {
  // Logs are distinguished by name, and the server has one, too.
  const served = hasResolver(node) || network.servers.some((scope) => scope.node === node);
  const names = new Set(served ? ["dnsmasq"] : []);
  return (node.body.run ?? []).flatMap((item, i) => processOf(item, [...node.path, "run", i], names, network) ?? []);
}

function processOf(item: RunItem, path: Path, names: Set<string>, { problems }: Network): Process | null {
  const body = typeof item === "string" || Array.isArray(item) ? { command: item } : item;
  const before = problems.list.length;
  const command = typeof body.command === "string" ? fromText(body.command) : body.command.map(String);
  if (command.length === 0 || command[0] === "")
    problems.error("run-command", "there is no command to run", path, { hint: "write it as [PROGRAM, ARGUMENT, …]" });
  else if (command.some((word) => word.includes("\0")))
    problems.error("run-command", "no word of a command can contain a NUL character", path);
  if (body.name !== undefined && !NAME.test(body.name))
    problems.error("run-name", `the name ${JSON.stringify(body.name)} cannot be that of a process`, [...path, "name"], {
      hint: "use letters, digits, _, . and -, at most 64",
    });
  else if (body.name !== undefined && names.has(body.name))
    problems.error("run-name", `${JSON.stringify(body.name)} is the name of another process of this node`, [
      ...path,
      "name",
    ]);
  for (const [variable, value] of Object.entries(body.env ?? {})) {
    if (!VARIABLE.test(variable) || String(value).includes("\0"))
      problems.error(
        "run-env",
        `${JSON.stringify(variable)} is not an environment variable`,
        [...path, "env", variable],
        {
          at: "key",
        },
      );
  }
  if (body.cwd !== undefined && (!body.cwd.startsWith("/") || body.cwd.includes("\0")))
    problems.error("run-cwd", `${JSON.stringify(body.cwd)} is not an absolute path`, [...path, "cwd"], {
      hint: "begin it with /",
    });
  if (problems.list.length > before) return null;
  return {
    kind: "process",
    name: unique(body.name ?? nameFrom(body.command, command), names),
    command,
    environment: Object.fromEntries(Object.entries(body.env ?? {}).map(([key, value]) => [key, String(value)])),
    directory: body.cwd ?? null,
    restart: body.restart ?? "never",
  };
}

/** Split at spaces, unless it needs a shell. */
function fromText(text: string): string[] {
  const words = text.trim().split(/\s+/);
  if (SHELL_SIGNS.test(text) || SHELL_WORDS.has(words[0]!)) return ["/bin/sh", "-c", text];
  return words;
}

/** The program's own name; of a shell's text the first word. */
function nameFrom(given: string | readonly (string | number)[], command: readonly string[]): string {
  const first = typeof given === "string" ? (/^[\s({]*([^\s;|&<>()$"'`]+)/.exec(given)?.[1] ?? "sh") : command[0]!;
  const name = first
    .slice(first.lastIndexOf("/") + 1)
    .replaceAll(/[^A-Za-z0-9_.-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 48);
  return NAME.test(name) ? name : "process";
}

function unique(name: string, names: Set<string>): string {
  let free = name;
  for (let i = 2; names.has(free); i++) free = `${name}-${i}`;
  names.add(free);
  return free;
}
