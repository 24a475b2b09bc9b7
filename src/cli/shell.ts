/** An interactive shell whose prompt shows where it is, in the way the user's shell supports. */

import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runInside } from "./inside.ts";
import type { Place } from "./inside.ts";

// The names come from the environment when the prompt is drawn: no text of ours is made of them.
const BASH = `[ -r ~/.bashrc ] && . ~/.bashrc
unset PROMPT_COMMAND
PS1='[\${NETLOOM_LAB}\${NETLOOM_NODE:+/\${NETLOOM_NODE}}]\\$ '
`;
const ZSH = `ZDOTDIR="\${NETLOOM_ZDOTDIR:-$HOME}"
unset NETLOOM_ZDOTDIR
[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
precmd_functions=()
setopt PROMPT_SUBST
PROMPT='[\${NETLOOM_LAB}\${NETLOOM_NODE:+/\${NETLOOM_NODE}}]%# '
`;
const FISH = `function fish_prompt; echo -n "[$NETLOOM_LAB"(set -q NETLOOM_NODE; and echo -n "/$NETLOOM_NODE")"]> "; end`;

/** Opens the user's shell there; returns its exit status. */
export async function openShell(place: Place, node: string): Promise<number> {
  const shell = userShell();
  const name = path.basename(shell);
  const marker = process.geteuid?.() === 0 ? "#" : "$";
  // Plain shells take the prompt from the environment; we expand it ourselves, since dash and ash support different escapes.
  const prompt = `[${place.name}${node === "root" ? "" : `/${node}`}]${marker} `;
  if (name === "fish") return runInside(place, node, [shell, "-C", FISH]);
  if (name === "busybox") return runInside(place, node, [shell, "sh"], { env: { PS1: prompt } });
  if (name !== "bash" && name !== "zsh") return runInside(place, node, [shell], { env: { PS1: prompt } });
  // Not below /run or /proc: those are the lab's own.
  const folder = mkdtempSync(path.join(tmpdir(), "netloom-shell-"));
  try {
    if (name === "bash") {
      const file = path.join(folder, "bashrc");
      writeFileSync(file, BASH, { mode: 0o600 });
      return await runInside(place, node, [shell, "--rcfile", file, "-i"]);
    }
    writeFileSync(path.join(folder, ".zshrc"), ZSH, { mode: 0o600 });
    const theirs = process.env["ZDOTDIR"];
    return await runInside(place, node, [shell, "-i"], {
      env: { ZDOTDIR: folder, ...(theirs === undefined ? {} : { NETLOOM_ZDOTDIR: theirs }) },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** $SHELL, unless it is there to keep people out. */
function userShell(): string {
  const wanted = process.env["SHELL"] ?? "";
  const refuses = ["nologin", "false", "true", "sync"].includes(path.basename(wanted));
  const candidates = [...(refuses || !wanted.startsWith("/") ? [] : [wanted]), "/bin/bash", "/usr/bin/bash"];
  return candidates.find(isExecutable) ?? "/bin/sh";
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
