/** For tests alone: this process kills itself at the k-th write to the kernel, so that what is left can be looked at. */

import { setWriteGate } from "../kernel/gate.ts";

const VARIABLE = "NETLOOM_TEST_KILL_AT_WRITE";

export function armFault(): void {
  const at = Number(process.env[VARIABLE] ?? 0);
  if (!(at >= 1)) return;
  const die = (): void => void process.kill(process.pid, "SIGKILL");
  let done = 0;
  setWriteGate((count) => {
    const admitted = Math.min(count, at - 1 - done);
    if (admitted <= 0) die();
    done += admitted;
    // What of a batch comes before the k-th write is sent; then no other is.
    if (admitted < count) setImmediate(die);
    return admitted;
  });
}
