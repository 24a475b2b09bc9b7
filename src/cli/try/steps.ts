/** From what the trap announces to steps: which of them are worth telling, and with which status each ended. */

import path from "node:path";
import type { Announcement } from "./prelude.ts";
import { FIELD } from "./prelude.ts";

/** Reads messages out of a stream of them. */
export class Announcements {
  #rest = Buffer.alloc(0);

  add(bytes: Buffer): Announcement[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(0) + 1;
    this.#rest = all.subarray(end);
    return all.toString("utf8", 0, end).split("\0").slice(0, -1).map(read);
  }
}

function read(message: string): Announcement {
  const [status = "", line = "", depth = "", subshell = "", source = "", command = "", expanded = ""] =
    message.split(FIELD);
  return {
    status: Number(status),
    line: Number(line),
    depth: Number(depth),
    subshell: Number(subshell),
    source,
    command,
    expanded,
  };
}

/** Commands that only control the shell: shown only if they changed something. */
const STEERING =
  /^(for|case|select|while|until|if|local|declare|typeset|export|readonly|unset|set|shopt|shift|return|break|continue|trap|wait|read|test|true|false|getopts|let|eval|source|exit)\b|^(:|\.|\[|\[\[|\(\()(\s|$)|^[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=('[^']*'|"[^"]*"|\S*)$|^[A-Za-z_][A-Za-z0-9_]*(=\$|\+?=)\(/;

export function isSteering({ command }: Announcement): boolean {
  return STEERING.test(command);
}

/** Programs of tutorials that set no sysctl, whatever their arguments; `sudo` and `ip netns exec` before them do not count. */
const HARMLESS = new Set(
  "arp arping arptables brctl bridge cat curl dnsmasq echo ebtables ethtool false grep ifconfig ip ip6tables iptables kill mkdir modprobe nc netstat nft ping ping6 printf ps route seq sleep ss tc tcpdump traceroute tracepath true wait wc which".split(
    " ",
  ),
);
const BEFORE = /^(sudo(\s+-[A-Za-z]+)*\s+|ip\s+(-\S+\s+)*netns\s+exec\s+\S+\s+)/;

/** Whether it may have set a sysctl: to look at all of them takes longer than at all else. */
export function maySet({ command, expanded }: Announcement): boolean {
  if (/sysctl|\/proc|\$\(|`|<\(/.test(command) || /sysctl|\/proc/.test(expanded)) return true;
  // A file that is written to may be one by any name.
  if (expanded.replaceAll(/\d*>+\s*(\/dev\/null|&\d)/g, "").includes(">")) return true;
  let rest = expanded.trim();
  while (BEFORE.test(rest)) rest = rest.replace(BEFORE, "");
  return !HARMLESS.has(path.basename(/^\S*/.exec(rest)![0]));
}

/**
 * For a trap set by the script, bash reports neither its line nor its command, but those of what triggered it.
 */
export function inTrap(before: Announcement | null, next: Announcement): Announcement {
  const unknown = before !== null && next.line === 1 && before.line !== 1 && next.command === before.command;
  return unknown ? { ...next, trapped: true, line: before.line, expanded: "(a command of the script's trap)" } : next;
}

/** A function that begins announces its call once more, from within. */
export function isEcho(before: Announcement | null, next: Announcement): boolean {
  return before !== null && next.depth > before.depth && next.command === before.command;
}

/**
 * Whether `$?`, as it was when `next` began, is that of `step`. It is not while `step` still runs: a function whose first
 * command comes next, a loop whose body does, a part of a pipeline whose next part does.
 */
export function tellsStatus(step: Announcement, next: Announcement, lines: readonly string[]): boolean {
  if (next.depth > step.depth || next.subshell > step.subshell) return false;
  if (/^(for|case|select|\(\()\b/.test(step.command)) return false;
  const piped = step.line === next.line && /(^|[^|])\|([^|]|$)/.test(lines[step.line - 1] ?? "");
  return !piped;
}
