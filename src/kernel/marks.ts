/**
 * Which lab a namespace belongs to, from the alias of its `lo`: for labs on the machine itself, where other namespaces are somebody
 * else's. An alias survives any process, and goes with the namespace.
 */

import { KernelError } from "./error.ts";
import { admitOne } from "./gate.ts";
import { listNamespaces, NETNS_DIRECTORY, OpenNamespace } from "./namespace.ts";
import { NetlinkSocket } from "./socket.ts";

/** Whose it is goes behind it. */
export const MARK = "netloom:";

const LOOPBACK_INDEX = 1;

/** The mark of a lab. */
export function markOf(lab: string): string {
  return `${MARK}${lab}`;
}

/** Marks the namespace that this thread is in. */
export function markNamespace(mark: string): void {
  admitOne("mark the namespace");
  using socket = NetlinkSocket.open();
  socket.request({ kind: "link", command: "new", index: LOOPBACK_INDEX, alias: mark }, 0, "mark the namespace");
}

/** The alias of `lo` of the namespace behind a path; null for none, or when there is no network namespace. */
export function namespaceMark(path: string): string | null {
  try {
    using namespace = OpenNamespace.open(path);
    using socket = NetlinkSocket.open({ namespace: namespace.fd });
    const [answer] = socket.request({ kind: "link", command: "get", index: LOOPBACK_INDEX });
    return answer?.message.kind === "link" ? (answer.message.alias ?? null) : null;
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}

/** Names under /run/netns and the marks of those that have one of ours, whichever lab's. */
export function markedNamespaces(): Map<string, string> {
  const marks = new Map<string, string>();
  for (const name of listNamespaces()) {
    const mark = namespaceMark(`${NETNS_DIRECTORY}/${name}`);
    if (mark?.startsWith(MARK)) marks.set(name, mark);
  }
  return marks;
}
