/** Every program of a lab: started in the order in which they need each other, watched, asked about, stopped. */

import { isDeepStrictEqual } from "node:util";
import { NetloomError } from "../diagnostic.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { HeldDirectory, LabContext } from "../kernel/index.ts";
import { ROOT } from "../model/index.ts";
import type { Model, Process, Service } from "../model/index.ts";
import { Clients } from "./clients.ts";
import type { ServerLease } from "./dnsmasq.ts";
import type { Lease } from "./lease.ts";
import { Log } from "./log.ts";
import { searchPath } from "./find-programs.ts";
import type { Programs } from "./find-programs.ts";
import { NameAndLeaseServer } from "./servers.ts";
import type { SpawnInNode } from "./spawn.ts";
import { endingText, Supervisor } from "./supervisor.ts";
import type { State } from "./supervisor.ts";

/** Milliseconds in which a process fails at once. */
const FIRST_MOMENT = 250;
/** Seconds for all leases together, unless NETLOOM_LEASE_TIMEOUT is set. */
const LEASE_TIMEOUT = 20;

export interface ServicesOptions {
  readonly lab: string;
  /** Private to the lab; of each node there is a folder in it. */
  readonly folder: HeldDirectory;
  readonly context: LabContext;
  readonly spawn: SpawnInNode;
  /** A node has got a lease, another one, or none any more (then its name servers are unknown, too). */
  readonly onLease?: (node: string, lease: Lease | null) => void;
  /** All nodes have their addresses; processes start next and may resolve names. */
  readonly beforeProcesses?: () => void;
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
  /** The node whose server granted it. */
  readonly server: string;
}

interface ProcessUnit {
  readonly service: Process;
  readonly supervisor: Supervisor;
}

export class LabServices {
  readonly #options: ServicesOptions;
  readonly #clients: Clients;
  #servers: NameAndLeaseServer[] = [];
  #processes: ProcessUnit[] = [];
  #stopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
    this.#clients = new Clients({
      lab: options.context,
      folder: options.folder,
      events: ".events",
      environment: (node) => this.#environment(node),
      spawn: this.#options.spawn,
      onLease: (lease, node) => this.#onLease(lease, node),
    });
  }

  /**
   * Starts what the model has and what does not run yet, with programs that were found before. Resolves to warnings when
   * every server serves, every client has its addresses and every process was started. Throws when one of the former does
   * not; what was started then is stopped again.
   */
  async start(model: Model, programs: Programs): Promise<Diagnostic[]> {
    const before = { servers: this.#servers, processes: this.#processes };
    const fresh = this.#create(model, programs);
    if (fresh.servers.length + fresh.processes.length + fresh.clients === 0) return [];
    try {
      this.#options.onProgress?.(0, fresh.servers.length + fresh.clients);
      await Promise.all(fresh.servers.map((server) => server.start()));
      this.#tellNames();
      await this.#clients.forget(addressesOfServers(model, fresh.servers));
      const problems = await this.#clients.start(leasePatience(), (done, total) =>
        this.#options.onProgress?.(fresh.servers.length + done, fresh.servers.length + total),
      );
      if (problems.length > 0) throw new NetloomError(problems);
      this.#options.beforeProcesses?.();
      return await firstMoment(fresh.processes.map(({ supervisor }) => supervisor));
    } catch (error) {
      await this.#clients.drop();
      await Promise.all(
        [...fresh.servers.map(({ process }) => process), ...fresh.processes.map(({ supervisor }) => supervisor)].map(
          (each) => each.stop(),
        ),
      );
      this.#servers = before.servers;
      this.#processes = before.processes;
      throw error;
    }
  }

  /** Stops what the model does not have, has otherwise, or what does not run as it should. */
  async retain(model: Model): Promise<void> {
    const wanted = new Map(model.namespaces.map(({ name, services }) => [name, services]));
    const has = (node: string, services: readonly Service[]): boolean =>
      services.length > 0 &&
      services.every((service) => wanted.get(node)?.some((other) => isDeepStrictEqual(service, other)));
    const keep = <T>(units: readonly T[], fits: (unit: T) => boolean): [kept: T[], gone: T[]] => [
      units.filter(fits),
      units.filter((unit) => !fits(unit)),
    ];
    const [processes, endedProcesses] = keep(
      this.#processes,
      ({ service, supervisor }) => supervisor.state !== "stopped" && has(supervisor.options.node, [service]),
    );
    const [servers, endedServers] = keep(this.#servers, (server) => {
      const own = (wanted.get(server.node) ?? []).filter(({ kind }) => kind === "dhcp-server" || kind === "resolver");
      return own.length === server.services().length && has(server.node, server.services());
    });
    this.#processes = processes;
    this.#servers = servers;
    await Promise.all(endedProcesses.map(({ supervisor }) => supervisor.stop()));
    await this.#clients.retain((node, service) => has(node, [service]));
    await Promise.all(endedServers.map(({ process }) => process.stop()));
  }

  /** Ends everything, politely first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#processes.map(({ supervisor }) => supervisor.stop()));
    await this.#clients[Symbol.asyncDispose]();
    await Promise.all(this.#servers.map(({ process }) => process.stop()));
  }

  /** What runs in a node as it was asked to; a process that has ended and is not to be started again counts. */
  running(node: string): Service[] {
    const processes = this.#processes.filter(({ supervisor }) => supervisor.options.node === node);
    return [
      ...this.#servers.filter((server) => server.node === node).flatMap((server) => server.services()),
      ...this.#clients.servicesOf(node),
      ...processes.filter(({ supervisor }) => supervisor.state !== "stopped").map(({ service }) => service),
    ];
  }

  hasLeases(): boolean {
    return this.#clients.leases().length > 0;
  }

  describe(): { leases: GivenLease[]; processes: ProcessStatus[] } {
    return {
      leases: this.#servers.flatMap((server) => server.leases().map((lease) => ({ ...lease, server: server.node }))),
      processes: this.#all().map(({ options: { node, name, command }, state, pid, restarts, ending }) => ({
        node,
        name,
        state,
        pid,
        restarts,
        ending: ending === null ? null : endingText(ending),
        command,
      })),
    };
  }

  /** The logs of a node's processes, by name. */
  logsOf(node: string): Map<string, Log> {
    const own = this.#all().filter(({ options }) => options.node === node);
    return new Map(own.map(({ options }) => [options.name, options.log]));
  }

  #all(): Supervisor[] {
    return [
      ...this.#servers.map(({ process }) => process),
      ...this.#clients.processes,
      ...this.#processes.map(({ supervisor }) => supervisor),
    ];
  }

  /** What the model has and what is not there yet; nothing of it runs. */
  #create(
    model: Model,
    programs: Programs,
  ): { servers: NameAndLeaseServer[]; processes: ProcessUnit[]; clients: number } {
    const servers: NameAndLeaseServer[] = [];
    const processes: ProcessUnit[] = [];
    let clients = 0;
    for (const namespace of model.namespaces) {
      const { name, services } = namespace;
      if (services.length === 0) continue;
      if (programs.dnsmasq !== null && !this.#servers.some(({ node }) => node === name)) {
        const server = NameAndLeaseServer.of(
          namespace,
          programs.dnsmasq,
          this.#options.folder,
          this.#environment(name),
          this.#options.spawn,
        );
        if (server !== null) servers.push(server);
      }
      if (programs.client !== null) clients += this.#clients.add(namespace, programs.client);
      const there = new Set(
        this.#processes.filter(({ supervisor }) => supervisor.options.node === name).map(({ service }) => service.name),
      );
      for (const service of services) {
        if (service.kind === "process" && !there.has(service.name))
          processes.push({ service, supervisor: this.#supervise(name, service) });
      }
    }
    this.#servers = [...this.#servers, ...servers];
    this.#processes = [...this.#processes, ...processes];
    return { servers, processes, clients };
  }

  #supervise(node: string, service: Process): Supervisor {
    const { name, command, directory, restart } = service;
    const log = new Log(this.#options.folder, `${node}/${name}.log`);
    const environment = { ...this.#environment(node), ...service.environment };
    return new Supervisor({
      node,
      name,
      command,
      environment,
      directory: directory ?? "/",
      restart,
      log,
      spawn: this.#options.spawn,
    });
  }

  #onLease(lease: Lease | null, node: string): void {
    if (this.#stopped) return;
    this.#tellNames();
    this.#options.onLease?.(node, lease);
  }

  #tellNames(): void {
    const leases = this.#clients.leases();
    for (const server of this.#servers) server.tellNames(leases);
  }

  #environment(node: string): Record<string, string | undefined> {
    return {
      ...process.env,
      PATH: searchPath(),
      NETLOOM_LAB: this.#options.lab,
      NETLOOM_NODE: node === ROOT ? undefined : node,
    };
  }
}

function addressesOfServers(model: Model, servers: readonly NameAndLeaseServer[]): Set<string> {
  const nodes = new Set(servers.map(({ node }) => node));
  const own = model.namespaces.filter(({ name }) => nodes.has(name));
  return new Set(own.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
}

/** Milliseconds. */
function leasePatience(): number {
  const given = Number(process.env["NETLOOM_LEASE_TIMEOUT"]);
  return (given > 0 && given <= 3_600 ? given : LEASE_TIMEOUT) * 1_000;
}

/** Starts processes, and looks for a moment whether they fail: an error, or a warning where they are started again. */
async function firstMoment(supervisors: readonly Supervisor[]): Promise<Diagnostic[]> {
  if (supervisors.length === 0) return [];
  for (const supervisor of supervisors) supervisor.start();
  await Promise.race([Promise.all(supervisors.map((each) => each.ended())), delay(FIRST_MOMENT)]);
  const problems = supervisors.filter(failedAtOnce).map(problem);
  if (problems.some(({ severity }) => severity === "error")) throw new NetloomError(problems);
  return problems;
}

function failedAtOnce({ ending }: Supervisor): boolean {
  return ending !== null && ending.code !== 0;
}

function problem(supervisor: Supervisor): Diagnostic {
  const { node, name, restart } = supervisor.options;
  const place = { code: "services.process-failed", subject: `node ${node}`, cause: supervisor.lastWords() } as const;
  if (restart !== "never")
    return {
      ...place,
      severity: "warning",
      summary: `${name} of ${node} failed at once; it is being restarted`,
      hint: `for its full output run netloom logs ${node} --name ${name}`,
    };
  return {
    ...place,
    severity: "error",
    summary: `${name} of ${node} failed at once`,
    state: "everything done so far was undone",
    hint: "fix the command, or set restart: on-failure to retry until it succeeds",
  };
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
