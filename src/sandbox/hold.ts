import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer, Socket } from "node:net";
import { setCloseOnExec, tryLock } from "../kernel/flock.ts";
import { hostContext, type LabContext, PRIVATE_MACHINE } from "../kernel/lab-context.ts";
import { libc } from "../kernel/libc.ts";
import { HeldDirectory } from "../kernel/directory.ts";
import { bind } from "../kernel/mount.ts";
import { clearAmbientCapabilities } from "../kernel/process.ts";
import { machineEtc, makeLabFolder, setUpEtc, type Etc } from "./etc.ts";
import { probeKinds } from "./kinds.ts";
import { labFiles, type LabFiles } from "./name.ts";
import { startReaping } from "./orphans.ts";
import { holdPlaces } from "./places.ts";
import { processStat, type ProcessIdentity } from "./process.ts";
import { type HostPlace } from "./record.ts";
import { CONTROL_FD, DIRECTORY_FD, encodeLine, LOCK_FD } from "./protocol.ts";
import type { Go, HolderProtocol, SetupMessage } from "./protocol.ts";
import { writeRecord, type LabRecord } from "./record.ts";
import { createNodeMounts, type NodeMounts } from "./node-mounts.ts";
import { type Methods, type MethodTable, remoteFailure, serve } from "./server.ts";
import { setUpMachine } from "./setup.ts";
import { offerSudo } from "./sudo.ts";

/** The lab as its own holder sees it. */
export interface HeldLab {
  readonly name: string;
  readonly context: LabContext;
  readonly record: () => LabRecord;
  readonly etc: Etc;
  readonly mounts: NodeMounts;
  /** For a lab on the machine itself; null for one in a machine of its own. */
  readonly host: HeldHost | null;
  /** For files of its programs: nobody else's, and gone with it. */
  readonly folder: HeldDirectory;
  /** Changes the record on disk, so that `ls` and the next `up` see it. */
  readonly update: (change: Partial<Pick<LabRecord, "state" | "kept" | "file">>) => void;
  /** Called once, before the end, with at most a few hundred milliseconds to say goodbye. Not called on SIGKILL. */
  readonly onShutdown: (action: () => void | Promise<void>) => void;
  /** Ends the lab and this process. */
  readonly shutdown: () => void;
}

export interface HeldHost extends HostPlace {
  readonly files: LabFiles;
  /** The network is gone, or there never was one: what is written down of it goes with the holder. */
  readonly forget: () => void;
}

/** An orderly end may take this long, milliseconds; then the kernel ends what is left. */
const FAREWELL = 500;
/** On the machine itself the kernel does not: a thousand nodes have to be taken away. */
const HOST_FAREWELL = 30_000;

/**
 * Runs as pid 1 of a new lab: takes the lock, sets the private machine up, serves `methods` (and ping, keep, shutdown)
 * until told to stop or, while the lab is not kept, until the launching process goes away. Never returns before the end.
 */
export function hold(methods: (lab: HeldLab) => MethodTable): void {
  say({ hello: true });
  libc(); // takes as long as the launcher takes to map the ids
  const go = hear();
  if (go === null) process.exit(0);
  try {
    become(go, methods);
  } catch (error) {
    say({ failed: remoteFailure(error) });
    process.exit(1);
  }
}

function become(go: Go, methods: (lab: HeldLab) => MethodTable): void {
  for (const fd of [CONTROL_FD, LOCK_FD, DIRECTORY_FD]) setCloseOnExec(fd, true);
  // The directory may lie under /run, which is about to be hidden: reach it by descriptor from here on.
  const files = labFiles(`/proc/self/fd/${DIRECTORY_FD}`, go.name);
  if (!tryLock(LOCK_FD) || !isSameFile(LOCK_FD, files.lock)) {
    say({ taken: true });
    process.exit(0);
  }
  let record: LabRecord = {
    version: 1,
    name: go.name,
    state: "building",
    file: go.file,
    kept: false,
    startedAt: new Date().toISOString(),
    ...ancestry(go.host !== null),
    boot: go.boot,
    pidNamespace: go.pidNamespace,
    mapping: go.mapping,
    ...(go.host === null ? {} : { host: go.host }),
    warnings: [],
  };
  writeRecord(files.record, record);
  discard(files.socket);
  ftruncateSync(2);
  const farewells: (() => void | Promise<void>)[] = [];
  const update = (change: Partial<LabRecord>): void => writeRecord(files.record, (record = { ...record, ...change }));

  let outlived = go.host !== null;
  const leave = (): never => {
    // The lock's file goes last and while it is still locked: whoever waits for it sees that it is another file now.
    const lasting = [files.record, files.state, files.journal];
    const written = outlived ? [] : lasting.flatMap((path) => [path, `${path}.new`]);
    if (!outlived) rmSync(files.folder, { recursive: true, force: true });
    for (const path of [files.socket, ...written, files.log, files.lock]) discard(path);
    process.exit(0);
  };
  let leaving = false;
  const shutdown = (): void => {
    if (leaving) return;
    leaving = true;
    setTimeout(leave, go.host === null ? FAREWELL : HOST_FAREWELL);
    void Promise.allSettled(farewells.map(async (action) => action())).then(leave);
  };
  const builtIn: Methods<HolderProtocol> = {
    ping: () => ({ name: go.name, pid: record.holder.pid }),
    keep: (change) => {
      update({
        kept: change.kept ?? true,
        state: change.state ?? "up",
        ...(change.file === undefined ? {} : { file: change.file }),
      });
      return record;
    },
    kinds: () => probeKinds(),
    mounts: ({ node }) => lab.mounts.open(node),
    shutdown: () => {
      setImmediate(shutdown); // after the answer
      return null;
    },
  };

  // The launcher's descriptor belongs to the mount namespace outside, from which nothing can be bound: open it here too.
  const path = readlinkSync(`/proc/self/fd/${DIRECTORY_FD}`);
  const directory = go.host === null ? openSync(path, "r") : null;
  const warnings = directory === null ? [] : setUpMachine({ protect: go.protect });
  const folder = directory === null ? openFolder(labFiles(path, go.name).folder) : makeLabFolder();
  const etc = directory === null ? machineEtc() : setUpEtc(folder);
  if (directory !== null) {
    offerSudo();
    holdPlaces();
  }
  const context = go.host === null ? PRIVATE_MACHINE : hostContext(go.name, go.host.prefix);
  const lab: HeldLab = {
    name: go.name,
    context,
    record: () => record,
    etc,
    mounts: createNodeMounts(context, etc, { protect: go.protect, folder, real: go.host !== null }),
    host: go.host && { ...go.host, files: labFiles(path, go.name), forget: () => (outlived = false) },
    folder,
    update,
    onShutdown: (action) => farewells.push(action),
    shutdown,
  };
  clearAmbientCapabilities();
  if (directory !== null) startReaping();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, shutdown);
  const table = { ...methods(lab), ...builtIn };
  const server = createServer((socket) => serve(socket, table));
  server.listen({ path: files.socket, backlog: 128 });
  server.on("error", (error) => {
    say({ failed: remoteFailure(error) });
    process.exit(1);
  });
  if (directory !== null) {
    offerInside(directory, go.name, warnings);
    // A copy of all that was mounted: last.
    lab.mounts.open("root");
  }
  update({ warnings });
  say({ ready: record });
  const control = new Socket({ fd: CONTROL_FD, readable: true, writable: true });
  serve(control, table);
  control.on("close", () => {
    if (!record.kept) shutdown();
  });
}

/** Where the machine is the real one, the folder lies beside the lab's record. */
function openFolder(path: string): HeldDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return HeldDirectory.open(path);
}

/** Inside, /run/netloom is the runtime directory of root: netloom finds the lab there that it is in. */
function offerInside(directory: number, name: string, warnings: string[]): void {
  try {
    const inside = `/run/netloom/${name}.sock`;
    writeFileSync(inside, "");
    bind(`/proc/self/fd/${directory}/${name}.sock`, inside);
    closeSync(directory);
  } catch (error) {
    warnings.push(`netloom will not find the lab from inside it: ${(error as Error).message}`);
  }
}

/** This process and its parent as the outside counts them: /proc is still the one of the outside. */
function ancestry(alone: boolean): { holder: ProcessIdentity; launcher: ProcessIdentity } {
  const self = processStat("self")!;
  const own = { pid: self.pid, start: self.start };
  // Without unshare in between there is nobody who has to live as long.
  if (alone) return { holder: own, launcher: own };
  const parent = processStat(self.parent);
  return { holder: own, launcher: { pid: self.parent, start: parent?.start ?? "" } };
}

/** False when the file was removed, and perhaps made again, between its opening and its locking. */
function isSameFile(fd: number, path: string): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.ino === fstatSync(fd).ino;
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function say(message: SetupMessage): void {
  try {
    writeSync(CONTROL_FD, encodeLine(message));
  } catch {
    process.exit(1); // the launcher is gone, and nothing is kept yet
  }
}

/** The launcher's one line; null when it went away instead. Blocks: there is nothing else to do. */
function hear(): Go | null {
  const bytes = Buffer.alloc(4096);
  let text = "";
  while (!text.includes("\n")) {
    const count = readSync(CONTROL_FD, bytes);
    if (count === 0) return null;
    text += bytes.toString("latin1", 0, count);
  }
  return JSON.parse(Buffer.from(text, "latin1").toString("utf8")) as Go;
}
