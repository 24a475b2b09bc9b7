/** A model with the names that its objects in root can have on this machine. Pure. */

import type { Link, Model, Namespace } from "../model/index.ts";
import { canonical, hostTableName, isOwnTable, ROOT, stableHash } from "../model/index.ts";

const MAX_NAME = 15;
const MAX_ALTNAME = 127;

/**
 * Ends of cables in root whose name is taken get another one, the same each time, and the long name as altname if
 * that is free. Names that the file gives (switches, interfaces of root) stay: they are checked. In root the table of the
 * lab has the lab's name.
 */
export function fitToMachine(model: Model, foreign: ReadonlySet<string>, own: ReadonlySet<string>): Model {
  const root = model.namespaces.find(({ name }) => name === ROOT);
  if (root === undefined) return model;
  const names = renames(model.name, root, foreign, own);
  const namespaces = model.namespaces.map((each) => (each.name === ROOT ? fitRoot(each) : fitNode(each)));
  return canonical({ ...model, namespaces });

  function fitRoot(namespace: Namespace): Namespace {
    return {
      ...namespace,
      links: namespace.links.map((link) => rename(model.name, link, names.get(link.name), foreign)),
      netfilter: namespace.netfilter.map((table) =>
        isOwnTable(table) ? { ...table, name: hostTableName(model.name) } : table,
      ),
    };
  }

  function fitNode(namespace: Namespace): Namespace {
    if (names.size === 0) return namespace;
    return { ...namespace, links: namespace.links.map(repeer) };
  }

  function repeer(link: Link): Link {
    if (link.kind !== "veth" || link.peer?.namespace !== ROOT) return link;
    const name = names.get(link.peer.link);
    return name === undefined ? link : { ...link, peer: { namespace: ROOT, link: name } };
  }
}

function rename(lab: string, link: Link, name: string | undefined, foreign: ReadonlySet<string>): Link {
  const long = link.altnames[0] ?? link.name;
  const wanted =
    foreign.has(long) || (name !== undefined && link.altnames.length === 0) ? [`${lab}-${long}`] : link.altnames;
  const altnames = wanted.filter((alt) => !foreign.has(alt) && Buffer.byteLength(alt) <= MAX_ALTNAME);
  return {
    ...link,
    name: name ?? link.name,
    altnames: link.kind === "veth" && link.master !== null ? altnames : link.altnames,
  };
}

function renames(
  lab: string,
  root: Namespace,
  foreign: ReadonlySet<string>,
  own: ReadonlySet<string>,
): Map<string, string> {
  const taken = new Set([...foreign, ...root.links.flatMap(({ name, altnames }) => [name, ...altnames])]);
  const names = new Map<string, string>();
  for (const link of root.links) {
    if (!isPort(link)) continue;
    // Once it has the other name it keeps it, so that nothing changes because a foreign link is gone.
    const keeps = !own.has(link.name) && own.has(otherName(lab, link.name, 0));
    if (!foreign.has(link.name) && !keeps) continue;
    for (let attempt = 0; ; attempt++) {
      const name = otherName(lab, link.name, attempt);
      if (taken.has(name)) continue;
      taken.add(name);
      names.set(link.name, name);
      break;
    }
  }
  return names;
}

function otherName(lab: string, name: string, attempt: number): string {
  const hash = stableHash(`${lab}/${name}`, attempt).low.toString(16).padStart(8, "0").slice(0, 6);
  return `${name.slice(0, MAX_NAME - 7)}-${hash}`;
}

/** The end in root of a cable to a switch: its name is ours to choose. */
function isPort(link: Link): boolean {
  return link.kind === "veth" && link.master !== null;
}
