/**
 * A process that outlives the holder: while it is unknown whether the machine can be reached, it waits for the holder's end,
 * and restores what the holder could not. It belongs to one holder, identified by a token.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { failure } from "../../diagnostic.ts";
import { HOLDER_VARIABLE, labFiles, runtimeDirectory } from "../../sandbox/index.ts";
import { giveBack } from "./give-back.ts";

const WATCH_COMMAND = "__watch";
const READY = "ready\n";
const DONE = "done\n";

export interface Watch {
  readonly token: string;
  /** It has nothing to do any more. */
  readonly end: () => void;
}

/** Resolves when it watches. */
export async function startWatch(lab: string): Promise<Watch> {
  const token = `${process.pid}-${Date.now()}`;
  const { [HOLDER_VARIABLE]: _killedWithIt, NETLOOM_LAB: _inside, ...env } = process.env;
  const args = [...process.execArgv, process.argv[1]!, WATCH_COMMAND, lab, token];
  const child = spawn(process.execPath, args, { cwd: "/", detached: true, env, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {});
  await Promise.race([once(child.stdout, "data"), died(child)]);
  child.stdout.destroy();
  child.unref();
  return { token, end: () => void child.stdin.end(DONE) };
}

async function died(child: ChildProcess): Promise<never> {
  await once(child, "exit");
  throw failure("host.watch", "the process that would undo the change in an emergency could not be started", {
    state: "nothing was changed",
  });
}

/** What that process does. Its directory is given by the environment, as the holder's. */
export async function watch(lab: string, token: string): Promise<void> {
  const files = labFiles(runtimeDirectory(), lab);
  process.stdout.write(READY);
  let heard = "";
  for await (const chunk of process.stdin) heard += String(chunk);
  if (heard === DONE) return;
  try {
    giveBack(lab, files, (_, record) => record?.proven === false && record.token === token);
  } catch (error) {
    // There is nobody to report to; the next command tries again, and reports it.
    writeFileSync(files.log, `${(error as Error).message}\n`, { flag: "a" });
  }
}
