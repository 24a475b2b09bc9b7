/** The dnsmasq of each namespace that has DHCP servers or a resolver. */

import { failure } from "../diagnostic.ts";
import type { NetloomError } from "../diagnostic.ts";
import type { HeldDirectory } from "../kernel/index.ts";
import type { DhcpServer, Namespace, Resolver } from "../model/index.ts";
import { dnsmasqArguments, dnsmasqConfig, hostsFile, parseLeases } from "./dnsmasq.ts";
import type { DnsmasqFiles, ServerLease } from "./dnsmasq.ts";
import type { Lease } from "./lease.ts";
import { Log } from "./log.ts";
import type { SpawnInNode } from "./spawn.ts";
import { Supervisor } from "./supervisor.ts";

/** Milliseconds within which dnsmasq must report that it is running. */
const PATIENCE = 10_000;
const STARTED = /\bstarted, version /;

export class NameAndLeaseServer {
  readonly node: string;
  readonly process: Supervisor;
  readonly #services: (DhcpServer | Resolver)[];
  readonly #folder: HeldDirectory;
  /** By their names in the folder. */
  readonly #files: DnsmasqFiles;

  /** null when the namespace needs none. */
  static of(
    namespace: Namespace,
    program: string,
    folder: HeldDirectory,
    environment: Readonly<Record<string, string | undefined>>,
    spawn: SpawnInNode,
  ): NameAndLeaseServer | null {
    const path = `${folder.path}/${namespace.name}`;
    const files = { leases: `${path}/leases`, hosts: `${path}/hosts` };
    const config = dnsmasqConfig(namespace, files);
    return config === null ? null : new NameAndLeaseServer(namespace, program, folder, config, environment, spawn);
  }

  private constructor(
    { name, services }: Namespace,
    program: string,
    folder: HeldDirectory,
    config: string,
    environment: Readonly<Record<string, string | undefined>>,
    spawn: SpawnInNode,
  ) {
    this.node = name;
    this.#folder = folder;
    this.#files = { leases: `${name}/leases`, hosts: `${name}/hosts` };
    this.#services = services.filter(
      (service): service is DhcpServer | Resolver => service.kind === "dhcp-server" || service.kind === "resolver",
    );
    const file = `${name}/dnsmasq.conf`;
    folder.makeFolder(name);
    folder.write(file, config);
    this.tellNames([]);
    const command = [program, ...dnsmasqArguments(`${folder.path}/${file}`)];
    const log = new Log(folder, `${name}/dnsmasq.log`);
    this.process = new Supervisor({
      node: name,
      name: "dnsmasq",
      command,
      environment,
      directory: "/",
      restart: "always",
      log,
      spawn,
    });
  }

  /** Resolves when it serves; throws when it ends instead. */
  async start(): Promise<void> {
    const { log } = this.process.options;
    let timer: NodeJS.Timeout | null = null;
    let stop = (): void => {};
    const said = new Promise<void>((resolve, reject) => {
      stop = log.follow(({ text, stream }) => {
        if (stream === "err" && STARTED.test(text)) resolve();
      });
      timer = setTimeout(() => reject(this.#failed("does not start")), PATIENCE);
    });
    this.process.start();
    try {
      await Promise.race([
        said,
        this.process.ended().then(() => {
          throw this.#failed("ended at once");
        }),
      ]);
    } finally {
      stop();
      if (timer !== null) clearTimeout(timer);
    }
  }

  /** What runs as it should. */
  services(): (DhcpServer | Resolver)[] {
    return this.process.state === "running" ? this.#services : [];
  }

  /** Makes leased addresses known to the resolver, whichever server granted them. */
  tellNames(leases: readonly Lease[]): void {
    const resolver = this.#services.find((service): service is Resolver => service.kind === "resolver");
    if (resolver === undefined) return;
    const leased = leases.map(({ node, address }) => ({ name: node, address }));
    const text = hostsFile([...resolver.hosts, ...leased]);
    if (this.#folder.read(this.#files.hosts) === text) return;
    this.#folder.write(this.#files.hosts, text);
    this.process?.signal("SIGHUP");
  }

  leases(): ServerLease[] {
    return parseLeases(this.#folder.read(this.#files.leases) ?? "");
  }

  #failed(what: string): NetloomError {
    return failure("services.died", `dnsmasq of ${this.node} ${what}`, {
      subject: `node ${this.node}`,
      cause: this.process.lastWords() || "it printed nothing",
      state: "everything done so far was undone",
    });
  }
}
