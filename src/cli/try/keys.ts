/** `--step`: waits for a key on the terminal, independent of the script's standard input. */

import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { failure } from "../../diagnostic.ts";

export interface Keys {
  /** Resolves with the line that was typed; null when the terminal is gone or closed. */
  readonly line: () => Promise<string | null>;
  readonly close: () => void;
}

export function openKeys(): Keys {
  let fd: number;
  try {
    fd = openSync("/dev/tty", "r");
  } catch (error) {
    throw failure(
      "cli.no-terminal",
      "--step needs a terminal to wait on",
      { cause: (error as Error).message, state: "nothing was run", hint: "leave it out" },
      2,
    );
  }
  const stream = new ReadStream(fd);
  stream.pause();
  let release: (text: null) => void = () => {};
  return {
    line: () =>
      new Promise((resolve) => {
        release = resolve;
        const done = (text: string | null): void => {
          stream.pause();
          stream.removeAllListeners();
          resolve(text);
        };
        stream.on("data", (bytes: Buffer) => done(bytes.toString().trim()));
        stream.on("end", () => done(null));
        stream.on("error", () => done(null));
        stream.resume();
      }),
    close: () => {
      release(null);
      stream.destroy();
    },
  };
}
