import type { Socket } from "node:net";
import { failure, NetloomError } from "../diagnostic.ts";
import {
  type Call,
  type ClientMessage,
  encodeLine,
  EVERY_VERSION,
  HELLO,
  type Hello,
  type HolderMessage,
  lineSplitter,
  PROTOCOL_VERSION,
  type RemoteFailure,
} from "./protocol.ts";

export interface RequestContext<Event = unknown> {
  /** Sends an event to whoever asked. */
  readonly event: (value: Event) => void;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
}

/** What it returns (or resolves to) is the result; what it throws, the error. */
export type Method<C extends Call<unknown, unknown, unknown>> = (
  params: C["params"],
  context: RequestContext<C["event"]>,
) => C["result"] | Promise<C["result"]>;

/** One function for each method of a protocol. */
export type Methods<P> = {
  readonly [M in keyof P]: P[M] extends Call<unknown, unknown, unknown> ? Method<P[M]> : never;
};

/** Whatever the protocol: parameters are what the client has sent. */
export type MethodTable = Readonly<Record<string, (params: never, context: never) => unknown>>;

/** Answers the requests that come over one connection, several at a time. */
export function serve(socket: Socket, table: MethodTable): void {
  /** What the client has said that it speaks. */
  let spoken = 0;
  const running = new Map<number, AbortController>();
  const send = (message: HolderMessage): void => {
    if (socket.writable) socket.write(encodeLine(message));
  };
  const find = (method: string): MethodTable[string] => {
    if (method === HELLO.method) return hello;
    if (spoken !== PROTOCOL_VERSION && !EVERY_VERSION.has(method)) throw otherVersion(spoken);
    const found = Object.hasOwn(table, method) ? table[method] : undefined;
    if (found === undefined) throw new Error(`the lab's holder has no method ${JSON.stringify(method)}`);
    return found;
  };
  const hello = ({ protocol }: Hello): Hello => {
    spoken = protocol;
    return { protocol: PROTOCOL_VERSION };
  };
  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const context = { event: (event: unknown) => send({ id, event }), signal: abort.signal };
      const result: unknown = await find(method)(params as never, context as never);
      send({ id, result: result ?? null });
    } catch (error) {
      send({ id, error: remoteFailure(error) });
    } finally {
      running.delete(id);
    }
  };
  const receive = (line: string): void => {
    let message: ClientMessage;
    try {
      message = JSON.parse(line) as ClientMessage;
    } catch {
      socket.destroy(); // not one of ours
      return;
    }
    if ("cancel" in message) running.get(message.id)?.abort();
    else void answer(message.id, message.method, message.params);
  };
  socket.on("data", lineSplitter(receive));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    for (const abort of running.values()) abort.abort();
  });
}

function otherVersion(protocol: number): NetloomError {
  return failure("sandbox.version", "this lab was started by another version of netloom", {
    cause: `its holder speaks protocol ${PROTOCOL_VERSION}, and was asked in protocol ${protocol}`,
    state: "nothing was changed",
    hint: "use the version that it was started with; `netloom down` works with any",
  });
}

/** Any thrown value as what goes over the wire. */
export function remoteFailure(error: unknown): RemoteFailure {
  if (error instanceof NetloomError) return { diagnostics: error.diagnostics, status: error.status };
  const known = error instanceof Error ? error : new Error(String(error));
  const where = known.stack?.split("\n")[1]?.trim();
  const diagnostic = { code: "sandbox.internal", severity: "error" as const, summary: known.message || known.name };
  return { diagnostics: [where ? { ...diagnostic, cause: where } : diagnostic], status: 1 };
}
