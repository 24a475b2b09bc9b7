import { closeSync, readdirSync, readFileSync } from "node:fs";
import { O_CLOEXEC } from "../kernel/constants.ts";

/** Node marks the lower ones to be closed on exec by itself, at its start (uv_disable_stdio_inheritance). */
const SEEN_TO_BY_NODE = 15;

/**
 * Closes the descriptors that came down from whoever started netloom. A lab that outlives `flock FILE netloom up …` must
 * not hold their lock, nor the end of a pipe that somebody reads to its end.
 */
export function closeInherited(): void {
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    if (fd <= SEEN_TO_BY_NODE) continue;
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
      if ((Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
    } catch {
      // gone meanwhile: it was the directory's own
    }
  }
}
