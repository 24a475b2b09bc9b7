import { closeSync, constants, openSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { failure, NetloomError } from "../diagnostic.ts";
import { checkRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { checkLabName } from "./name.ts";
import {
  type Call,
  type Calls,
  encodeLine,
  EVERY_VERSION,
  HELLO,
  type Hello,
  type HolderMessage,
  type HolderProtocol,
  lineSplitter,
  type NoParams,
  PROTOCOL_VERSION,
} from "./protocol.ts";

export interface RequestOptions<Event = unknown> {
  readonly onEvent?: (event: Event) => void;
  /** Aborting cancels the request in the holder; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What is given to a request: parameters may be left out where none are required. */
type Asking<C extends Call<unknown, unknown, unknown>> = NoParams extends C["params"]
  ? [params?: C["params"], options?: RequestOptions<C["event"]>]
  : [params: C["params"], options?: RequestOptions<C["event"]>];

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** A connection to the holder of a lab, which speaks the protocol P if it is of our version. */
export class LabClient<P extends Calls<P> = HolderProtocol> implements AsyncDisposable {
  readonly name: string;
  /** Settles when the connection is gone, from whichever side. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  /** Rejects when the holder is of another version. */
  readonly #greeted: Promise<void>;
  #next: number = HELLO.id + 1;

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
    this.#greeted = this.#greet();
    // Told to whoever asks something.
    this.#greeted.catch(() => {});
  }

  /**
   * Asks the holder. Rejects with the NetloomError that the method failed with, `sandbox.version` when the holder is of
   * another version, or `sandbox.lab-died`.
   */
  request<M extends keyof P & string>(method: M, ...asking: Asking<P[M]>): Promise<P[M]["result"]> {
    const [params = {}, { signal, onEvent }] = [asking[0], asking[1] ?? {}];
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (this.isClosed) return reject(this.#died());
      const id = this.#next++;
      const cancel = (): void => {
        if (this.#pending.delete(id) && !this.isClosed) this.#socket.write(encodeLine({ id, cancel: true }));
        reject(signal!.reason as Error);
      };
      const settled = (): void => signal?.removeEventListener("abort", cancel);
      signal?.addEventListener("abort", cancel, { once: true });
      const send = (): void => {
        if (signal?.aborted) return;
        if (this.isClosed) return (settled(), reject(this.#died()));
        this.#pending.set(id, {
          resolve: (result) => (settled(), resolve(result)),
          reject: (error) => (settled(), reject(error)),
          onEvent,
        });
        this.#socket.write(encodeLine({ id, method, params }));
      };
      const refused = (error: unknown): void => (settled(), reject(error));
      void this.#greeted.then(send, EVERY_VERSION.has(method) ? send : refused);
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

  async #greet(): Promise<void> {
    const answer = await new Promise<unknown>((resolve, reject) => {
      // A holder from before there were versions answers that it has no such method.
      const other = (error: unknown): void =>
        this.isClosed ? reject(error) : resolve({ protocol: 0 } satisfies Hello);
      this.#pending.set(HELLO.id, { resolve, reject: other, onEvent: undefined });
      if (!this.isClosed) this.#socket.write(encodeLine({ ...HELLO, params: { protocol: PROTOCOL_VERSION } }));
    });
    const { protocol } = answer as Hello;
    if (protocol !== PROTOCOL_VERSION) throw otherVersion(this.name, protocol);
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

function otherVersion(name: string, protocol: number): NetloomError {
  const theirs = protocol === 0 ? "a protocol from before there were numbers" : `protocol ${protocol}`;
  return failure(
    "sandbox.version",
    `lab ${name} was started by ${protocol > PROTOCOL_VERSION ? "a newer" : "an older"} version of netloom`,
    {
      cause: `its holder speaks ${theirs}, this netloom speaks protocol ${PROTOCOL_VERSION}`,
      state: "nothing was changed",
      hint: `run \`netloom down ${name}\`, which works with any version, and bring it up again; or use the version that it was started with`,
    },
  );
}

/** Connects to a running lab's holder. */
export async function connect<P extends Calls<P> = HolderProtocol>(
  name: string,
  directory: string = runtimeDirectory(),
): Promise<LabClient<P>> {
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
    return new LabClient<P>(name, socket);
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
