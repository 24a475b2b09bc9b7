// A machine to discover: commands of iproute2 on it, processes in its namespaces, and what was found of each.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { expect } from "vitest";
import type { DiscoveredLink, DiscoveredNamespace, Discovery, Namespace } from "../../src/model/index.ts";
import { discover as discoverAll } from "../../src/discover/index.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { sh } from "../support/witnesses.ts";

ownMachine();

export const children: ChildProcess[] = [];
/** For afterEach. */
export async function tidy(): Promise<void> {
  for (const child of children.splice(0)) {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  wipe();
}

// Process 1 is of the machine that all test files share.
export const root = statSync("/proc/thread-self/ns/net").ino;
export const discover = (): Discovery => discoverAll({ name: "machine", root });

export const json = <T>(command: string): T[] => JSON.parse(sh(command) || "[]") as T[];

/** A process that sleeps in a namespace, once it is there. */
export async function sleeping(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, [...args, "sleep", "infinity"], { stdio: "ignore" });
  children.push(child);
  const name = (): string => readFileSync(`/proc/${child.pid}/comm`, "utf8").trim();
  await expect.poll(name, { interval: 5, timeout: 20_000 }).toBe("sleep");
  return child.pid!;
}

export function place(discovery: Discovery, name: string): DiscoveredNamespace & { readonly model: Namespace } {
  const found = discovery.namespaces.find((each) => each.name === name);
  const model = discovery.model.namespaces.find((each) => each.name === name);
  if (found === undefined || model === undefined) throw new Error(`${name} is not there`);
  return { ...found, model };
}

export function link(discovery: Discovery, namespace: string, name: string): DiscoveredLink {
  const found = place(discovery, namespace).links.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${namespace}:${name} is not there`);
  return found;
}
