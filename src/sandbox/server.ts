import type { Socket } from "node:net";
import { NetloomError } from "../diagnostic.ts";
import { encodeLine, lineSplitter, type ClientMessage, type HolderMessage, type RemoteFailure } from "./protocol.ts";

export interface RequestContext {
  /** Sends an event to whoever asked. */
  readonly event: (value: unknown) => void;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
}

/** A method of the holder. What it returns (or resolves to) is the result; what it throws, the error. */
export type Method = (params: never, context: RequestContext) => unknown;
export type Methods = Readonly<Record<string, Method>>;

/** Answers the requests that come over one connection, several at a time. */
export function serve(socket: Socket, methods: () => Methods): void {
  const running = new Map<number, AbortController>();
  const send = (message: HolderMessage): void => {
    if (socket.writable) socket.write(encodeLine(message));
  };
  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const table = methods();
      const handler = Object.hasOwn(table, method) ? table[method] : undefined;
      if (!handler)
        throw new Error(
          `the lab's holder has no method ${JSON.stringify(method)}; was the lab started by another version?`,
        );
      const context = { event: (event: unknown) => send({ id, event }), signal: abort.signal };
      const result: unknown = await handler(params as never, context);
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

/** Any thrown value as what goes over the wire. */
export function remoteFailure(error: unknown): RemoteFailure {
  if (error instanceof NetloomError) return { diagnostics: error.diagnostics, status: error.status };
  const known = error instanceof Error ? error : new Error(String(error));
  const where = known.stack?.split("\n")[1]?.trim();
  const diagnostic = { code: "sandbox.internal", severity: "error" as const, summary: known.message || known.name };
  return { diagnostics: [where ? { ...diagnostic, cause: where } : diagnostic], status: 1 };
}
