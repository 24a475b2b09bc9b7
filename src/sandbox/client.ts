import { closeSync, constants, openSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { failure, NetloomError } from "../diagnostic.ts";
import { checkRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { checkLabName } from "./name.ts";
import { encodeLine, lineSplitter, type HolderMessage } from "./protocol.ts";

export interface RequestOptions {
  readonly onEvent?: (event: unknown) => void;
  /** Aborting cancels the request in the holder; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** A connection to the holder of a lab. */
export class LabClient implements AsyncDisposable {
  readonly name: string;
  /** Settles when the connection is gone, from whichever side. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    socket.on(
      "data",
      lineSplitter((line) => this.#receive(JSON.parse(line) as HolderMessage)),
    );
    socket.on("error", () => socket.destroy());
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    void this.closed.then(() => this.#fail());
  }

  /** Asks the holder. Rejects with the NetloomError that the method failed with, or `sandbox.lab-died`. */
  request<T = unknown>(method: string, params: unknown = {}, options: RequestOptions = {}): Promise<T> {
    const { signal, onEvent } = options;
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (!this.#socket.writable) return reject(this.#died());
      const id = this.#next++;
      const cancel = (): void => {
        this.#pending.delete(id);
        if (this.#socket.writable) this.#socket.write(encodeLine({ id, cancel: true }));
        reject(signal!.reason as Error);
      };
      const settled = (): void => signal?.removeEventListener("abort", cancel);
      signal?.addEventListener("abort", cancel, { once: true });
      this.#pending.set(id, {
        resolve: (result) => (settled(), resolve(result as T)),
        reject: (error) => (settled(), reject(error)),
        onEvent,
      });
      this.#socket.write(encodeLine({ id, method, params }));
    });
  }

  /** Is the connection gone? */
  get isClosed(): boolean {
    return !this.#socket.writable;
  }

  /** Hangs up. A lab that is not kept and was launched over this connection goes away with it. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(message: HolderMessage): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return; // cancelled
    if ("event" in message) {
      pending.onEvent?.(message.event);
      return;
    }
    this.#pending.delete(message.id);
    if ("error" in message) pending.reject(new NetloomError(message.error.diagnostics, message.error.status));
    else pending.resolve(message.result);
  }

  #fail(): void {
    for (const pending of this.#pending.values()) pending.reject(this.#died());
    this.#pending.clear();
  }

  #died(): NetloomError {
    return failure("sandbox.lab-died", `lab ${this.name} ended`, {
      hint: `run \`netloom ls\` to see what is left`,
    });
  }
}

/** Connects to a running lab's holder. */
export async function connect(name: string, directory: string = runtimeDirectory()): Promise<LabClient> {
  checkLabName(name);
  if (!checkRuntimeDirectory(directory)) throw notRunning(name, "ENOENT");
  // Through /proc/self/fd the path is short, however long the directory's is: sun_path holds 107 bytes; unix(7).
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const socket = connectSocket(`/proc/self/fd/${fd}/${name}.sock`);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error: NodeJS.ErrnoException) => reject(notRunning(name, error.code ?? error.message)));
    });
    return new LabClient(name, socket);
  } finally {
    closeSync(fd);
  }
}

function notRunning(name: string, cause: string): NetloomError {
  if (cause === "ENOENT")
    return failure("sandbox.no-lab", `no lab named ${name} is running`, { hint: "run `netloom ls`" });
  return failure("sandbox.no-lab", `lab ${name} does not answer`, {
    cause,
    hint: `run \`netloom down ${name}\` to clean up`,
  });
}
