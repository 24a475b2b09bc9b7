/** For tests alone: a change stops at its k-th write to the kernel, or its writes are refused from some moment on. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setWriteGate, type WriteGate } from "./gate.ts";

/** Names a file that says what happens to the next change: `kill 9`, `wait 9`, or `refuse FILE` while FILE is there. */
const VARIABLE = "NETLOOM_TEST_FAULT";
/** Between two looks at whether it may go on; milliseconds. */
const LOOK_AGAIN = 2;

/** To be called when a change begins. */
export function armFault(): void {
  const file = process.env[VARIABLE];
  if (file === undefined || !existsSync(file)) return;
  const [action, at = ""] = readFileSync(file, "utf8").trim().split(" ");
  rmSync(file);
  if (action === "refuse") setWriteGate((count) => (existsSync(at) ? 0 : count));
  else setWriteGate(action === "kill" ? killAt(Number(at)) : waitAt(Number(at), `${file}.reached`));
}

/** SIGKILL, which process 1 of a sandbox cannot send to itself. */
const die = (): void => void process.kill(process.pid, "SIGKILL");

/** What of a batch comes before the k-th write is sent; then no other is. */
export function killAt(at: number): WriteGate {
  let done = 0;
  return (count) => {
    const admitted = Math.min(count, at - 1 - done);
    if (admitted <= 0) die();
    done += admitted;
    if (admitted < count) setImmediate(die);
    return admitted;
  };
}

/** Makes a file when the send with the k-th write is due, and continues when the file has been removed. */
function waitAt(at: number, reached: string): WriteGate {
  let done = 0;
  return (count) => {
    done += count;
    if (done < at) return count;
    setWriteGate(null);
    writeFileSync(reached, "");
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (existsSync(reached)) Atomics.wait(never, 0, 0, LOOK_AGAIN);
    return count;
  };
}
