/** Groups the changes of a plan by the batch in which they are sent. Pure: names only, no kernel. */

import type { BridgeLink, Link, TunLink, VethLink } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { failure } from "../diagnostic.ts";
import type { Change, ChangeOf } from "../plan/index.ts";

/** A veth pair; `far` is the end in the root namespace when one is there. */
export interface Cable {
  readonly near: End;
  readonly far: End;
}

export interface End {
  readonly namespace: string;
  readonly link: VethLink;
}

/** What is done inside one namespace, once the links that others make for it are there. */
export interface NodeWork {
  readonly name: string;
  /** Cables to the root namespace, which this node creates from its side. */
  readonly cables: Cable[];
  /** Links that are there already and only have to be set (lo). */
  readonly settings: Link[];
  /** Every link of the namespace that is new. */
  readonly links: Link[];
  readonly forwarding: ChangeOf<"forwarding">[];
  readonly sysctls: ChangeOf<"sysctl">[];
  readonly addresses: ChangeOf<"address">[];
  readonly neighbours: ChangeOf<"neighbour">[];
  readonly routes: ChangeOf<"route">[];
  readonly rules: ChangeOf<"rule">[];
  readonly tables: ChangeOf<"table">[];
}

export interface Layout {
  readonly namespaces: string[];
  /** New bridges of the root namespace. */
  readonly bridges: BridgeLink[];
  /** New taps of the root namespace. */
  readonly taps: TunLink[];
  /** Cables between two nodes, or within one; neither end in root. */
  readonly cables: Cable[];
  readonly root: NodeWork;
  /** In plan order, root left out. */
  readonly nodes: NodeWork[];
}

export function layOut(changes: readonly Change[]): Layout {
  const work = new Map<string, NodeWork>();
  const of = (name: string): NodeWork => {
    let node = work.get(name);
    if (!node) work.set(name, (node = emptyWork(name)));
    return node;
  };
  const root = of(ROOT);
  const namespaces: string[] = [];
  const bridges: BridgeLink[] = [];
  const taps: TunLink[] = [];
  const ends = new Map<string, End>();
  for (const change of changes) {
    const node = of(change.namespace);
    if (change.action === "delete" && change.kind !== "table") throw unsupported(change);
    switch (change.kind) {
      case "namespace":
        namespaces.push(change.namespace);
        break;
      case "link":
        sortLink(change, node, { bridges, taps, ends });
        break;
      case "forwarding":
        node.forwarding.push(change);
        break;
      case "sysctl":
        node.sysctls.push(change);
        break;
      case "address":
        node.addresses.push(change);
        break;
      case "neighbour":
        node.neighbours.push(change);
        break;
      case "route":
        node.routes.push(change);
        break;
      case "rule":
        node.rules.push(change);
        break;
      case "table":
        node.tables.push(change);
        break;
    }
  }
  const cables = pairUp(ends, of);
  work.delete(ROOT);
  return { namespaces, bridges, taps, cables, root, nodes: [...work.values()] };
}

function sortLink(
  change: ChangeOf<"link">,
  node: NodeWork,
  { bridges, taps, ends }: { bridges: BridgeLink[]; taps: TunLink[]; ends: Map<string, End> },
): void {
  const link = change.after!;
  if (change.action === "update") {
    if (link.kind !== "loopback") throw unsupported(change);
    node.settings.push(link);
    return;
  }
  if (link.kind === "veth" && link.peer) {
    ends.set(key(change.namespace, link.name), { namespace: change.namespace, link });
  } else if (link.kind === "bridge" && change.namespace === ROOT) {
    bridges.push(link);
  } else if (link.kind === "tun" && change.namespace === ROOT) {
    taps.push(link);
  } else {
    throw unsupported(change);
  }
  node.links.push(link);
}

/** The end outside root does the work: a device made in place is never moved (moving costs 17–20 ms of RCU waiting). */
function pairUp(ends: ReadonlyMap<string, End>, of: (name: string) => NodeWork): Cable[] {
  const cables: Cable[] = [];
  const done = new Set<End>();
  for (const end of ends.values()) {
    if (done.has(end)) continue;
    const peer = end.link.peer!;
    const other = ends.get(key(peer.namespace, peer.link));
    if (!other) throw new Error(`${end.namespace}:${end.link.name} has no other end in the plan`);
    done.add(other);
    if (other.namespace !== ROOT && end.namespace !== ROOT) cables.push({ near: end, far: other });
    else if (end.namespace === ROOT) of(other.namespace).cables.push({ near: other, far: end });
    else of(end.namespace).cables.push({ near: end, far: other });
  }
  return cables;
}

const key = (namespace: string, link: string): string => `${namespace}:${link}`;

function emptyWork(name: string): NodeWork {
  return {
    name,
    cables: [],
    settings: [],
    links: [],
    forwarding: [],
    sysctls: [],
    addresses: [],
    neighbours: [],
    routes: [],
    rules: [],
    tables: [],
  };
}

function unsupported(change: Change): Error {
  return failure("apply.change-running", `cannot ${change.action} ${change.kind} ${change.id} of a running lab`, {
    subject: `namespace ${change.namespace}`,
    cause: change.reason,
    state: "nothing was changed",
    hint: "take the lab down and bring it up again",
  });
}
