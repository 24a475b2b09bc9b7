/** The same question to many nodes. */

import { ROOT } from "../model/index.ts";
import {
  CURRENT_NAMESPACE,
  isNamespace,
  listNodes,
  namespacePath,
  NetlinkSocket,
  OpenNamespace,
} from "../kernel/index.ts";

/**
 * What each of these nodes, or of all, answers. Must run in the lab's root namespace. What is no namespace, yet or any
 * more, is left out.
 */
export function eachNode<T>(
  read: (socket: NetlinkSocket) => T,
  nodes: readonly string[] = [ROOT, ...listNodes()],
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    nodes.flatMap((node) => {
      try {
        using namespace = OpenNamespace.open(node === ROOT ? CURRENT_NAMESPACE : namespacePath(node));
        using socket = NetlinkSocket.open({ namespace: namespace.fd, name: node });
        return [[node, read(socket)] as const];
      } catch (error) {
        if (node === ROOT || isNamespace(namespacePath(node))) throw error;
        return [];
      }
    }),
  );
}
