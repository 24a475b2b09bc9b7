/** What on this machine belongs to which lab, by the marks. Reads only. */

import { CURRENT_NAMESPACE, MARK, markedNamespaces, NetlinkSocket, OpenNamespace } from "../kernel/index.ts";
import { borrowed } from "../model/index.ts";
import type { LinkMessage } from "../netlink/index.ts";

/** A link of the root namespace. */
export interface MachineLink {
  readonly index: number;
  readonly name: string;
  readonly altnames: readonly string[];
  /** Of the lab that it belongs to; null for the machine's own. */
  readonly lab: string | null;
  readonly message: LinkMessage;
}

export function machineLinks(socket: NetlinkSocket): MachineLink[] {
  return socket.dump({ kind: "link", command: "get" }).flatMap((message) => {
    if (message.kind !== "link") return [];
    const lab = message.alias?.startsWith(MARK) === true ? message.alias.slice(MARK.length) : null;
    const { index = 0, name = "", altNames = [] } = message;
    return [{ index, name, altnames: altNames, lab, message }];
  });
}

/** Names of the labs that have left a mark anywhere. */
export function markedLabs(): string[] {
  using root = OpenNamespace.open(CURRENT_NAMESPACE);
  using socket = NetlinkSocket.open({ namespace: root.fd });
  const labs = new Set(machineLinks(socket).flatMap(({ lab, message }) => lab ?? borrowed(message.alias)?.lab ?? []));
  for (const mark of markedNamespaces().values()) labs.add(mark.slice(MARK.length));
  return [...labs].sort();
}
