/** What the scripts of DHCP clients write, as it comes. */

import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { parseEvent } from "./dhcp-client.ts";
import type { LeaseEvent } from "./lease.ts";

/** Milliseconds, where the machine allows no more inotify instances. */
const LOOK_AGAIN = 50;

export class Events implements Disposable {
  readonly folder: string;
  readonly #onEvent: (client: number, event: LeaseEvent) => void;
  readonly #watcher: FSWatcher | null;
  readonly #timer: NodeJS.Timeout | null;

  constructor(folder: string, onEvent: (client: number, event: LeaseEvent) => void) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.#onEvent = onEvent;
    this.#watcher = this.#watch();
    this.#timer = this.#watcher === null ? setInterval(() => this.#look(), LOOK_AGAIN) : null;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #watch(): FSWatcher | null {
    try {
      const watcher = watch(this.folder, () => this.#look());
      watcher.on("error", () => {});
      return watcher;
    } catch {
      return null;
    }
  }

  /** All that is there, oldest first: a client's own come one after another. */
  #look(): void {
    const files = readdirSync(this.folder).filter((name) => name.endsWith(".event"));
    const aged = files.map((name) => {
      const path = `${this.folder}/${name}`;
      return { path, client: Number.parseInt(name, 10), time: statSync(path, { bigint: true }).mtimeNs };
    });
    aged.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (const { path, client } of aged) {
      const text = readFileSync(path, "utf8");
      unlinkSync(path);
      this.#onEvent(client, parseEvent(text));
    }
  }
}
