/**
 * How the namespaces and links of one lab are distinguished from all others on its machine. The holder makes it once,
 * and everything that looks for nodes is given it.
 */

import { markNamespace, markOf, namespaceMark } from "./marks.ts";
import {
  createNamespaces,
  CURRENT_NAMESPACE,
  deleteNamespaceAt,
  listNamespaces,
  namespacePath,
  OpenNamespace,
} from "./namespace.ts";

export interface LabContext {
  /** A node's namespace is named this and then the node; may be empty. */
  readonly prefix: string;
  /** The alias of a namespace's `lo`, and of links in root, that are the lab's. Null where everything is the lab's. */
  readonly mark: string | null;
}

/** A lab in a private machine: every namespace there is a node. */
export const PRIVATE_MACHINE: LabContext = { prefix: "", mark: null };

/** A lab on the machine itself (`--host`). */
export function hostContext(lab: string, prefix: string): LabContext {
  return { prefix, mark: markOf(lab) };
}

/** The node that is the machine: the namespace that the calling thread is in. The model calls it the same. */
const ROOT = "root";

/** Where the namespace of a node is found. */
export function nodePath({ prefix }: LabContext, node: string): string {
  return node === ROOT ? CURRENT_NAMESPACE : namespacePath(`${prefix}${node}`);
}

export function openNode(context: LabContext, node: string): OpenNamespace {
  return OpenNamespace.open(nodePath(context, node));
}

/** The nodes of the lab but root: on the machine itself only namespaces with its mark. */
export function listNodes(context: LabContext): string[] {
  const { prefix, mark } = context;
  const nodes = listNamespaces().flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  return mark === null ? nodes : nodes.filter((node) => namespaceMark(namespacePath(`${prefix}${node}`)) === mark);
}

/** Makes the namespaces of nodes, marked before they have their names; all of them or none. */
export function createNodes({ prefix, mark }: LabContext, nodes: readonly string[]): void {
  createNamespaces(nodes, { prefix, ...(mark === null ? {} : { prepare: () => markNamespace(mark) }) });
}

/** Removes the name of a node's namespace. */
export function deleteNode({ prefix }: LabContext, node: string): void {
  deleteNamespaceAt(namespacePath(`${prefix}${node}`), node);
}
