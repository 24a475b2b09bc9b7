/** Settings of the machine that a lab needs otherwise: remembered before, put back when no lab needs them any more. */

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Model } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { readSysctl, sysctlPath, writeSysctl } from "../kernel/index.ts";
import { labFiles, type LabFiles } from "../sandbox/index.ts";
import { type HostState, NO_STATE, readState, type Remembered, writeState } from "./state.ts";

const FORWARDING = { ipv4: "net.ipv4.ip_forward", ipv6: "net.ipv6.conf.all.forwarding" } as const;

/** What root of this model sets. */
function wantedSysctls(model: Model | null): Set<string> {
  const root = model?.namespaces.find(({ name }) => name === ROOT);
  const keys = new Set(Object.keys(root?.sysctls ?? {}));
  for (const family of ["ipv4", "ipv6"] as const) if (root?.forwarding[family]) keys.add(FORWARDING[family]);
  return keys;
}

/** Writes down the present values of what is about to be set; to be called before it is. */
export function rememberSysctls(files: LabFiles, model: Model): void {
  const state = readState(files) ?? NO_STATE;
  const fresh: Record<string, Remembered> = {};
  for (const key of wantedSysctls(model)) {
    if (Object.hasOwn(state.sysctls, key) || !existsSync(sysctlPath(key))) continue;
    fresh[key] = { value: readSysctl(key), at: Date.now() };
  }
  if (Object.keys(fresh).length > 0) writeState(files, { ...state, sysctls: { ...state.sysctls, ...fresh } });
}

/** Restores what `model` (null: the lab is gone) does not set; returns what the machine refused. */
export function putBackSysctls(files: LabFiles, model: Model | null): void {
  const state = readState(files);
  if (state === null) return;
  const wanted = wantedSysctls(model);
  const left = Object.entries(state.sysctls).filter(([key]) => !wanted.has(key));
  if (left.length === 0) return;
  for (const [key, remembered] of left) {
    if (!handOver(files, key, remembered)) attempt(() => writeSysctl(key, remembered.value));
  }
  const kept = Object.fromEntries(Object.entries(state.sysctls).filter(([key]) => wanted.has(key)));
  writeState(files, { ...state, sysctls: kept });
}

/** To another lab that needs it, too; the one that was there first knows what the machine had. */
function handOver(files: LabFiles, key: string, remembered: Remembered): boolean {
  for (const [other, state] of others(files)) {
    const theirs = state.sysctls[key];
    if (theirs === undefined) continue;
    if (theirs.at > remembered.at) writeState(other, { ...state, sysctls: { ...state.sysctls, [key]: remembered } });
    return true;
  }
  return false;
}

function others(files: LabFiles): [LabFiles, HostState][] {
  const folder = path.dirname(files.state);
  return readdirSync(folder).flatMap((entry): [LabFiles, HostState][] => {
    if (!entry.endsWith(".state") || path.join(folder, entry) === files.state) return [];
    const other = labFiles(folder, entry.slice(0, -".state".length));
    const state = readState(other);
    return state === null ? [] : [[other, state]];
  });
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The key went with a module; there is nothing to put back.
  }
}
