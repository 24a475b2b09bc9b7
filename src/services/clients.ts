/** All DHCP clients of a lab: started at once, their leases applied as they come, waited for together. */

import type { Diagnostic } from "../diagnostic.ts";
import { isLinkLocal } from "../model/index.ts";
import type { Address, DhcpClient, Namespace } from "../model/index.ts";
import type { HeldDirectory, LabContext } from "../kernel/index.ts";
import { clientScript, clientStart } from "./dhcp-client.ts";
import { Events } from "./events.ts";
import { applyLease, leaseOf, withdrawLease } from "./lease.ts";
import type { Lease, LeaseEvent } from "./lease.ts";
import { Log } from "./log.ts";
import type { Programs } from "./find-programs.ts";
import { autoconfigured, solicitRouters } from "./router-advertisements.ts";
import type { SpawnInNode } from "./spawn.ts";
import { Supervisor } from "./supervisor.ts";

/** Milliseconds between two looks at what the kernel has made of router advertisements. */
const LOOK_AGAIN = 20;

export interface ClientContext {
  readonly lab: LabContext;
  /** Of each node there is a folder in it. */
  readonly folder: HeldDirectory;
  /** Name of the folder in it where the scripts put their events. */
  readonly events: string;
  readonly environment: (node: string) => Readonly<Record<string, string | undefined>>;
  readonly spawn: SpawnInNode;
  readonly onLease: (lease: Lease | null, node: string) => void;
}

interface Client {
  readonly node: string;
  readonly service: DhcpClient;
  /** Of how many of its node it is: an earlier one's default route is preferred. */
  readonly rank: number;
  /** null for a client of router advertisements alone. */
  readonly process: Supervisor | null;
  readonly linkLocal: Address | null;
  lease: Lease | null;
  /** Why a lease could not be applied. */
  fault: string | null;
}

export class Clients implements AsyncDisposable {
  readonly #context: ClientContext;
  /** By the number passed to their scripts; null for clients that have ended. */
  readonly #numbered: (Client | null)[] = [];
  /** Added, and not started yet or not known to have their addresses. */
  #fresh: Client[] = [];
  #events: Events | null = null;
  #changed: () => void = () => {};

  constructor(context: ClientContext) {
    this.#context = context;
  }

  get #clients(): Client[] {
    return this.#numbered.filter((client): client is Client => client !== null);
  }

  get processes(): Supervisor[] {
    return this.#clients.flatMap(({ process }) => process ?? []);
  }

  /** What runs as it should. */
  servicesOf(node: string): DhcpClient[] {
    return this.#clients.filter((client) => client.node === node && runs(client)).map(({ service }) => service);
  }

  leases(): Lease[] {
    return this.#clients.flatMap(({ lease }) => lease ?? []);
  }

  /** Those of a namespace that are not there yet; returns how many. */
  add({ name: node, services, addresses }: Namespace, program: NonNullable<Programs["client"]>): number {
    const wanted = services.filter((service): service is DhcpClient => service.kind === "dhcp-client");
    const there = this.#clients.filter((client) => client.node === node).map(({ service }) => service.link);
    const added = [...wanted.entries()].filter(([, { link }]) => !there.includes(link));
    for (const [rank, service] of added) {
      const { link, families } = service;
      const local = addresses.find((each) => each.link === link && isLinkLocal(each.address)) ?? null;
      const process = families.includes(4) ? this.#process(node, link, program) : null;
      const linkLocal = families.includes(6) ? local : null;
      const client = { node, service, rank, process, linkLocal, lease: null, fault: null };
      this.#numbered.push(client);
      this.#fresh.push(client);
    }
    return added.length;
  }

  /**
   * Starts those that were added and waits until each has its addresses; resolves to what is wrong with those that have
   * not.
   */
  async start(patience: number, onProgress: (done: number, total: number) => void): Promise<Diagnostic[]> {
    const total = this.#fresh.length;
    if (total === 0) return [];
    this.#events ??= new Events(this.#context.folder.folder(this.#context.events), (client, event) =>
      this.#receive(client, event),
    );
    for (const { node, process, linkLocal } of this.#fresh) {
      process?.start();
      if (linkLocal !== null) solicitRouters(this.#context.lab, node, linkLocal);
    }
    const deadline = performance.now() + patience;
    let waiting = this.#fresh;
    for (;;) {
      waiting = waiting.filter((client) => !isReady(this.#context.lab, client));
      onProgress(total - waiting.length, total);
      const left = deadline - performance.now();
      if (left <= 0 || waiting.every(({ fault }) => fault !== null)) break;
      // A lease wakes us; the kernel's own addresses have to be looked for.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, waiting.some(needsIpv6) ? LOOK_AGAIN : left));
        this.#changed = () => (clearTimeout(timer), resolve());
      });
    }
    if (waiting.length === 0) this.#fresh = [];
    return waiting.map((client) => without(client, patience));
  }

  /** Restarts the clients whose server has been replaced: the new one may grant something else. */
  async forget(servers: ReadonlySet<string>): Promise<void> {
    const chosen = this.#clients.filter(
      (client) => client.lease?.server && servers.has(client.lease.server) && !this.#fresh.includes(client),
    );
    await Promise.all(chosen.map(async ({ process }) => process?.stop()));
    for (const client of chosen) {
      withdrawLease(this.#context.lab, client.lease!);
      client.lease = null;
    }
    this.#fresh.push(...chosen);
  }

  /** Ends those that were added last. */
  async drop(): Promise<void> {
    const fresh = new Set(this.#fresh);
    this.#fresh = [];
    await this.#end((client) => fresh.has(client));
  }

  /** Ends those that are not wanted, or do not run. */
  retain(wanted: (node: string, service: DhcpClient) => boolean): Promise<void> {
    return this.#end((client) => !wanted(client.node, client.service) || !runs(client));
  }

  async #end(chosen: (client: Client) => boolean): Promise<void> {
    const clients = this.#clients.filter(chosen);
    for (const client of clients) this.#numbered[this.#numbered.indexOf(client)] = null;
    await Promise.all(clients.map(async ({ process }) => process?.stop()));
    for (const { lease } of clients) if (lease !== null) withdrawLease(this.#context.lab, lease);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events?.[Symbol.dispose]();
    await Promise.all(this.processes.map((process) => process.stop()));
  }

  #process(node: string, link: string, program: NonNullable<Programs["client"]>): Supervisor {
    const { folder, environment, spawn, events } = this.#context;
    const own = `${node}/client-${link}`;
    folder.makeFolder(own);
    folder.write(`${own}/script`, clientScript(`${folder.path}/${events}`, this.#numbered.length), 0o700);
    const path = `${folder.path}/${own}`;
    const { command, files } = clientStart(program, node, link, { script: `${path}/script`, folder: path });
    for (const [file, text] of Object.entries(files)) folder.write(`${own}/${file}`, text);
    const name = `dhcp:${link}`;
    const log = new Log(folder, `${node}/${name}.log`);
    return new Supervisor({
      node,
      name,
      command,
      environment: environment(node),
      directory: "/",
      restart: "always",
      log,
      spawn,
    });
  }

  #receive(number: number, event: LeaseEvent): void {
    const client = this.#numbered[number] ?? null;
    if (client === null) return;
    const { node, service, process, rank } = client;
    const lease = leaseOf(node, service.link, event);
    if (lease === undefined || (lease === null && client.lease === null)) return;
    const before = client.lease;
    try {
      if (lease === null) withdrawLease(this.#context.lab, before!);
      else applyLease(this.#context.lab, lease, before, rank);
      client.lease = lease;
      client.fault = null;
      process?.options.log.note(lease === null ? `the lease of ${before!.address} has expired` : granted(lease));
    } catch (error) {
      client.fault = (error as Error).message;
      process?.options.log.note(client.fault);
    }
    try {
      this.#context.onLease(lease, node);
    } catch (error) {
      process?.options.log.note((error as Error).message);
    }
    this.#changed();
  }
}

function granted({ address, prefixLength, gateway, leaseTime }: Lease): string {
  return `${address}/${prefixLength}${gateway === null ? "" : ` via ${gateway}`} for ${leaseTime} s`;
}

const runs = ({ process }: Client): boolean => process === null || process.state === "running";
const needsIpv6 = ({ service }: Client): boolean => service.families.includes(6);

function isReady(context: LabContext, client: Client): boolean {
  const { node, service, process, lease } = client;
  if (process !== null && lease === null) return false;
  return !needsIpv6(client) || autoconfigured(context, node, service.link).length > 0;
}

function without({ node, service, process, lease, fault }: Client, patience: number): Diagnostic {
  const where = `${node}:${service.link}`;
  const common = { severity: "error", subject: `node ${node}` } as const;
  if (fault !== null)
    return { ...common, code: "services.lease", summary: `the lease of ${where} cannot be applied`, cause: fault };
  const seconds = `${Math.round(patience / 1_000)} s`;
  if (process !== null && lease === null) {
    const summary = `${where} got no address by DHCP within ${seconds}`;
    return {
      ...common,
      code: "services.no-lease",
      summary,
      cause: process.lastWords() || "the client printed nothing",
    };
  }
  return {
    ...common,
    code: "services.no-advertisement",
    summary: `${where} formed no IPv6 address within ${seconds}`,
    cause: "no router advertisement came",
  };
}
