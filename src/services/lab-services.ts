/** Every program of a lab: started in the order in which they need each other, watched, asked about, stopped. */

import { mkdirSync } from "node:fs";
import { NetloomError } from "../diagnostic.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { ROOT } from "../model/index.ts";
import type { Model, Namespace, Process, Service } from "../model/index.ts";
import { Clients } from "./clients.ts";
import type { ServerLease } from "./dnsmasq.ts";
import type { Lease } from "./lease.ts";
import { Log } from "./log.ts";
import { searchPath } from "./programs.ts";
import type { Programs } from "./programs.ts";
import { NameAndLeaseServer } from "./servers.ts";
import type { SpawnInNode } from "./spawn.ts";
import { spawnInNetwork } from "./spawn.ts";
import { endingText, Supervisor } from "./supervisor.ts";
import type { State } from "./supervisor.ts";

/** Milliseconds: for all leases together, and for a process to fail at once in. */
const LEASE_PATIENCE = 20_000;
const FIRST_MOMENT = 250;

export interface ServicesOptions {
  readonly lab: string;
  /** Private to the lab. */
  readonly folder: string;
  readonly spawn?: SpawnInNode;
  /** A node has got a lease, another one, or none any more (then its name servers are unknown, too). */
  readonly onLease?: (node: string, lease: Lease | null) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ProcessStatus {
  readonly node: string;
  readonly name: string;
  readonly state: State;
  readonly pid: number | null;
  readonly restarts: number;
  /** `exit status 1`, `ended by SIGSEGV`; null when it has never ended. */
  readonly ending: string | null;
  readonly command: readonly string[];
}

export interface GivenLease extends ServerLease {
  /** The node whose server gave it. */
  readonly server: string;
}

export class LabServices {
  readonly #options: ServicesOptions;
  readonly #servers: NameAndLeaseServer[] = [];
  readonly #processes: { readonly service: Process; readonly supervisor: Supervisor }[] = [];
  #clients: Clients | null = null;
  #stopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /**
   * Starts all that the model has, with programs that were found before. Resolves to warnings when every server serves,
   * every client has its addresses and every process was started. Throws when one of the former does not; what was
   * started then is stopped again.
   */
  async start(model: Model, programs: Programs): Promise<Diagnostic[]> {
    try {
      const total = model.namespaces.reduce((sum, { services }) => sum + services.length, 0);
      if (total === 0) return [];
      this.#options.onProgress?.(0, total);
      this.#prepare(model, programs);
      await Promise.all(this.#servers.map((server) => server.start()));
      await this.#getLeases();
      return await this.#startProcesses();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends everything, politely first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#processes.map(({ supervisor }) => supervisor.stop()));
    await this.#clients?.[Symbol.asyncDispose]();
    await Promise.all(this.#servers.map(({ process }) => process.stop()));
  }

  /** What runs in a node as it was asked to; a process that has ended and is not to be started again counts. */
  running(node: string): Service[] {
    const processes = this.#processes.filter(({ supervisor }) => supervisor.options.node === node);
    return [
      ...this.#servers.filter((server) => server.node === node).flatMap((server) => server.services()),
      ...(this.#clients?.servicesOf(node) ?? []),
      ...processes.filter(({ supervisor }) => supervisor.state !== "stopped").map(({ service }) => service),
    ];
  }

  /** Leases that nodes have. */
  leases(): Lease[] {
    return this.#clients?.leases() ?? [];
  }

  /** Leases that servers gave, whoever asked for them. */
  given(): GivenLease[] {
    return this.#servers.flatMap((server) => server.leases().map((lease) => ({ ...lease, server: server.node })));
  }

  statuses(): ProcessStatus[] {
    return this.#all().map(({ options: { node, name, command }, state, pid, restarts, ending }) => ({
      node,
      name,
      state,
      pid,
      restarts,
      ending: ending === null ? null : endingText(ending),
      command,
    }));
  }

  /** The logs of a node's processes, by name. */
  logsOf(node: string): Map<string, Log> {
    const own = this.#all().filter(({ options }) => options.node === node);
    return new Map(own.map(({ options }) => [options.name, options.log]));
  }

  #all(): Supervisor[] {
    return [
      ...this.#servers.map(({ process }) => process),
      ...(this.#clients?.processes ?? []),
      ...this.#processes.map(({ supervisor }) => supervisor),
    ];
  }

  #prepare(model: Model, programs: Programs): void {
    const { spawn = spawnInNetwork } = this.#options;
    this.#clients = new Clients({
      folderOf: (node) => this.#folderOf(node),
      events: `${this.#options.folder}/.events`,
      environment: (node) => this.#environment(node),
      spawn,
      onLease: (lease, node) => this.#onLease(lease, node),
    });
    for (const namespace of model.namespaces) {
      if (namespace.services.length === 0) continue;
      const folder = this.#folderOf(namespace.name);
      const environment = this.#environment(namespace.name);
      const server =
        programs.dnsmasq === null
          ? null
          : NameAndLeaseServer.of(namespace, programs.dnsmasq, folder, environment, spawn);
      if (server !== null) this.#servers.push(server);
      if (programs.client !== null) this.#clients.add(namespace, programs.client);
      for (const service of namespace.services) {
        if (service.kind === "process")
          this.#processes.push({ service, supervisor: this.#supervise(namespace, service, spawn) });
      }
    }
  }

  #supervise({ name: node }: Namespace, service: Process, spawn: SpawnInNode): Supervisor {
    const { name, command, directory, restart } = service;
    const log = new Log(`${this.#folderOf(node)}/${name}.log`);
    const environment = { ...this.#environment(node), ...service.environment };
    return new Supervisor({ node, name, command, environment, directory: directory ?? "/", restart, log, spawn });
  }

  async #getLeases(): Promise<void> {
    const clients = this.#clients!;
    clients.start();
    const problems = await clients.wait(LEASE_PATIENCE, (done, total) => this.#options.onProgress?.(done, total));
    if (problems.length > 0) throw new NetloomError(problems);
  }

  async #startProcesses(): Promise<Diagnostic[]> {
    for (const { supervisor } of this.#processes) supervisor.start();
    const all = Promise.all(this.#processes.map(({ supervisor }) => supervisor.ended()));
    if (this.#processes.length > 0) await Promise.race([all, delay(FIRST_MOMENT)]);
    return this.#processes.flatMap(({ supervisor }) => (failedAtOnce(supervisor) ? [warning(supervisor)] : []));
  }

  #onLease(lease: Lease | null, node: string): void {
    if (this.#stopped) return;
    const leases = this.leases();
    for (const server of this.#servers) server.tellNames(leases);
    this.#options.onLease?.(node, lease);
  }

  #environment(node: string): Record<string, string | undefined> {
    return {
      ...process.env,
      PATH: searchPath(),
      NETLOOM_LAB: this.#options.lab,
      NETLOOM_NODE: node === ROOT ? undefined : node,
    };
  }

  #folderOf(node: string): string {
    const folder = `${this.#options.folder}/${node}`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}

function failedAtOnce({ ending }: Supervisor): boolean {
  return ending !== null && ending.code !== 0;
}

function warning(supervisor: Supervisor): Diagnostic {
  const { node, name, restart } = supervisor.options;
  return {
    code: "services.process-failed",
    severity: "warning",
    summary: `${name} of ${node} failed at once${restart === "never" ? "" : "; it is started again"}`,
    subject: `node ${node}`,
    cause: supervisor.lastWords(),
    hint: `see all it said: netloom logs ${node} --name ${name}`,
  };
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
