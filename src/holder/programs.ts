/**
 * The programs of a held lab: services/ in the nodes' own mounts, with the names that leases bring. For methods.ts.
 * In: models. Out: what runs, who has which lease, and what the processes have said.
 */

import { type Diagnostic, failure } from "../diagnostic.ts";
import { canonical, type Model, type NameService, ROOT, uplinkOf } from "../model/index.ts";
import type { HeldLab, RequestContext } from "../sandbox/index.ts";
import { findPrograms, LabServices, type Lease, type Programs } from "../services/index.ts";
import type { ChangeEvent, LogParams, ProcessLine, Progress, UplinkOutcome } from "./protocol.ts";
import { attempt } from "./names.ts";
import { LabUplink } from "./uplink.ts";

export class LabPrograms {
  readonly #lab: HeldLab;
  readonly #onNames: () => void;
  readonly #services: LabServices;
  readonly #uplink = new LabUplink();
  #onProgress: (progress: Progress) => void = () => {};
  #upToProcesses = false;
  readonly #names = new Map<string, NameService>();
  #stopped: Promise<void> | null = null;

  /** `onNames`: a node has got another address or other name servers. */
  constructor(lab: HeldLab, onNames: () => void) {
    this.#lab = lab;
    this.#onNames = onNames;
    this.#services = new LabServices({
      lab: lab.name,
      folder: lab.folder.folder("services"),
      context: lab.context,
      spawn: (node, command, args, options) => lab.mounts.spawn(node, command, args, options),
      onLease: (node, lease) => {
        this.#nameServersOf(node, lease);
        // Of many at once, names are told when all have come.
        if (this.#upToProcesses) this.#onNames();
      },
      beforeProcesses: () => {
        this.#upToProcesses = true;
        this.#onNames();
      },
      onProgress: (done, total) => this.#onProgress({ stage: "services", done, total }),
    });
    lab.onShutdown(() => this.stop());
  }

  /** Who asks for what comes next, and starts an uplink for it. */
  attend(asker: RequestContext<ChangeEvent>): void {
    this.#uplink.asker = asker;
  }

  /** Throws when a program is missing; to be called before anything is built. */
  find(model: Model): Programs {
    if (this.#lab.host !== null && uplinkOf(model) !== null) throw noUplinkOnHost();
    return findPrograms(model);
  }

  /**
   * Starts what does not run yet; resolves to warnings of what does not work, and does not have to. Throws when a service
   * or a lease does not.
   */
  async start(model: Model, programs: Programs, onProgress: (progress: Progress) => void): Promise<Diagnostic[]> {
    this.#onProgress = onProgress;
    this.#upToProcesses = false;
    await this.#uplink.start(model);
    return this.#services.start(model, programs).finally(() => (this.#upToProcesses = true));
  }

  /** Starts again what a model has and was ended; resolves to whether there was any. Throws when it cannot be started. */
  async resume(model: Model): Promise<boolean> {
    const there = this.#count();
    await this.start(model, this.find(model), () => {});
    this.giveNames();
    return this.#count() > there;
  }

  /** Ends what a model to come does not have as it runs now. */
  async retain(model: Model): Promise<void> {
    await this.#services.retain(model);
    await this.#uplink.retain(model);
  }

  /** Once more after names were given that the topology knows: leases count, too. */
  giveNames(): Diagnostic[] {
    if (this.#services.hasLeases()) this.#onNames();
    return [...this.#names].flatMap(([node, settings]) =>
      attempt(`names outside the lab cannot be resolved in ${node}`, () => this.#lab.mounts.setNames(node, settings)),
    );
  }

  /** Ends everything, once. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#services.stop());
  }

  #count(): number {
    const { processes } = this.#services.describe();
    return processes.filter(({ state }) => state === "running").length + this.#uplink.running(ROOT).length;
  }

  /** What was read from the kernel, with what runs beside it. */
  observed(model: Model): Model {
    const namespaces = model.namespaces.map((namespace) => ({
      ...namespace,
      services: [...this.#services.running(namespace.name), ...this.#uplink.running(namespace.name)],
      nameService: this.#names.get(namespace.name) ?? namespace.nameService,
    }));
    return canonical({ ...model, namespaces });
  }

  /** Leases and the state of processes, for those who show a lab. */
  details(): ReturnType<LabServices["describe"]> {
    return this.#services.describe();
  }

  /** How the start of the uplink went, from whoever was asked to start it. */
  tellUplink(outcome: UplinkOutcome): void {
    this.#uplink.tell(outcome);
  }

  /** What processes have said, and with `follow` what they say, as events, until the asker goes away. */
  async logs(
    params: LogParams,
    { event, signal }: RequestContext<ProcessLine>,
  ): Promise<{ lines: readonly ProcessLine[] }> {
    const logs = this.#services.logsOf(params.node);
    const chosen = [...logs].filter(([name]) => params.process === undefined || name === params.process);
    if (chosen.length === 0) throw this.#noLog(params, [...logs.keys()]);
    const lines: ProcessLine[] = chosen
      .flatMap(([process, log]) => log.lines().map((line) => ({ process, ...line })))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    const shown = params.tail === undefined ? lines : lines.slice(Math.max(0, lines.length - params.tail));
    if (params.follow !== true) return { lines: shown };
    for (const line of shown) event(line);
    const stops = chosen.map(([process, log]) => log.follow((line) => event({ process, ...line })));
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (const stop of stops) stop();
    return { lines: [] };
  }

  #nameServersOf(node: string, lease: Lease | null): void {
    const settings = { servers: lease?.dns ?? [], search: lease?.search ?? [] };
    // Of several interfaces whoever spoke last; a lease without name servers says nothing of them.
    if (lease !== null && settings.servers.length === 0) return;
    this.#names.set(node, settings);
    this.#lab.mounts.setNames(node, settings);
  }

  #noLog({ node, process }: LogParams, names: readonly string[]) {
    const summary =
      process === undefined
        ? `nothing that netloom started runs in ${node}`
        : `${node} has no process ${JSON.stringify(process)}`;
    const cause = names.length === 0 ? {} : { cause: `its processes: ${names.join(", ")}` };
    return failure("services.no-process", summary, { ...cause, hint: "see netloom inspect" }, 2);
  }
}

function noUplinkOnHost() {
  return failure("services.uplink", "a lab on the machine itself has no uplink", {
    subject: "root.uplink",
    cause: "its root is the machine, which uses its own network",
    state: "nothing was changed",
    hint: "leave it out, or bring the lab up without --host",
  });
}
