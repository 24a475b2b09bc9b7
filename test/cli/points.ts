// Points at which things are killed: states that can be seen from outside, as files that appear, processes, namespaces.
// None is a matter of time. What a file of such tests leaves is looked at after each of them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import { machine, POLL, program, textOf, type Program, type Running } from "./program.ts";

export interface LabRecord {
  readonly state: string;
  readonly holder: { readonly pid: number };
  readonly launcher: { readonly pid: number };
}

export interface Points {
  readonly netloom: Program;
  /** The only lab's record; its name is not always known. */
  readonly record: () => LabRecord | null;
  readonly isUp: () => boolean;
  /** What a lab of so many hosts goes through while it is built, in this order. */
  readonly building: Readonly<Record<Point, (running: Running) => boolean>>;
}

export const HOSTS = 60;
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL"] as const;
export const POINTS = [
  "just started",
  "its unshare runs",
  "the lock is there",
  "the holder runs",
  "the record is there",
  "the socket is there",
  "the first namespaces are there",
  "all namespaces are there",
  "it is up",
] as const;
export type Point = (typeof POINTS)[number];

export const childrenOf = (pid: number): number[] =>
  textOf(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);

/** Call once at the top of a test file. */
export function points(): Points {
  const netloom = program();
  const before = machine();
  afterEach(async () => {
    if (netloom.files().length + netloom.processes().length > 0) await netloom.run(["down", "--all"]);
    await netloom.clean();
    expect(machine()).toEqual(before);
  });

  const record = (): LabRecord | null => {
    const file = netloom.files().find((name) => name.endsWith(".json"));
    try {
      return file === undefined ? null : (JSON.parse(readFileSync(join(netloom.labs, file), "utf8")) as LabRecord);
    } catch {
      return null; // just removed
    }
  };
  /** That the lab has by now. */
  const namespaces = (): number => {
    const pid = record()?.holder.pid;
    try {
      return pid === undefined ? 0 : readdirSync(`/proc/${pid}/root/run/netns`).length;
    } catch {
      return 0;
    }
  };
  const isUp = (): boolean => record()?.state === "up";
  const hasFile = (ending: string) => (): boolean => netloom.files().some((name) => name.endsWith(ending));
  const building = {
    "just started": () => true,
    "its unshare runs": ({ child }: Running) => childrenOf(child.pid!).length > 0,
    "the lock is there": hasFile(".lock"),
    "the holder runs": ({ child }: Running) => childrenOf(child.pid!).some((pid) => childrenOf(pid).length > 0),
    "the record is there": hasFile(".json"),
    "the socket is there": hasFile(".sock"),
    "the first namespaces are there": () => namespaces() > 0,
    "all namespaces are there": () => namespaces() >= HOSTS,
    "it is up": isUp,
  };
  return { netloom, record, isUp, building };
}

/** A program that has ended is past every point. What is waited for may be there for some milliseconds only. */
export async function reach(running: Running, point: (running: Running) => boolean): Promise<void> {
  const deadline = Date.now() + POLL.timeout;
  while (!point(running) && !running.over()) {
    if (Date.now() > deadline) throw new Error(`waited in vain\n${running.seen.err}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
