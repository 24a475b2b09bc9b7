/** A terminal that is painted over and over: its other screen, keys one by one, and everything as it was at the end. */

import { write } from "./output.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** Terminals that support these show what is between them at once, others as it arrives. */
const [BEGIN, END] = ["\x1b[?2026h", "\x1b[?2026l"];
const CTRL_C = "\x03";

export interface ScreenEvents {
  readonly onKey: (key: string) => void;
  readonly onResize: () => void;
}

/** Always call `close`; calling it twice is fine. Ctrl-C comes as the key `q`. */
export class Screen {
  readonly #onKeys: (bytes: Buffer) => void;
  readonly #onResize: () => void;
  readonly #onExit = (): void => this.close();
  #open = true;

  constructor({ onKey, onResize }: ScreenEvents) {
    this.#onKeys = (bytes) => {
      for (const key of bytes.toString()) onKey(key === CTRL_C ? "q" : key);
    };
    this.#onResize = onResize;
    write(1, ENTER);
    process.stdout.on("resize", this.#onResize);
    // The terminal stays usable if this process ends by an exception or an exit elsewhere.
    process.once("exit", this.#onExit);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on("data", this.#onKeys).resume();
    }
  }

  /** Lines that fit on it. */
  get rows(): number {
    return process.stdout.rows || 24;
  }

  /** Paints over what is there, line by line, so that nothing flickers. */
  paint(text: string): void {
    const lines = text.split("\n").slice(0, this.rows);
    write(1, `${BEGIN}\x1b[H${lines.join("\x1b[K\r\n")}\x1b[K\x1b[J${END}`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.off("exit", this.#onExit);
    process.stdout.off("resize", this.#onResize);
    if (process.stdin.isTTY) {
      process.stdin.off("data", this.#onKeys).pause();
      process.stdin.setRawMode(false);
    }
    write(1, LEAVE);
  }
}
