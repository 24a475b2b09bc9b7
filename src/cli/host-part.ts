/** Of a discovery of the machine itself what is a lab's (`--host`), under the lab's own names. */

import type { DiscoveredLink, DiscoveredNamespace, Discovery, Model, Namespace } from "../model/index.ts";
import { ROOT } from "../model/index.ts";

/** `prefix` is of the names of its nodes on the machine. */
export function partOfLab(machine: Discovery, prefix: string, model: Model): Discovery {
  const nodes = new Map(model.namespaces.map((each) => [each.name, each]));
  const namespaces = machine.namespaces.flatMap((one): DiscoveredNamespace[] => {
    if (one.name === ROOT) return [ofRoot(one, nodes.get(ROOT))];
    const name = one.name.slice(prefix.length);
    return one.name.startsWith(prefix) && name !== ROOT && nodes.has(name)
      ? [{ ...one, name, links: one.links.map(unmarked) }]
      : [];
  });
  return { ...machine, model, namespaces, openvswitch: [] };
}

/** Nothing but the links that are the lab's, and what is on them: all else is the machine's own. */
function ofRoot(root: DiscoveredNamespace, lab: Namespace | undefined): DiscoveredNamespace {
  const links = (lab?.links ?? []).filter(({ kind }) => kind !== "loopback" && kind !== "nic");
  const own = new Set(links.map(({ name }) => name));
  const given = new Set(lab?.addresses.flatMap(({ address, origin }) => (origin === "static" ? [address] : [])));
  const isOwn = ({ link }: { readonly link: string }): boolean => own.has(link);
  return {
    ...root,
    processes: [],
    handles: [],
    links: root.links.filter(({ name }) => own.has(name)).map(unmarked),
    addressNotes: root.addressNotes.filter((note) => isOwn(note) && given.has(note.address)),
    neighbours: root.neighbours.filter(isOwn),
    forwarding: root.forwarding.filter(isOwn),
    rules: [],
    otherRoutes: {},
    ipsec: { policies: 0, states: 0 },
    localRoutes: [],
    selectiveRoutes: [],
    routeNotes: [],
    sockets: [],
    netfilter: [],
  };
}

/** Marks of labs and of borrowed interfaces are not aliases that a user set. */
function unmarked(link: DiscoveredLink): DiscoveredLink {
  return /^netloom(-nic)?:/.test(link.alias ?? "") ? { ...link, alias: null } : link;
}
