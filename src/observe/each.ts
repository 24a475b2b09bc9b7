/** The same question to many nodes. */

import { ROOT } from "../model/index.ts";
import { isNamespace, type LabContext, listNodes, NetlinkSocket, nodePath, openNode } from "../kernel/index.ts";

/**
 * What each of these nodes, or of all, answers. Must run in the lab's root namespace. What is no namespace, yet or any
 * more, is left out.
 */
export function eachNode<T>(
  context: LabContext,
  read: (socket: NetlinkSocket) => T,
  nodes: readonly string[] = [ROOT, ...listNodes(context)],
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    nodes.flatMap((node) => {
      try {
        using namespace = openNode(context, node);
        using socket = NetlinkSocket.open({ namespace: namespace.fd, name: node });
        return [[node, read(socket)] as const];
      } catch (error) {
        if (node === ROOT || isNamespace(nodePath(context, node))) throw error;
        return [];
      }
    }),
  );
}
