/**
 * export/netfilter/: rules back to `nat`, `publish`, `firewall` and `groups`. In: the tables of a model, and the network
 * of the draft so far. Out: the keys, put into the draft. What was recognised is compiled again and compared, so that a key
 * produces exactly the observed rules; rules of other tools (iptables) are used where they mean the same.
 */

import { canonicalTable, hostTableName, NETLOOM_TABLE, ROOT } from "../../model/index.ts";
import type { Model, Namespace, NetfilterTable } from "../../model/index.ts";
import { Problems } from "../../topology/problems.ts";
import type { Path } from "../../topology/problems.ts";
import { assignAddresses } from "../../topology/resolve/addresses.ts";
import { collect, plugIn } from "../../topology/resolve/collect.ts";
import { netfilterOf } from "../../topology/resolve/netfilter/index.ts";
import type { Network } from "../../topology/resolve/network.ts";
import { plugUplink } from "../../topology/resolve/root-uplink.ts";
import type { NodeBody } from "../../topology/schema.ts";
import { canonical } from "../compare.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../findings.ts";
import { groupsOf } from "./groups.ts";
import { candidates } from "./own.ts";
import type { Compile, Sections } from "./own.ts";
import { adoptOthers } from "./others.ts";
import { ruleText } from "./text.ts";

/** Puts the keys of every node into the draft. */
export function addNetfilter(draft: Draft, model: Model, lab: string, findings: Findings): void {
  const own = new Map(model.namespaces.map((each) => [each.name, ownTable(each, model.name)]));
  Object.assign(draft.groups, groupsOf([...own.values()].flatMap((table) => table ?? [])));
  const network = networkOf(draft, lab);
  for (const namespace of model.namespaces) {
    const body = bodyOf(draft, namespace.name);
    if (body === undefined) continue;
    const table = own.get(namespace.name) ?? null;
    const compile = compiler(draft, network, namespace.name, body);
    if (table !== null) Object.assign(body, fromOwn(table, namespace, model, compile, findings));
    adoptOthers(namespace, table, body, pathOf(draft, namespace.name), compile, findings);
  }
}

function compiler(draft: Draft, network: Network, name: string, body: NodeBody): Compile {
  const node = network.nodes.get(name)!;
  return (sections) => {
    const problems = new Problems();
    const own = { ...node, body: { ...body, ...sections } };
    const nodes = new Map(network.nodes).set(name, own);
    const [table = null] = netfilterOf(draft, { ...network, nodes, problems })(own);
    return problems.failed ? null : { table };
  };
}

function fromOwn(
  table: NetfilterTable,
  namespace: Namespace,
  model: Model,
  compile: Compile,
  findings: Findings,
): Sections {
  const goal = canonical(table);
  let best: Sections = {};
  let missing = table.chains.flatMap((chain) => chain.rules).length + 1;
  for (const sections of candidates(table, namespace, model)) {
    const compiled = compile(sections);
    if (compiled === null) continue;
    const made = compiled.table === null ? null : canonicalTable(compiled.table);
    if (made !== null && canonical(made) === goal) return sections;
    const left = unmatched(table, made).length;
    if (left < missing) [best, missing] = [sections, left];
  }
  const made = compile(best)?.table ?? null;
  const strange = unmatched(table, made === null ? null : canonicalTable(made));
  const shown = strange.slice(0, 5).map(({ chain, text }) => `${chain}: ${text}`);
  const more = strange.length > shown.length ? `; and ${strange.length - shown.length} more` : "";
  findings.lose(
    `${namespace.name} table inet netloom`,
    shown.length === 0 ? "it was changed by hand" : `no key makes these rules: ${shown.join("; ")}${more}`,
  );
  return best;
}

/** Rules of the first that the second does not have. */
function unmatched(table: NetfilterTable, other: NetfilterTable | null): { chain: string; text: string }[] {
  return table.chains.flatMap(({ name, rules }) => {
    const theirs = new Set(other?.chains.find((chain) => chain.name === name)?.rules.map(canonical));
    return rules.filter((rule) => !theirs.has(canonical(rule))).map((rule) => ({ chain: name, text: ruleText(rule) }));
  });
}

/** The lab's own table, under the name it has in a private machine. */
function ownTable({ name, netfilter }: Namespace, lab: string): NetfilterTable | null {
  const isOwn = (table: NetfilterTable): boolean =>
    table.family === "inet" && (table.name === NETLOOM_TABLE || (name === ROOT && table.name === hostTableName(lab)));
  const table = netfilter.find(isOwn);
  return table === undefined ? null : canonicalTable({ ...table, name: NETLOOM_TABLE });
}

function networkOf(draft: Draft, lab: string): Network {
  const topology = draft;
  const network = collect(topology, lab, []);
  plugIn(network);
  assignAddresses(network);
  plugUplink(topology, network);
  return network;
}

function bodyOf(draft: Draft, node: string): NodeBody | undefined {
  return node === ROOT ? draft.root : (draft.routers[node] ?? draft.hosts[node]);
}

function pathOf(draft: Draft, node: string): Path {
  return node === ROOT ? [ROOT] : [draft.routers[node] === undefined ? "hosts" : "routers", node];
}
