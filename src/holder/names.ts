/** What the nodes of a held lab know each other by, and whom they ask for other names: files in the nodes' mounts. */

import { type Diagnostic, NetloomError } from "../diagnostic.ts";
import { hostsFor, hostsOf, type Model, ROOT } from "../model/index.ts";
import type { HeldLab } from "../sandbox/index.ts";

export class LabNames {
  readonly #lab: HeldLab;
  /** Nodes that have had name servers: their file is written again when there are none any more. */
  readonly #served = new Set<string>();

  constructor(lab: HeldLab) {
    this.#lab = lab;
  }

  /**
   * Nodes know each other by name, from this model on: one that was observed has the addresses of DHCP, too. A machine that
   * has no file for that is reported, and gets its network all the same.
   */
  give(model: Model): Diagnostic[] {
    const { etc, mounts } = this.#lab;
    const nodes = new Set(model.namespaces.map(({ name }) => name));
    const unknown = "nodes do not know each other by name";
    const own = attempt(unknown, () => mounts.nameHosts((node) => (nodes.has(node) ? hostsFor(model, node) : null)));
    const hosts = hostsOf(model);
    return hosts.length === 0 ? own : [...own, ...attempt(unknown, () => etc.nameHosts(hosts))];
  }

  /** The same, and the name servers that the model has for its nodes. */
  giveAll(model: Model): Diagnostic[] {
    return [...this.give(model), ...this.#giveServers(model)];
  }

  #giveServers(model: Model): Diagnostic[] {
    if (hostsOf(model).length === 0) return [];
    return model.namespaces.flatMap(({ name, nameService }) => {
      if (nameService === null && name !== ROOT && !this.#served.has(name)) return [];
      this.#served.add(name);
      return attempt(`names outside the lab cannot be resolved in ${name === ROOT ? "the lab" : name}`, () =>
        this.#lab.mounts.setNames(name, nameService ?? { servers: [], search: [] }),
      );
    });
  }
}

/** Files of names that cannot be written are a warning: the network is there. */
export function attempt(summary: string, action: () => void): Diagnostic[] {
  try {
    action();
    return [];
  } catch (error) {
    const first = error instanceof NetloomError ? error.diagnostics[0] : undefined;
    const because = first?.cause === undefined ? "" : `: ${first.cause}`;
    const cause = `${first?.summary ?? (error as Error).message}${because}`;
    const hint = first?.hint === undefined ? {} : { hint: first.hint };
    return [{ code: "holder.names", severity: "warning", summary, cause, ...hint }];
  }
}
