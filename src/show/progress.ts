/** A progress line on a terminal, rewritten in place and removed at the end; nothing anywhere else. */

import { grouped, truncate } from "./text.ts";

export interface Progress {
  /** Shows `text done/total`; calls closer together than a screen refresh cost next to nothing. */
  update(text: string, done?: number, total?: number): void;
  /** Takes the line away. May be called any number of times. */
  clear(): void;
}

interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Milliseconds. Anything faster shows no line: a flash of text helps nobody. */
const PATIENCE = 150;
const REFRESH = 50;

export const SILENT: Progress = { update: () => {}, clear: () => {} };

export function progress(stream: Terminal, now: () => number = () => performance.now()): Progress {
  if (stream.isTTY !== true) return SILENT;
  const begun = now();
  let last = -Infinity;
  let visible = false;
  return {
    update(text, done, total) {
      const at = now();
      if (at - begun < PATIENCE || at - last < REFRESH) return;
      last = at;
      visible = true;
      const count =
        done === undefined ? "" : total === undefined ? ` ${grouped(done)}` : ` ${grouped(done)}/${grouped(total)}`;
      // \r, the text, and erase to the end of the line: no flicker, and no line feed even on a narrow terminal.
      stream.write(`\r${truncate(text + count, (stream.columns || 80) - 1)}\x1b[K`);
    },
    clear() {
      if (visible) stream.write("\r\x1b[K");
      visible = false;
    },
  };
}
