/**
 * A second thread of a discovery: it sends the usual requests to namespaces and passes on the raw answers. The main thread
 * decodes them, and reads other namespaces itself while none have arrived.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { AT_ONCE, decodeBatch, fetchBatches, type FetchedBatch, type Outcome, TaskReader, type Work } from "./index.ts";

interface Job {
  readonly work: Work;
  /** One Int32: the first task that neither thread has taken yet. */
  readonly taken: SharedArrayBuffer;
  /** For fetched batches; null ends the stream. */
  readonly port: MessagePort;
}

/** Create it early: a thread takes a while to start. */
export class DiscoveryWorker {
  readonly #worker = new Worker(process.argv[1]!, { argv: ["__discover"], stdout: true, stderr: true });

  /** In the order of the tasks, even if the other thread dies. */
  async read(work: Work): Promise<Outcome[]> {
    const { tasks } = work;
    using reader = new TaskReader(work);
    const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const taken = new Int32Array(shared);
    const { port1: port, port2 } = new MessageChannel();
    this.#worker.postMessage({ work, taken: shared, port: port2 } satisfies Job, [port2]);
    const outcomes: (Outcome | undefined)[] = Array.from({ length: tasks.length });
    const digest = (batch: FetchedBatch): void => {
      for (const [at, outcome] of decodeBatch(batch, tasks, reader).entries()) outcomes[batch.from + at] = outcome;
    };
    for (;;) {
      const next: { readonly message: FetchedBatch | null } | undefined = receiveMessageOnPort(port);
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

  /** Waits for the remaining batches, until the worker reports the end or dies. */
  #rest(port: MessagePort, digest: (batch: FetchedBatch) => void): Promise<void> {
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      port.on("message", (batch: FetchedBatch | null) => {
        if (batch === null) return resolve();
        try {
          digest(batch);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      worker.once("error", () => resolve());
      worker.once("exit", () => resolve());
    });
  }
}

/** The second thread. */
export function runWorker(parent: MessagePort): void {
  parent.once("message", ({ work, taken, port }: Job) => {
    using reader = new TaskReader(work);
    for (const batch of fetchBatches(work.tasks, reader, new Int32Array(taken)))
      port.postMessage(batch, [batch.bytes.buffer]);
    port.postMessage(null);
    port.close();
  });
}
