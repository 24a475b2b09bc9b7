/** A connection to a running lab: the methods of the protocol as functions. */

import type {
  AdoptResult,
  BuildParams,
  BuildResult,
  ChangeParams,
  ChangeResult,
  Description,
  LabProtocol,
  LogParams,
  Observed,
  ProcessLine,
  ProgressEvent,
  VerifyParams,
  VerifyProgress,
  WaitingEvent,
} from "../holder/protocol.ts";
import type { Verification } from "../model/index.ts";
import type { LabClient, LabRecord } from "../sandbox/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { UplinkStarter } from "./uplink-starter.ts";

type Params<M extends keyof LabProtocol> = LabProtocol[M]["params"];
type Result<M extends keyof LabProtocol> = Promise<LabProtocol[M]["result"]>;
type Event<M extends keyof LabProtocol> = LabProtocol[M]["event"];

/** Aborting cancels the request in the holder; the promise rejects with the signal's reason. */
interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface ChangeOptions extends Cancellable {
  readonly onProgress?: (progress: ProgressEvent) => void;
  /** On the machine itself: the change is made, and waits for a proof that the machine can still be reached. */
  readonly onWaiting?: (waiting: WaitingEvent) => void;
}

/** Programs may take this long to end before a lab is taken away; milliseconds. */
const PATIENCE = 3_000;

/** Every method rejects with the NetloomError of the holder, or `sandbox.lab-died`. */
export class Lab implements AsyncDisposable {
  readonly name: string;
  /** Null inside the lab, where it cannot be seen. */
  readonly record: LabRecord | null;
  readonly #client: LabClient<LabProtocol>;

  constructor(client: LabClient<LabProtocol>, record: LabRecord | null) {
    this.name = client.name;
    this.record = record;
    this.#client = client;
  }

  /** Settles when the connection is gone, from whichever side. */
  get closed(): Promise<void> {
    return this.#client.closed;
  }

  get isClosed(): boolean {
    return this.#client.isClosed;
  }

  /** Hangs up. A lab that is not kept and was started over this connection goes away with it. */
  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  build(params: BuildParams, options: ChangeOptions = {}): Promise<BuildResult> {
    return this.#make("build", params, options);
  }

  /** Makes it equal to another topology, all or nothing. */
  change(params: ChangeParams, options: ChangeOptions = {}): Promise<ChangeResult> {
    return this.#make("change", params, options);
  }

  async confirm(): Promise<boolean> {
    return (await this.#client.request("confirm")).confirmed;
  }

  adopt(): Promise<AdoptResult> {
    return this.#client.request("adopt");
  }

  /** From now on it outlives the process that has started it. */
  async keep(): Promise<void> {
    await this.#client.request("keep", { state: "up" });
  }

  /** It is listed as up, and goes away with the process that has started it. */
  async announce(): Promise<void> {
    await this.#client.request("keep", { kept: false, state: "up" });
  }

  describe({ signal }: Cancellable = {}): Promise<Description> {
    return this.#client.request("describe", {}, { ...(signal && { signal }) });
  }

  /** What `change` would do. */
  async plan(topology: ResolvedTopology): Promise<LabProtocol["plan"]["result"]["changes"]> {
    return (await this.#client.request("plan", { topology })).changes;
  }

  /** Reports what `change` would do, now and whenever it differs, until it is cancelled. */
  watch(topology: ResolvedTopology, onEvent: (report: Event<"watch">) => void, signal: AbortSignal): Result<"watch"> {
    return this.#client.request("watch", { topology }, { onEvent, signal });
  }

  observe(params: Params<"observe"> = {}, { signal }: Cancellable = {}): Promise<Observed> {
    return this.#client.request("observe", params, { ...(signal && { signal }) });
  }

  /** Of these nodes, or of all. */
  counters(nodes?: readonly string[], { signal }: Cancellable = {}): Result<"counters"> {
    return this.#client.request("counters", { nodes }, { ...(signal && { signal }) });
  }

  neighbours(nodes?: readonly string[]): Result<"neighbours"> {
    return this.#client.request("neighbours", { nodes });
  }

  discover(params: Params<"discover"> = {}): Result<"discover"> {
    return this.#client.request("discover", params);
  }

  verify(params: VerifyParams, onEvent: (progress: VerifyProgress) => void = () => {}): Promise<Verification> {
    return this.#client.request("verify", params, { onEvent });
  }

  async logs(params: Omit<LogParams, "follow">): Promise<readonly ProcessLine[]> {
    return (await this.#client.request("logs", params)).lines;
  }

  /** The same lines one by one, and then those that come, until the lab ends. */
  async followLogs(params: Omit<LogParams, "follow">, onEvent: (line: ProcessLine) => void): Promise<void> {
    await Promise.race([this.#client.request("logs", { ...params, follow: true }, { onEvent }), this.closed]);
  }

  /** Before it is taken away: its programs end in their own way, as far as that is soon. Works with every version. */
  async stop(): Promise<void> {
    // Those that take longer are killed with the lab.
    await this.#client.request("stop", {}, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {});
  }

  /** Ends the lab and its holder. Works with every version. */
  async shutdown(): Promise<void> {
    await this.#client.request("shutdown");
    await this.closed;
  }

  async #make<M extends "build" | "change">(
    method: M,
    params: Params<M>,
    { onProgress, onWaiting, signal }: ChangeOptions,
  ): Result<M> {
    const uplink = this.record === null ? null : new UplinkStarter(this.#client, this.record);
    const onEvent = (event: Event<M>): void => {
      if (event.kind === "uplink") void uplink?.start(event.settings);
      else if (event.kind === "waiting") onWaiting?.(event);
      else onProgress?.(event);
    };
    try {
      return await this.#client.request(method, params, { onEvent, ...(signal && { signal }) });
    } finally {
      uplink?.release();
    }
  }
}
