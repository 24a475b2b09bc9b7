/**
 * A second thread of a discovery: it asks namespaces what everybody is asked, and hands on the answers as they came. The
 * first one finds out what they mean, and asks others itself while there are none.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { AT_ONCE, digestHaul, fetchHauls, type Haul, type Outcome, TaskReader, type Work } from "./index.ts";

interface Errand {
  readonly work: Work;
  /** One Int32: the first task that nobody has taken yet. */
  readonly taken: SharedArrayBuffer;
  /** For hauls; null is the last. */
  readonly port: MessagePort;
}

/** As long as a thread takes to start: made before there is anything for it to do. */
export class Companion {
  readonly #worker = new Worker(process.argv[1]!, { argv: ["__discover"], stdout: true, stderr: true });

  /** In the order of the tasks, whatever becomes of the other thread. */
  async read(work: Work): Promise<Outcome[]> {
    const { tasks } = work;
    using reader = new TaskReader(work);
    const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const taken = new Int32Array(shared);
    const { port1: port, port2 } = new MessageChannel();
    this.#worker.postMessage({ work, taken: shared, port: port2 } satisfies Errand, [port2]);
    const outcomes: (Outcome | undefined)[] = Array.from({ length: tasks.length });
    const digest = (haul: Haul): void => {
      for (const [at, outcome] of digestHaul(haul, tasks, reader).entries()) outcomes[haul.from + at] = outcome;
    };
    for (;;) {
      const next: { readonly message: Haul | null } | undefined = receiveMessageOnPort(port);
      if (next !== undefined) {
        if (next.message !== null) digest(next.message);
        continue;
      }
      const from = Atomics.add(taken, 0, AT_ONCE);
      if (from >= tasks.length) break;
      for (const [at, task] of tasks.slice(from, from + AT_ONCE).entries()) outcomes[from + at] = reader.read(task);
    }
    if (outcomes.includes(undefined)) await this.#rest(port, digest);
    port.close();
    this.#worker.unref();
    // What the other thread took and could not fetch.
    return outcomes.map((outcome, at) => outcome ?? reader.read(tasks[at]!));
  }

  /** What is still to come: until it says that this was all, or ends. */
  #rest(port: MessagePort, digest: (haul: Haul) => void): Promise<void> {
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      port.on("message", (haul: Haul | null) => {
        if (haul === null) return resolve();
        try {
          digest(haul);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      worker.once("error", () => resolve());
      worker.once("exit", () => resolve());
    });
  }
}

/** What the second thread does. */
export function accompany(parent: MessagePort): void {
  parent.once("message", ({ work, taken, port }: Errand) => {
    using reader = new TaskReader(work);
    for (const haul of fetchHauls(work.tasks, reader, new Int32Array(taken)))
      port.postMessage(haul, [haul.bytes.buffer]);
    port.postMessage(null);
    port.close();
  });
}
