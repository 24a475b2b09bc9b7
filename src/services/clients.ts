/** All DHCP clients of a lab: started at once, their leases applied as they come, waited for together. */

import { mkdirSync, writeFileSync } from "node:fs";
import type { Diagnostic } from "../diagnostic.ts";
import { isLinkLocal } from "../model/index.ts";
import type { Address, DhcpClient, Namespace } from "../model/index.ts";
import { clientScript, clientStart } from "./dhcp-client.ts";
import { Events } from "./events.ts";
import { applyLease, leaseOf, withdrawLease } from "./lease.ts";
import type { Lease, LeaseEvent } from "./lease.ts";
import { Log } from "./log.ts";
import type { Programs } from "./programs.ts";
import { autoconfigured, solicitRouters } from "./router-advertisements.ts";
import type { SpawnInNode } from "./spawn.ts";
import { Supervisor } from "./supervisor.ts";

/** Milliseconds between two looks at what the kernel has made of router advertisements. */
const LOOK_AGAIN = 20;

export interface ClientContext {
  /** Of a node's files. */
  readonly folderOf: (node: string) => string;
  /** Where the scripts put their events. */
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
  readonly #clients: Client[] = [];
  readonly #events: Events;
  #changed: () => void = () => {};

  constructor(context: ClientContext) {
    this.#context = context;
    this.#events = new Events(context.events, (client, event) => this.#receive(client, event));
  }

  get processes(): Supervisor[] {
    return this.#clients.flatMap(({ process }) => process ?? []);
  }

  /** What runs as it should. */
  servicesOf(node: string): DhcpClient[] {
    return this.#clients
      .filter((client) => client.node === node && (client.process === null || client.process.state === "running"))
      .map(({ service }) => service);
  }

  leases(): Lease[] {
    return this.#clients.flatMap(({ lease }) => lease ?? []);
  }

  add(namespace: Namespace, program: NonNullable<Programs["client"]>): void {
    const services = namespace.services.filter((service): service is DhcpClient => service.kind === "dhcp-client");
    for (const [rank, service] of services.entries()) {
      const { link, families } = service;
      const node = namespace.name;
      const local = namespace.addresses.find((each) => each.link === link && isLinkLocal(each.address)) ?? null;
      const process = families.includes(4) ? this.#process(node, link, program) : null;
      const linkLocal = families.includes(6) ? local : null;
      this.#clients.push({ node, service, rank, process, linkLocal, lease: null, fault: null });
    }
  }

  start(): void {
    for (const { node, process, linkLocal } of this.#clients) {
      process?.start();
      if (linkLocal !== null) solicitRouters(node, linkLocal);
    }
  }

  /** Waits until every client has its addresses; resolves to what is wrong with those that have not. */
  async wait(patience: number, onProgress: (done: number, total: number) => void): Promise<Diagnostic[]> {
    const deadline = performance.now() + patience;
    const total = this.#clients.length;
    let waiting = this.#clients;
    while (waiting.length > 0) {
      waiting = waiting.filter((client) => !isReady(client));
      onProgress(total - waiting.length, total);
      const left = deadline - performance.now();
      if (waiting.length === 0 || left <= 0 || waiting.every(({ fault }) => fault !== null)) break;
      // A lease wakes us; the kernel's own addresses have to be looked for.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, waiting.some(needsIpv6) ? LOOK_AGAIN : left));
        this.#changed = () => (clearTimeout(timer), resolve());
      });
    }
    return waiting.map((client) => without(client, patience));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events[Symbol.dispose]();
    await Promise.all(this.processes.map((process) => process.stop()));
  }

  #process(node: string, link: string, program: NonNullable<Programs["client"]>): Supervisor {
    const { folderOf, environment, spawn, events } = this.#context;
    const folder = `${folderOf(node)}/client-${link}`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const script = `${folder}/script`;
    writeFileSync(script, clientScript(events, this.#clients.length), { mode: 0o700 });
    const { command, files } = clientStart(program, node, link, { script, folder });
    for (const [path, text] of Object.entries(files)) writeFileSync(path, text, { mode: 0o600 });
    const name = `dhcp:${link}`;
    const log = new Log(`${folderOf(node)}/${name}.log`);
    return new Supervisor({ node, name, command, environment: environment(node), directory: "/", restart: "always", log, spawn }); // prettier-ignore
  }

  #receive(number: number, event: LeaseEvent): void {
    const client = this.#clients[number];
    if (client === undefined) return;
    const { node, service, process, rank } = client;
    const lease = leaseOf(node, service.link, event);
    if (lease === undefined || (lease === null && client.lease === null)) return;
    const before = client.lease;
    try {
      if (lease === null) withdrawLease(before!);
      else applyLease(lease, before, rank);
      client.lease = lease;
      client.fault = null;
      process?.options.log.note(lease === null ? `the lease of ${before!.address} is gone` : granted(lease));
    } catch (error) {
      client.fault = (error as Error).message;
      process?.options.log.note(client.fault);
    }
    this.#context.onLease(lease, node);
    this.#changed();
  }
}

function granted({ address, prefixLength, gateway, leaseTime }: Lease): string {
  return `${address}/${prefixLength}${gateway === null ? "" : ` via ${gateway}`} for ${leaseTime} s`;
}

const needsIpv6 = ({ service }: Client): boolean => service.families.includes(6);

function isReady(client: Client): boolean {
  const { node, service, process, lease } = client;
  if (process !== null && lease === null) return false;
  return !needsIpv6(client) || autoconfigured(node, service.link).length > 0;
}

function without({ node, service, process, lease, fault }: Client, patience: number): Diagnostic {
  const where = `${node}:${service.link}`;
  const common = { severity: "error", subject: `node ${node}` } as const;
  if (fault !== null)
    return { ...common, code: "services.lease", summary: `the lease of ${where} cannot be applied`, cause: fault };
  const seconds = `${Math.round(patience / 1_000)} s`;
  if (process !== null && lease === null) {
    const summary = `${where} got no address by DHCP in ${seconds}`;
    return { ...common, code: "services.no-lease", summary, cause: process.lastWords() || "the client said nothing" };
  }
  return {
    ...common,
    code: "services.no-advertisement",
    summary: `${where} made itself no IPv6 address in ${seconds}`,
    cause: "no router advertisement came",
  };
}
