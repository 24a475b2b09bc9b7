/** Waves of steps: each needs only those before it. Pure. */

import type { Link } from "../model/index.ts";
import { kindOf, lowerOf, tableOf } from "../model/index.ts";
import type { Change } from "../plan/index.ts";
import type { Creation } from "./creations.ts";

/** What is done in one namespace at one time, in as few sends as it can be. */
export interface Step {
  readonly namespace: string;
  /** The namespace is new: nobody uses what is in it yet. */
  readonly isNew: boolean;
  /** Links that this namespace makes, here or in others. */
  readonly creations: readonly Creation[];
  /** New links of this namespace that are to be finished and set up, in this order. */
  readonly links: readonly Link[];
  /** Everything else: links that exist, addresses, routes, … in the order of the plan. */
  readonly changes: readonly Change[];
}

export interface Wave {
  /** Cables that no namespace of a step makes. They come first. */
  readonly cables: readonly Creation[];
  readonly steps: readonly Step[];
}

interface StepDraft {
  readonly namespace: string;
  readonly isNew: boolean;
  readonly creations: Creation[];
  readonly links: Link[];
  readonly changes: Change[];
}

/** Waves while they are put together. */
export class WaveDrafts {
  readonly #newNamespaces: ReadonlySet<string>;
  readonly #waves: { readonly cables: Creation[]; readonly steps: Map<string, StepDraft> }[] = [];

  constructor(newNamespaces: ReadonlySet<string>) {
    this.#newNamespaces = newNamespaces;
    this.#wave(0);
  }

  isNew(namespace: string): boolean {
    return this.#newNamespaces.has(namespace);
  }

  cables(wave: number): Creation[] {
    return this.#wave(wave).cables;
  }

  step(wave: number, namespace: string): StepDraft {
    const { steps } = this.#wave(wave);
    let step = steps.get(namespace);
    if (step === undefined) {
      step = { namespace, isNew: this.isNew(namespace), creations: [], links: [], changes: [] };
      steps.set(namespace, step);
    }
    return step;
  }

  /** The wave of what needs nothing new, and those after it. */
  done(): Wave[] {
    return this.#waves.map(({ cables, steps }) => ({ cables, steps: mastersLast([...steps.values()]) }));
  }

  #wave(wave: number): { readonly cables: Creation[]; readonly steps: Map<string, StepDraft> } {
    while (this.#waves.length <= wave) this.#waves.push({ cables: [], steps: new Map() });
    return this.#waves[wave]!;
  }
}

const hasMembers = (link: Link): boolean => tableOf(kindOf(link))?.members === true;

/** Bridges come up last: while they are down, nothing that a port says is flooded to all the others. */
function mastersLast(steps: readonly StepDraft[]): Step[] {
  const late = new Set(steps.filter(({ links }) => links.some(hasMembers)));
  return [...steps.filter((step) => !late.has(step)), ...late].map((step) => ({ ...step, links: upOrder(step) }));
}

/** A link comes up after the one that it is on, and after its own members. */
function upOrder({ namespace, links }: StepDraft): Link[] {
  if (links.every((link) => !hasMembers(link) && lowerOf(link) === null)) return links;
  const byName = new Map(links.map((link) => [link.name, link]));
  const members = new Map<string, Link[]>();
  for (const link of links) {
    if (link.master === null) continue;
    const others = members.get(link.master);
    if (others) others.push(link);
    else members.set(link.master, [link]);
  }
  const ordered = new Set<Link>();
  const visited = new Set<Link>();
  const visit = (link: Link): void => {
    if (visited.has(link)) return;
    visited.add(link);
    const lower = lowerOf(link);
    if (lower?.namespace === namespace && byName.has(lower.link)) visit(byName.get(lower.link)!);
    for (const member of members.get(link.name) ?? []) visit(member);
    ordered.add(link);
  };
  for (const link of links) visit(link);
  return [...ordered];
}
