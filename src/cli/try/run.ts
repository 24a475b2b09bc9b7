/** Runs the script in its sandbox, command by command, and looks at the network in between. */

import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { Model } from "../../model/index.ts";
import { enter } from "../../sandbox/index.ts";
import type { Observed } from "../../holder/protocol.ts";
import type { Lab } from "../../lab/index.ts";
import { compareLinkSettings, compareModels, compareSettings } from "../../show/changes/index.ts";
import type { ModelChange } from "../../show/changes/index.ts";
import type { Place } from "../inside.ts";
import { say } from "../failure.ts";
import { CHANNEL, PRELUDE, PRELUDE_FD } from "./prelude.ts";
import type { Announcement } from "./prelude.ts";
import { descriptorOf, readSince } from "./script.ts";
import type { Script } from "./script.ts";
import { Announcements, inTrap, isEcho, maySet, tellsStatus } from "./steps.ts";

export interface Step extends Announcement {
  /** Null where bash does not report it: for parts of a pipeline and function calls. */
  readonly ended: number | null;
  readonly changes: readonly ModelChange[];
  /** What it wrote, if that is kept. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface Follower {
  /** Before it runs; resolves when it may. */
  readonly onBegin: (next: Announcement) => Promise<void> | void;
  readonly onEnd: (step: Step) => void;
  /** The script is over: what onBegin waits for will not come. */
  readonly onOver: () => void;
}

export interface Tried {
  readonly status: number;
  readonly observed: Observed;
}

/** What vanishes with a namespace does so a little later; this long at most, milliseconds. */
const SETTLING = 1_000;
const LOOK_AGAIN = 5;

/** Rejects with what the follower throws; the script then waits for good. `keep`: what the script writes is kept for the steps, instead of going where our own output goes. */
export async function runScript(
  script: Script,
  words: readonly string[],
  place: Place,
  lab: Lab,
  { onBegin, onEnd, onOver }: Follower,
  keep: boolean,
): Promise<Tried> {
  const prelude = descriptorOf(PRELUDE);
  const kept = keep ? [descriptorOf(""), descriptorOf("")] : [];
  const read = [0, 0];
  const written = (stream: 0 | 1): string => {
    if (kept[stream] === undefined) return "";
    const bytes = readSince(kept[stream], read[stream]!);
    read[stream]! += bytes.length;
    return bytes.toString();
  };
  let observed = await observe(lab, true);
  let current: Announcement | null = null;
  const end = async (status: number | null): Promise<void> => {
    if (current === null) return;
    const step = current;
    current = null;
    const now = await settled(lab, observed);
    const settings = maySet(step) ? (await observe(lab, true)).settings : observed.settings;
    const changes = [
      ...compareModels(observed.model, now.model),
      ...compareLinkSettings(observed.details, now.details, now.model),
      ...compareSettings(observed.settings, settings, now.model),
    ];
    observed = { ...now, settings };
    onEnd({ ...step, ended: status, changes, stdout: written(0), stderr: written(1) });
  };
  const begin = async (next: Announcement, channel: Duplex): Promise<void> => {
    if (!isEcho(current, next)) {
      await end(current !== null && tellsStatus(current, next, script.lines) ? next.status : null);
      current = next;
      await onBegin(next);
    } else current = next;
    channel.write("\n");
  };
  const trapped = (): boolean => current?.trapped === true;
  let last: Promise<void> = Promise.resolve();
  let fail: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => {});
  const listen = (child: ChildProcess): void => {
    const channel = child.stdio[CHANNEL] as Duplex;
    const messages = new Announcements();
    // It may have ended, and what it started may still hold the other end.
    channel.on("error", () => {});
    channel.on("data", (bytes: Buffer) => {
      for (const next of messages.add(bytes)) last = last.then(() => begin(inTrap(current, next), channel));
      last.catch(fail);
    });
  };
  const file = script.fd === null ? script.name : `/dev/fd/${PRELUDE_FD + 1}`;
  try {
    const entered = enter({
      ...place,
      node: null,
      command: ["bash", "--", file, ...words],
      env: { BASH_ENV: `/dev/fd/${PRELUDE_FD}` },
      stdio: [
        "inherit",
        kept[0] ?? "inherit",
        kept[1] ?? "inherit",
        "pipe",
        prelude,
        ...(script.fd === null ? [] : [script.fd]),
      ],
      onStart: listen,
    });
    const { code, problem } = await Promise.race([entered, failed]);
    if (problem !== null) say([problem]);
    onOver();
    await last;
    await end(trapped() ? null : code);
    return { status: code, observed: await observe(lab, true) };
  } finally {
    for (const fd of [prelude, ...kept, ...(script.fd === null ? [] : [script.fd])]) closeSync(fd);
  }
}

function observe(lab: Lab, settings: boolean): Promise<Observed> {
  return lab.observe({ settings });
}

/** With a namespace go the cables into it, and their other ends; the kernel does that in its own time. */
async function settled(lab: Lab, before: Observed): Promise<Observed> {
  const deadline = performance.now() + SETTLING;
  for (;;) {
    const now = await observe(lab, false);
    if (!isSettling(before.model, now.model) || performance.now() > deadline) return now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}

function isSettling(before: Model, now: Model): boolean {
  const there = new Set(now.namespaces.map(({ name }) => name));
  const gone = before.namespaces.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  if (gone.length === 0) return false;
  const orphans = before.namespaces.flatMap(({ name, links }) =>
    links.flatMap((link) =>
      link.kind === "veth" && link.peer !== null && gone.includes(link.peer.namespace) ? [`${name} ${link.name}`] : [],
    ),
  );
  return now.namespaces.some(({ name, links }) =>
    links.some((link) => link.kind === "veth" && link.peer === null && orphans.includes(`${name} ${link.name}`)),
  );
}
