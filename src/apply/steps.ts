/** Carries out the steps of a schedule: each in one namespace, on a socket of its own. */

import { existsSync } from "node:fs";
import type { Family, Model, Namespace } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import {
  Batch,
  type LabContext,
  NetlinkSocket,
  OpenNamespace,
  openNode,
  readSysctl,
  within,
  writeSysctl,
} from "../kernel/index.ts";
import type { Change, ChangeOf, ObjectKind } from "../plan/index.ts";
import { withoutGeneratedAddresses } from "../rtnl/index.ts";
import type { Creation } from "./creations.ts";
import type { LinkIndexes } from "./indexes.ts";
import { enableIpv6, linksWithoutIpv6, WithoutIpv6 } from "./ipv6.ts";
import { applyTables, flushConnections, Library } from "./netfilter/index.ts";
import { type Here, NewLinks } from "./new-links.ts";
import { changeObjects, restoreRoutes } from "./objects.ts";
import type { Step } from "./waves.ts";
import { Sender } from "./sender.ts";
import { FORWARDING, setForwarding } from "./settings.ts";
import { announcing, updateLinks } from "./updates.ts";

export class Steps implements Disposable {
  readonly #context: LabContext;
  readonly #indexes: LinkIndexes;
  /** By name, as they should be: what the kernel drops along the way is put back from them. */
  readonly #desired: ReadonlyMap<string, Namespace>;
  readonly #ipv6 = existsSync("/proc/sys/net/ipv6");
  readonly #newLinks: NewLinks;
  readonly #open = new Map<string, OpenNamespace>();
  /** Most cables lead there. */
  readonly #root = OpenNamespace.open();
  readonly #rootSocket = NetlinkSocket.open({ name: ROOT });
  readonly #batch = new Batch();
  readonly #library = new Library();
  /** New namespaces inherit it from the first namespace of the machine, whatever the sandbox's own is. */
  #inheritedForwarding: readonly Family[] | null = null;
  readonly #prepared = new Set<string>();
  #withoutIpv6: WithoutIpv6 | null = null;

  constructor(context: LabContext, desired: Model, indexes: LinkIndexes) {
    this.#context = context;
    this.#desired = new Map(desired.namespaces.map((namespace) => [namespace.name, namespace]));
    this.#indexes = indexes;
    this.#newLinks = new NewLinks(context, indexes, this.#ipv6);
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#root[Symbol.dispose]();
    this.#rootSocket[Symbol.dispose]();
    this.#withoutIpv6?.[Symbol.dispose]();
  }

  /** Before links of the root namespace are made. On the real machine others make links meanwhile: there each is told by itself. */
  quietRoot(): void {
    if (this.#ipv6 && this.#context.mark === null) this.#withoutIpv6 ??= new WithoutIpv6();
  }

  /** Cables, made from the root namespace straight into both of their namespaces. */
  connect(cables: readonly Creation[]): void {
    const sender = new Sender(this.#rootSocket, ROOT, this.#batch);
    try {
      for (const cable of cables) this.#newLinks.create(cable, null, (name) => this.#fd(name), sender);
      sender.send();
    } finally {
      this.#close();
    }
  }

  carryOut(step: Step): void {
    using namespace = openNode(this.#context, step.namespace);
    using socket = NetlinkSocket.open({ namespace: namespace.fd, name: step.namespace });
    const here = { fd: namespace.fd, name: step.namespace };
    try {
      this.#carryOut(step, here, new Sender(socket, step.namespace, this.#batch));
    } finally {
      this.#close();
    }
  }

  #carryOut({ namespace, isNew, creations, links, changes }: Step, here: Here, sender: Sender): void {
    within(here.fd, () => {
      if (isNew) this.#prepare(this.#desired.get(namespace)!);
      for (const { after } of ofKind(changes, "forwarding")) setForwarding(after!);
    });
    for (const creation of creations) this.#newLinks.create(creation, here, (name) => this.#fd(name), sender);
    const updates = ofKind(changes, "link");
    updateLinks(updates, namespace, this.#indexes, sender);
    // In a new namespace everything goes in one send.
    if (updates.length > 0 && !isNew) announcing(here.fd, updates, () => sender.send());
    // Before new links are up: no packet passes that the rules would not let.
    const tables = ofKind(changes, "table");
    applyTables(here, tables, { library: this.#library });
    if (namespace === ROOT && this.#ipv6) this.#enableIpv6(changes, sender);
    for (const link of links) this.#newLinks.finish({ namespace, link }, sender);
    changeObjects(changes, isNew, (link) => this.#indexes.of(namespace, link), sender);
    const drops = updates.length > 0 || ofKind(changes, "address").some(({ action }) => action === "delete");
    if (drops && !isNew) restoreRoutes(this.#desired.get(namespace)!, this.#indexes, sender);
    sender.send();
    // After the rules: what begins meanwhile begins by the new ones.
    if (!isNew && tables.length > 0) flushConnections(here, tables);
    const sysctls = ofKind(changes, "sysctl");
    if (sysctls.length > 0)
      within(here.fd, () => sysctls.forEach(({ after }) => writeSysctl(after!.key, after!.value)));
  }

  /** What links of a new namespace begin with: before any is made there. */
  #prepare({ name, forwarding, addresses }: Namespace): void {
    if (this.#prepared.has(name)) return;
    this.#prepared.add(name);
    // IPv4's always, IPv6's where net.core.devconf_inherit_init_net is 1.
    this.#inheritedForwarding ??= ([4, 6] as const).filter((family) => forwards(family, this.#ipv6));
    for (const family of this.#inheritedForwarding) {
      if (!forwarding[`ipv${family}`]) setForwarding({ family, enabled: false });
    }
    // Static addresses want no router solicitations, which every switch would flood to all its ports.
    if (this.#ipv6 && addresses.some(({ family, origin }) => family === 6 && origin === "static"))
      writeSysctl("net.ipv6.conf.default.accept_ra", "0");
  }

  #enableIpv6(changes: readonly Change[], sender: Sender): void {
    // A link must exist before it has settings.
    sender.send();
    const links = linksWithoutIpv6(changes);
    for (const link of links) {
      const index = this.#indexes.of(ROOT, link);
      sender.add(withoutGeneratedAddresses(index), 0, `set the address mode of ${link}`);
    }
    sender.send();
    links.forEach(enableIpv6);
  }

  /** Stays open until the requests that name it have been sent. */
  #fd(name: string): number {
    if (name === ROOT) return this.#root.fd;
    let namespace = this.#open.get(name);
    if (namespace === undefined) this.#open.set(name, (namespace = openNode(this.#context, name)));
    return namespace.fd;
  }

  #close(): void {
    for (const namespace of this.#open.values()) namespace[Symbol.dispose]();
    this.#open.clear();
  }
}

function ofKind<K extends ObjectKind>(changes: readonly Change[], kind: K): ChangeOf<K>[] {
  return changes.filter((change) => change.kind === kind) as unknown as ChangeOf<K>[];
}

function forwards(family: Family, ipv6: boolean): boolean {
  return (family === 4 || ipv6) && readSysctl(FORWARDING[family]) === "1";
}
