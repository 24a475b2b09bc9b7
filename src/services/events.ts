/** What the scripts of DHCP clients write, as it comes. */

import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { type HeldDirectory, KernelError } from "../kernel/index.ts";
import { parseEvent } from "./dhcp-client.ts";
import type { LeaseEvent } from "./lease.ts";

/** Milliseconds, where the machine allows no more inotify instances. */
const LOOK_AGAIN = 50;

export class Events implements Disposable {
  readonly #folder: HeldDirectory;
  readonly #onEvent: (client: number, event: LeaseEvent) => void;
  readonly #watcher: FSWatcher | null;
  readonly #timer: NodeJS.Timeout | null;

  /** The folder is let go of with this. */
  constructor(folder: HeldDirectory, onEvent: (client: number, event: LeaseEvent) => void) {
    this.#folder = folder;
    this.#onEvent = onEvent;
    this.#watcher = this.#watch();
    this.#timer = this.#watcher === null ? setInterval(() => this.#look(), LOOK_AGAIN) : null;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#folder[Symbol.dispose]();
  }

  #watch(): FSWatcher | null {
    try {
      const watcher = watch(this.#folder.anchor, () => this.#look());
      watcher.on("error", () => {});
      return watcher;
    } catch {
      return null;
    }
  }

  /** All that is there, oldest first: a client's own come one after another. */
  #look(): void {
    const files = this.#folder.entries().filter((name) => name.endsWith(".event"));
    const aged = files.flatMap((name) => this.#age(name));
    aged.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (const { name } of aged) {
      const text = this.#folder.read(name) ?? "";
      this.#folder.remove(name);
      this.#onEvent(Number.parseInt(name, 10), parseEvent(text));
    }
  }

  /** None for what no script of ours has put there: a link, a folder. */
  #age(name: string): { readonly name: string; readonly time: bigint }[] {
    try {
      return [{ name, time: this.#folder.writtenAt(name) }];
    } catch (error) {
      if (error instanceof KernelError) return [];
      throw error;
    }
  }
}
