/** Which ifindex a link has. New links are given theirs by us, so that one batch can create a link and go on to use it. */

/** Below it, new namespaces may hold fallback tunnels (tunl0, sit0, …) of modules that happen to be loaded. */
const FIRST_INDEX = 16;

export class LinkIndexes {
  readonly #byNamespace = new Map<string, Map<string, number>>();
  /** One counter for the whole lab: `eth0@if28` then names one link only, and peers are found without guessing. */
  #next = FIRST_INDEX;

  constructor(observed: ReadonlyMap<string, ReadonlyMap<string, number>>) {
    for (const [namespace, links] of observed) {
      this.#byNamespace.set(namespace, new Map(links));
      for (const index of links.values()) this.#next = Math.max(this.#next, index + 1);
    }
  }

  of(namespace: string, link: string): number {
    if (link === "lo") return 1;
    const index = this.#byNamespace.get(namespace)?.get(link);
    if (index === undefined) throw new Error(`no index is known for link ${link} of ${namespace}`);
    return index;
  }

  knows(namespace: string, link: string): boolean {
    return link === "lo" || this.#byNamespace.get(namespace)?.has(link) === true;
  }

  /** Links keep their index. All at once: two may have swapped names. */
  rename(renames: readonly { readonly namespace: string; readonly from: string; readonly to: string }[]): void {
    const found = renames.map(({ namespace, from, to }) => ({ namespace, from, to, index: this.of(namespace, from) }));
    for (const { namespace, from } of found) this.#byNamespace.get(namespace)?.delete(from);
    for (const { namespace, to, index } of found) this.#byNamespace.get(namespace)?.set(to, index);
  }

  allocate(namespace: string, link: string): number {
    let links = this.#byNamespace.get(namespace);
    if (!links) this.#byNamespace.set(namespace, (links = new Map()));
    links.set(link, this.#next);
    return this.#next++;
  }
}
