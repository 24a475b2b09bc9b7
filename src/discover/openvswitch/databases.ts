/**
 * Finds and queries Open vSwitch databases. Each has a socket: the usual one, and those of every running ovsdb-server and
 * ovs-vswitchd, possibly in another mount namespace. Waiting is limited to a moment.
 */

import { statSync } from "node:fs";
import type { OvsBridge } from "../../model/index.ts";
import { KernelError, UnixStream } from "../../kernel/index.ts";
import { OVS_SERVER, OVS_SWITCH, type OvsProgram } from "../find.ts";
import { toBridges } from "./bridges.ts";
import { JsonStream, OvsdbError, question, type Tables, tablesIn } from "./protocol.ts";

const USUAL = "/run/openvswitch/db.sock";
const FOLDERS = ["/run/openvswitch", "/var/run/openvswitch"];

/** For all databases of the machine together. Thousands of ports are read in a fraction of it. */
const PATIENCE = 2_000;
const MOST = 32 << 20;

interface Database {
  readonly path: string;
  /** The namespace of the switch that works by it. */
  readonly inode: number | null;
  readonly switched: boolean;
}

export interface Switches {
  readonly bridges: readonly OvsBridge[];
  readonly remarks: readonly string[];
}

/** `nameOf` gives a namespace's name; `home` is the namespace of a switch whose program cannot be seen. */
export function readSwitches(
  programs: readonly OvsProgram[],
  nameOf: (inode: number) => string | undefined,
  home: string,
): Switches {
  const bridges: OvsBridge[] = [];
  const remarks: string[] = [];
  const servers = new Set(
    programs.filter(({ process }) => process.command === OVS_SERVER).map(({ process }) => process.pid),
  );
  const deadline = performance.now() + PATIENCE;
  for (const { path, inode, switched } of databases(programs)) {
    try {
      const tables = ask(path, servers, deadline);
      if (tables === null) continue;
      const name = inode === null ? home : (nameOf(inode) ?? home);
      bridges.push(...toBridges(tables, name));
      if (!switched && tables.Bridge.length > 0)
        remarks.push(`no ${OVS_SWITCH} seems to serve ${path}: its switches are shown as configured`);
    } catch (error) {
      const cause = causeOf(error);
      remarks.push(`the switches of Open vSwitch are not shown: ${path}: ${cause}`);
    }
  }
  return { bridges, remarks };
}

const HANGS_UP = "it closed the connection without an answer";

function causeOf(error: unknown): string {
  if (error instanceof OvsdbError) return error.message;
  if (!(error instanceof KernelError)) throw error;
  const { errnoName, message, diagnostics } = error;
  return errnoName === "EPIPE" || errnoName === "ECONNRESET" ? HANGS_UP : (diagnostics[0]?.cause ?? message);
}

/** Each once, by the file that its socket is. */
function databases(programs: readonly OvsProgram[]): Database[] {
  const found = new Map<string, Database>();
  const add = (path: string, inode: number | null, switched: boolean): void => {
    const file = socketAt(path);
    if (file === null) return;
    const known = found.get(file);
    if (known === undefined) found.set(file, { path, inode, switched });
    else if (switched && !known.switched) found.set(file, { ...known, inode, switched });
  };
  for (const folder of FOLDERS) add(`${folder}/db.sock`, null, false);
  for (const { process, line, inode } of programs)
    for (const path of pathsOf(process.command, line))
      add(`/proc/${process.pid}/root${path}`, inode, process.command === OVS_SWITCH);
  return [...found.values()];
}

/** The sockets that a program of this command line listens at, or works by. Pure. */
export function pathsOf(command: string, line: string): string[] {
  const args = line.split("\0").slice(1);
  const told =
    command === OVS_SERVER
      ? args.flatMap((arg) => /^(?:--remote=)?punix:(.+)$/.exec(arg)?.[1] ?? [])
      : args.flatMap((arg) => /^unix:(.+)$/.exec(arg)?.[1] ?? []);
  // A name alone is in the folder where all of them are.
  const paths = told.flatMap((path) => (path.startsWith("/") ? [path] : FOLDERS.map((folder) => `${folder}/${path}`)));
  return paths.length > 0 ? paths : [USUAL];
}

function socketAt(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch (error) {
    // Whether it exists cannot be seen: the connection will show.
    return (error as NodeJS.ErrnoException).code === "EACCES" ? path : null;
  }
}

/** Null if it is not a switch database, or if nothing answers any more. */
function ask(path: string, servers: ReadonlySet<number>, deadline: number): Tables | null {
  let stream: UnixStream;
  try {
    stream = UnixStream.connect(path, deadline);
  } catch (error) {
    // What a server leaves that was killed.
    if (error instanceof KernelError && (error.errnoName === "ECONNREFUSED" || error.errnoName === "ENOENT"))
      return null;
    throw error;
  }
  using open = stream;
  // In another mount namespace a path may lead anywhere: only programs with a known name are contacted.
  if (path.startsWith("/proc/") && !servers.has(open.peer)) return null;
  open.send(Buffer.from(question()));
  const messages = new JsonStream();
  for (let total = 0; ;) {
    const bytes = open.receive();
    if (bytes.length === 0) throw new OvsdbError(HANGS_UP);
    total += bytes.length;
    if (total > MOST) throw new OvsdbError("its answer does not end");
    for (const message of messages.push(bytes)) {
      const tables = tablesIn(message);
      if (tables !== null) return tables ?? null;
    }
  }
}
