/** Carries out the changes that bring an empty lab to its model, in the order that costs the kernel least. */

import { existsSync } from "node:fs";
import type { Family, Link } from "../model/index.ts";
import { macToBytes, ROOT } from "../model/index.ts";
import {
  Batch,
  createNodes,
  createTap,
  CURRENT_NAMESPACE,
  type LabContext,
  NetlinkError,
  NetlinkSocket,
  OpenNamespace,
  openNode,
  readSysctl,
  within,
  writeSysctl,
} from "../kernel/index.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/index.ts";
import type { Change } from "../plan/index.ts";
import * as rtnl from "../rtnl/index.ts";
import type { LinkIndexes } from "./indexes.ts";
import { type Cable, type End, layOut, type NodeWork } from "./layout.ts";
import { applyTables, Library } from "./netfilter/index.ts";
import { FORWARDING, setForwarding } from "./settings.ts";

const CREATE = NLM_F_CREATE | NLM_F_EXCL;
/** Cables a batch: both namespaces of each are held open until it is sent. */
const CABLES_A_BATCH = 64;
const NEW_LINKS_WITHOUT_IPV6 = "net.ipv6.conf.default.disable_ipv6";
/** How long to work, in milliseconds, before the event loop gets to send the progress. */
const YIELD_AFTER = 40;

export interface ApplyProgress {
  readonly stage: "namespaces" | "links" | "addresses";
  readonly done: number;
  readonly total: number;
}

export interface ApplyReport {
  readonly changes: number;
  readonly namespaces: number;
  /** Link ends that were made. */
  readonly links: number;
}

/** Throws a NetlinkError or KernelError for the first thing that the kernel refuses; nothing is undone here. */
export async function apply(
  context: LabContext,
  changes: readonly Change[],
  indexes: LinkIndexes,
  onProgress: (progress: ApplyProgress) => void = () => {},
): Promise<ApplyReport> {
  const layout = layOut(changes);
  const run = new Run(context, indexes, onProgress);
  createNodes(context, layout.namespaces);
  await run.report("namespaces", layout.namespaces.length, layout.namespaces.length, true);
  try {
    run.prepareRoot(layout.root, layout.bridges, layout.taps);
    for (let start = 0; start < layout.cables.length; start += CABLES_A_BATCH) {
      run.connect(layout.cables.slice(start, start + CABLES_A_BATCH));
      await run.report("links", Math.min(start + CABLES_A_BATCH, layout.cables.length), layout.cables.length);
    }
    const fresh = new Set(layout.namespaces);
    let done = 0;
    for (const node of layout.nodes) {
      run.furnish(node, fresh.has(node.name));
      await run.report("addresses", ++done, layout.nodes.length);
    }
    // Bridges come up last: while they are down, nothing that a port says is flooded to all the others.
    run.furnishRoot(layout.root);
  } finally {
    run.close();
  }
  const links = [layout.root, ...layout.nodes].reduce((sum, node) => sum + node.links.length, 0);
  return { changes: changes.length, namespaces: layout.namespaces.length, links };
}

class Run {
  readonly #context: LabContext;
  readonly #indexes: LinkIndexes;
  readonly #onProgress: (progress: ApplyProgress) => void;
  readonly #root = OpenNamespace.open(CURRENT_NAMESPACE);
  readonly #rootSocket = NetlinkSocket.open();
  readonly #batch = new Batch();
  readonly #library = new Library();
  readonly #ipv6 = existsSync("/proc/sys/net/ipv6");
  /** Null in a machine of the lab's own. */
  readonly #mark: string | null;
  /** New namespaces take it over from the first namespace of the machine, whatever the sandbox's own says. */
  #inheritedForwarding: readonly Family[] | null = null;
  #yielded = performance.now();
  #ipv6Default: string | null = null;

  constructor(context: LabContext, indexes: LinkIndexes, onProgress: (progress: ApplyProgress) => void) {
    this.#context = context;
    this.#mark = context.mark;
    this.#indexes = indexes;
    this.#onProgress = onProgress;
  }

  close(): void {
    this.#rootSocket[Symbol.dispose]();
    this.#root[Symbol.dispose]();
  }

  async report(stage: ApplyProgress["stage"], done: number, total: number, always = false): Promise<void> {
    if (!always && performance.now() - this.#yielded < YIELD_AFTER) return;
    this.#onProgress({ stage, done, total });
    await new Promise((resolve) => setImmediate(resolve));
    this.#yielded = performance.now();
  }

  prepareRoot(root: NodeWork, bridges: readonly Link[], taps: readonly Link[]): void {
    if (this.#ipv6 && root.links.length > 0 && this.#mark === null) {
      // A port of a bridge has no business with IPv6, and there may be a thousand. What is made later by hand may have. On
      // the real machine others make links meanwhile: there it is each port's own setting.
      this.#ipv6Default = readSysctl(NEW_LINKS_WITHOUT_IPV6);
      writeSysctl(NEW_LINKS_WITHOUT_IPV6, "1");
    }
    for (const change of root.forwarding) setForwarding(change.after!);
    for (const bridge of bridges) {
      if (bridge.kind !== "bridge") continue;
      const index = this.#indexes.allocate(ROOT, bridge.name);
      this.#add(
        rtnl.encodeLink(bridge, index, (link) => this.#indexes.of(ROOT, link)),
        CREATE,
        `create bridge ${bridge.name}`,
      );
      this.#setMark(bridge, index);
      this.#finishLink(bridge, index);
    }
    for (const tap of taps) {
      const index = this.#indexes.allocate(ROOT, tap.name);
      createTap(tap.name, index);
      this.#add(
        rtnl.setLink(index, { mtu: tap.mtu, ...(tap.mac === null ? {} : { address: macToBytes(tap.mac) }) }),
        0,
        `set the addresses of ${tap.name}`,
      );
      this.#finishLink(tap, index);
    }
    this.#send(this.#rootSocket, ROOT);
  }

  /** Cables between nodes, made from the root namespace straight into both. */
  connect(cables: readonly Cable[]): void {
    const open = new Map<string, OpenNamespace>();
    const fd = (name: string): number => {
      let namespace = open.get(name);
      if (!namespace) open.set(name, (namespace = openNode(this.#context, name)));
      return namespace.fd;
    };
    try {
      for (const { near, far } of cables) {
        const [left, right] = [near, far].map((end) => ({ body: this.#newEnd(end), netNsFd: fd(end.namespace) }));
        this.#add(rtnl.encodeVeth(left!, right!), CREATE, `create cable ${endText(near)} – ${endText(far)}`);
      }
      this.#send(this.#rootSocket, ROOT);
    } finally {
      for (const namespace of open.values()) namespace[Symbol.dispose]();
    }
  }

  /** Everything inside one node, in one send on a socket of its own. */
  furnish(node: NodeWork, fresh: boolean): void {
    using namespace = openNode(this.#context, node.name);
    using socket = NetlinkSocket.open({ namespace: namespace.fd, name: node.name });
    within(namespace.fd, () => this.#prepareSysctls(node, fresh));
    for (const { near, far } of node.cables) {
      const master = far.link.master === null ? {} : { master: this.#indexes.of(ROOT, far.link.master) };
      // With a mark it comes up when it has that.
      const up = far.link.up && this.#mark === null;
      const outer = { body: this.#newEnd(far), netNsFd: this.#root.fd, up, ...master };
      const message = rtnl.encodeVeth(outer, { body: this.#newEnd(near) });
      this.#add(message, CREATE, `create cable ${endText(near)} – ${endText(far)}`);
    }
    for (const link of node.settings) this.#setUp(node.name, link);
    for (const link of node.links) {
      const index = this.#indexes.of(node.name, link.name);
      if (this.#ipv6) {
        this.#add(rtnl.withoutGeneratedAddresses(index), 0, `set the address mode of ${link.name}`);
      }
      this.#finishLink(link, index);
      this.#setUp(node.name, link);
    }
    // Before anything is up: no packet passes that the rules would not let.
    applyTables({ fd: namespace.fd, name: node.name }, node.tables, { library: this.#library });
    this.#addAddressing(node);
    this.#send(socket, node.name);
    if (node.sysctls.length > 0) within(namespace.fd, () => writeSysctls(node));
  }

  furnishRoot(root: NodeWork): void {
    if (this.#ipv6) {
      const speaking = new Set(
        root.addresses.filter((change) => change.after!.family === 6).map((change) => change.after!.link),
      );
      for (const link of speaking) {
        if (link !== "lo")
          this.#add(rtnl.withoutGeneratedAddresses(this.#indexes.of(ROOT, link)), 0, `set the address mode of ${link}`);
      }
      this.#send(this.#rootSocket, ROOT);
      for (const link of speaking) writeSysctl(`net.ipv6.conf.${link.replaceAll(".", "/")}.disable_ipv6`, "0");
    }
    for (const link of root.links) {
      // Cable ends have been made up already; their names and bridges are left.
      if (link.kind !== "veth") continue;
      const index = this.#indexes.of(ROOT, link.name);
      this.#setMark(link, index);
      this.#finishLink(link, index);
      if (this.#mark !== null) this.#setUp(ROOT, link);
    }
    for (const link of [...root.settings, ...root.links]) {
      if (link.kind !== "veth") this.#setUp(ROOT, link);
    }
    applyTables({ fd: this.#root.fd, name: ROOT }, root.tables, { library: this.#library });
    this.#addAddressing(root);
    this.#send(this.#rootSocket, ROOT);
    writeSysctls(root);
    if (this.#ipv6Default !== null) writeSysctl(NEW_LINKS_WITHOUT_IPV6, this.#ipv6Default);
  }

  /** On the real machine: whose it is, and that the kernel shall not give it addresses. */
  #setMark(link: Link, index: number): void {
    if (this.#mark === null) return;
    this.#add({ kind: "link", command: "new", index, alias: this.#mark }, 0, `mark ${link.name}`);
    if (this.#ipv6) this.#add(rtnl.withoutGeneratedAddresses(index), 0, `set the address mode of ${link.name}`);
  }

  #newEnd(end: End): ReturnType<typeof rtnl.linkBody> {
    return rtnl.linkBody(end.link, this.#indexes.allocate(end.namespace, end.link.name));
  }

  #setUp(namespace: string, link: Link): void {
    if (link.up) this.#add(rtnl.setUp(this.#indexes.of(namespace, link.name)), 0, `set ${link.name} up`);
  }

  #finishLink(link: Link, index: number): void {
    if (link.altnames.length > 0) {
      this.#add(rtnl.altNames(index, link.altnames), CREATE, `give ${link.name} the name ${link.altnames.join(", ")}`);
    }
  }

  #addAddressing(node: NodeWork): void {
    const indexOf = (link: string): number => this.#indexes.of(node.name, link);
    for (const { after, id } of node.addresses) {
      this.#add(rtnl.encodeAddress(after!, indexOf), CREATE, `add address ${id}`);
    }
    for (const { after, id } of node.neighbours) {
      const flags = NLM_F_CREATE | NLM_F_REPLACE;
      this.#add(rtnl.encodeNeighbour(after!, indexOf), flags, `add neighbour ${id}`);
    }
    // A gateway must be on a link when its route is added: routes without one first.
    const direct = node.routes.filter(({ after }) => after!.nextHops.every((hop) => hop.via === null));
    const others = node.routes.filter((change) => !direct.includes(change));
    for (const { after, id, action } of [...direct, ...others]) {
      const flags = action === "update" ? NLM_F_CREATE | NLM_F_REPLACE : CREATE;
      this.#add(rtnl.encodeRoute(after!, indexOf), flags, `${action === "update" ? "set" : "add"} route ${id}`);
    }
    for (const { after, id } of node.rules) this.#add(rtnl.encodeRule(after!), CREATE, `add rule ${id}`);
  }

  #prepareSysctls(node: NodeWork, fresh: boolean): void {
    if (fresh) {
      // IPv4's always, IPv6's where net.core.devconf_inherit_init_net is 1.
      this.#inheritedForwarding ??= ([4, 6] as const).filter((family) => forwards(family, this.#ipv6));
      for (const family of this.#inheritedForwarding) {
        if (!node.forwarding.some((change) => change.after!.family === family))
          setForwarding({ family, enabled: false });
      }
      // Static addresses want no router solicitations, which every switch would flood to all its ports.
      const ipv6 = node.addresses.some((change) => change.after!.family === 6);
      if (ipv6 && this.#ipv6) writeSysctl("net.ipv6.conf.default.accept_ra", "0");
    }
    for (const change of node.forwarding) setForwarding(change.after!);
  }

  #add(message: Parameters<Batch["add"]>[0], flags: number, operation: string): void {
    this.#batch.add(message, flags, operation);
  }

  /** One system call for all that was added. The first refusal is the one that counts: later ones follow from it. */
  #send(socket: NetlinkSocket, namespace: string): void {
    if (this.#batch.length === 0) return;
    const failures = socket.transact(this.#batch);
    this.#batch.clear();
    if (failures.length > 0) throw new NetlinkError(failures[0]!, { namespace });
  }
}

const endText = (end: End): string => `${end.namespace}:${end.link.name}`;

function forwards(family: Family, ipv6: boolean): boolean {
  return (family === 4 || ipv6) && readSysctl(FORWARDING[family]) === "1";
}

function writeSysctls(node: NodeWork): void {
  for (const change of node.sysctls) writeSysctl(change.after!.key, change.after!.value);
}
