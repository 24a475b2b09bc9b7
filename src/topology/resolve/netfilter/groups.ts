/** `groups`: lists of addresses, networks and nodes by name; in each node that uses one, a named set for each family. */

import { parseAddress } from "../../../model/index.ts";
import type { Family, NetfilterSet, Prefix } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import type { Topology } from "../../schema.ts";
import { suggestion } from "../../suggest.ts";
import { listed } from "../network.ts";
import type { Network } from "../network.ts";
import { disjoint } from "./names.ts";
import { addressParty, nodeParty } from "./party.ts";
import type { Party } from "./party.ts";
import { addressType } from "./steps.ts";

/** The groups of a topology, and which of them a node has used so far. */
export class Groups {
  readonly #members: ReadonlyMap<string, readonly Prefix[]>;
  readonly #used = new Set<string>();

  constructor(members: ReadonlyMap<string, readonly Prefix[]>) {
    this.#members = members;
  }

  names(): readonly string[] {
    return [...this.#members.keys()];
  }

  prefixes(name: string): readonly Prefix[] {
    return this.#members.get(name) ?? [];
  }

  find(name: string): Party | null {
    if (!this.#members.has(name)) return null;
    const families = ([4, 6] as const).filter((family) => this.prefixes(name).some((p) => p.family === family));
    return { kind: "group", name, families };
  }

  /** For use in a rule: the set will be there. */
  setName(name: string, family: Family): string {
    const set = `${name}_v${family}`;
    this.#used.add(set);
    return set;
  }

  /** The sets that rules have used since the last call. */
  takeSets(): NetfilterSet[] {
    const sets: NetfilterSet[] = [];
    for (const name of this.#members.keys())
      for (const family of [4, 6] as const)
        if (this.#used.has(`${name}_v${family}`)) sets.push(this.#set(name, family));
    this.#used.clear();
    return sets;
  }

  #set(name: string, family: Family): NetfilterSet {
    const values = disjoint(this.prefixes(name).filter((prefix) => prefix.family === family));
    return {
      name: `${name}_v${family}`,
      key: [addressType(family)],
      value: null,
      interval: values.some((value) => parseAddress(value) === null),
      dynamic: false,
      timeout: null,
      size: null,
      elements: values.map((value) => ({ key: [value], value: null })),
    };
  }
}

/** Reads the section; faults are reported. */
export function readGroups(topology: Topology, network: Network): Groups {
  const members = new Map<string, readonly Prefix[]>();
  for (const [name, body] of Object.entries(topology.groups ?? {})) {
    const path = ["groups", name];
    checkName(name, path, network);
    members.set(
      name,
      listed(body ?? [], path).flatMap((item) => membersOf(item.text, item.path, network)),
    );
  }
  return new Groups(members);
}

function checkName(name: string, path: Path, { nodes, switches, problems }: Network): void {
  // nft reads such a name back without quotes.
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,30}$/.test(name) || name === "any")
    problems.error("group", `${JSON.stringify(name)} cannot be the name of a group`, path, {
      at: "key",
      hint: "use up to 31 letters, digits, “_” and “-”, a letter first; `any` is taken",
    });
  else if (nodes.has(name) || switches.has(name))
    problems.error(
      "duplicate-name",
      `${JSON.stringify(name)} is already the name of ${nodes.has(name) ? "a node" : "a switch"}`,
      path,
      { at: "key", hint: "give one of them another name" },
    );
}

function membersOf(word: string, path: Path, network: Network): readonly Prefix[] {
  const node = network.nodes.get(word);
  const found = node === undefined ? addressParty(word) : nodeParty(node, network);
  const report = (fault: string, hint: string | undefined | (() => string | undefined)): readonly Prefix[] => {
    network.problems.error("group", fault, path, { hint });
    return [];
  };
  if (found === null)
    return report(`${JSON.stringify(word)} is not a node, address or network`, () =>
      suggestion(word, [...network.nodes.keys()]),
    );
  // A node with an error may lack addresses because of it.
  if ("fault" in found) return node?.incomplete ? [] : report(found.fault, found.hint);
  return found.kind === "addresses" ? found.prefixes : [];
}
