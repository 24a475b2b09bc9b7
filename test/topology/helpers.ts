import { NetloomError } from "../../src/diagnostic.ts";
import type { Diagnostic } from "../../src/diagnostic.ts";
import type { Link, Model, Namespace } from "../../src/model/index.ts";
import { parseTopology } from "../../src/topology/index.ts";

export function faultsOf(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
  } catch (error) {
    if (error instanceof NetloomError && error.status === 2) return error.diagnostics;
    throw error;
  }
  return [];
}

/** Each fault of a text in one line, with what it points at: `3 unknown-key interfces`. */
export function faults(text: string): string[] {
  const lines = text.split("\n");
  return faultsOf(() => parseTopology(text, "lab.yaml")).map(({ range, code }) => {
    if (range === undefined) return code.replace("topology.", "");
    const { line, column, endLine, endColumn } = range;
    const quoted = line === endLine ? lines[line - 1]!.slice(column - 1, endColumn - 1) : "…";
    return `${line} ${code.replace("topology.", "")} ${quoted}`;
  });
}

export function node(model: Model, name: string): Namespace {
  const found = model.namespaces.find((namespace) => namespace.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

export function link(model: Model, name: string, port: string): Link {
  const found = node(model, name).links.find((candidate) => candidate.name === port);
  if (found === undefined) throw new Error(`no link ${port} in ${name}`);
  return found;
}

/** `eth0 10.0.0.1/24`, without the link-local ones. */
export function addresses(model: Model, name: string): string[] {
  return node(model, name)
    .addresses.filter(({ address }) => !address.startsWith("fe80"))
    .map(({ link: port, address, prefixLength }) => `${port} ${address}/${prefixLength}`);
}

/** `10.9.0.0/16 via 10.0.0.9 dev eth0`. */
export function routes(model: Model, name: string): string[] {
  return node(model, name).routes.map(({ to, type, nextHops }) =>
    [
      type === "unicast" ? to : `${type} ${to}`,
      ...nextHops.flatMap(({ via, link: dev }) => [...(via ? [`via ${via}`] : []), `dev ${dev}`]),
    ].join(" "),
  );
}
