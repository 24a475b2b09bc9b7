/** What others have put beside netloom's own: a plan does not speak of it. */

import type { Model, Namespace } from "../model/index.ts";

/**
 * The observed model without namespaces and links that neither the desired nor the previous model has, and without what is
 * on such links. An address or a route that was added to a link of ours stays in: that is drift, to be mended.
 */
export function leaveAlone(observed: Model, desired: Model, previous: Model | undefined): Model {
  if (previous === undefined) return observed;
  const ours = ownLinks(desired, previous);
  return {
    ...observed,
    namespaces: observed.namespaces.flatMap((namespace) => {
      const known = ours.get(namespace.name);
      return known === undefined ? [] : [withoutForeign(namespace, known)];
    }),
  };
}

function ownLinks(...models: readonly Model[]): Map<string, Set<string>> {
  const own = new Map<string, Set<string>>();
  for (const { name, links } of models.flatMap(({ namespaces }) => namespaces)) {
    const names = own.get(name) ?? new Set(["lo"]);
    for (const link of links) names.add(link.name);
    own.set(name, names);
  }
  return own;
}

function withoutForeign(namespace: Namespace, known: ReadonlySet<string>): Namespace {
  if (namespace.links.every(({ name }) => known.has(name))) return namespace;
  const isOurs = ({ link }: { readonly link: string | null }): boolean => link === null || known.has(link);
  return {
    ...namespace,
    links: namespace.links.filter(({ name }) => known.has(name)),
    addresses: namespace.addresses.filter(isOurs),
    neighbours: namespace.neighbours.filter(isOurs),
    routes: namespace.routes.filter(({ nextHops }) => nextHops.every(isOurs)),
  };
}
