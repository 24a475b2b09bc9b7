/** The interfaces of the real machine that a lab borrows. */

import { ROOT } from "./types.ts";
import type { Model, Namespace, NicLink } from "./types.ts";

/** The prefix of the alias of a borrowed interface. It differs from the mark of the lab's own links. */
const NIC_MARK = "netloom-nic:";

/** Neither the name of a lab nor that of an interface has a colon. */
export function nicMark(lab: string, device: string): string {
  return `${NIC_MARK}${lab}:${device}`;
}

/** The lab that has borrowed an interface with this alias, and the machine's name for it; null if it is not borrowed. */
export function borrowed(alias: string | null | undefined): { readonly lab: string; readonly device: string } | null {
  if (!alias?.startsWith(NIC_MARK)) return null;
  const [lab = "", device = ""] = alias.slice(NIC_MARK.length).split(":");
  return { lab, device };
}

/** What a lab does with an interface of the machine. */
export interface NicUse {
  /** The machine's name for it. */
  readonly device: string;
  /** `root`: it stays there as a port of `bridge`; else the node that it is moved into. */
  readonly namespace: string;
  /** What it is called there. */
  readonly link: string;
  /** Null in a node. */
  readonly bridge: string | null;
}

/** In the model's order. */
export function nicsOf(model: Model): NicUse[] {
  return model.namespaces.flatMap(({ name, links }) =>
    links.flatMap((link) =>
      link.kind === "nic" ? [{ device: link.device, namespace: name, link: link.name, bridge: link.master }] : [],
    ),
  );
}

/** Switches of root that replace an interface of the machine: their addresses are the machine's own. */
export function nicBridges(root: Pick<Namespace, "name" | "links">): Set<string> {
  if (root.name !== ROOT) return new Set();
  const nics = root.links.filter((link): link is NicLink => link.kind === "nic");
  return new Set(nics.flatMap(({ master }) => (master === null ? [] : [master])));
}

export function sameUse(a: NicUse, b: NicUse): boolean {
  return a.device === b.device && a.namespace === b.namespace && a.link === b.link && a.bridge === b.bridge;
}

/** The model without these interfaces, and without what is on them: as it can be before they are there. */
export function withoutNics(model: Model, gone: readonly NicUse[]): Model {
  const links = new Map<string, Set<string>>();
  for (const { namespace, link } of gone) links.set(namespace, (links.get(namespace) ?? new Set()).add(link));
  const namespaces = model.namespaces.map((each) => {
    const own = links.get(each.name);
    return own === undefined ? each : withoutLinks(each, own);
  });
  return { ...model, namespaces };
}

function withoutLinks(namespace: Namespace, gone: ReadonlySet<string>): Namespace {
  const stays = ({ link }: { readonly link: string | null }): boolean => link === null || !gone.has(link);
  const { links, addresses, neighbours, routes, sysctls } = namespace;
  return {
    ...namespace,
    links: links.filter(({ name }) => !gone.has(name)),
    addresses: addresses.filter(stays),
    neighbours: neighbours.filter(stays),
    routes: routes.filter(({ nextHops }) => nextHops.every(stays)),
    // net.ipv6.conf.eth0.accept_ra: that file does not exist yet.
    sysctls: Object.fromEntries(Object.entries(sysctls).filter(([key]) => !gone.has(key.split(".")[3] ?? ""))),
  };
}
