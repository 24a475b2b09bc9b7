/** What a lab may have made: that can be removed, and all else is left alone. */

import type { Model, Namespace } from "../model/index.ts";

/** Every namespace and link that any of the models has; everything else from the first model with the namespace. */
export function union(first: Model, ...others: readonly Model[]): Model {
  if (others.length === 0) return first;
  const namespaces = new Map<string, Namespace>();
  for (const namespace of [first, ...others].flatMap((model) => model.namespaces)) {
    const before = namespaces.get(namespace.name);
    const names = new Set(before?.links.map(({ name }) => name));
    const links = namespace.links.filter(({ name }) => !names.has(name));
    namespaces.set(
      namespace.name,
      before === undefined ? namespace : { ...before, links: [...before.links, ...links] },
    );
  }
  return { name: first.name, namespaces: [...namespaces.values()] };
}
