/** Runs the same query in many nodes. */

import { ROOT } from "../model/index.ts";
import { isNamespace, type LabContext, listNodes, NetlinkSocket, nodePath, openNode } from "../kernel/index.ts";

/**
 * The result of each of these nodes, or of all. Must run in the lab's root namespace. Names without a namespace (not yet, or no
 * longer) are left out.
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
