/** Where the interfaces are that a lab has borrowed, by their marks. Reads only. */

import { borrowed } from "../../model/index.ts";
import {
  CURRENT_NAMESPACE,
  KernelError,
  markedNamespaces,
  markOf,
  NETNS_DIRECTORY,
  NetlinkSocket,
  OpenNamespace,
} from "../../kernel/index.ts";
import type { LinkMessage } from "../../netlink/index.ts";

export interface FoundNic {
  /** What the machine calls it. */
  readonly device: string;
  readonly lab: string;
  /** As under /run/netns; null for the machine itself. */
  readonly namespace: string | null;
  readonly index: number;
  /** What it is called there. */
  readonly name: string;
  /** The bridge that it is a port of. */
  readonly bridge: { readonly index: number; readonly name: string } | null;
}

/** Of one lab, or of all: then only those that are on the machine itself. */
export function findNics(lab?: string): FoundNic[] {
  const found = findIn(CURRENT_NAMESPACE, null);
  if (lab === undefined) return found;
  for (const [name, mark] of markedNamespaces())
    if (mark === markOf(lab)) found.push(...findIn(`${NETNS_DIRECTORY}/${name}`, name));
  return found.filter((each) => each.lab === lab);
}

function findIn(path: string, namespace: string | null): FoundNic[] {
  const links = linksOf(path);
  const names = new Map(links.map(({ index = 0, name = "" }) => [index, name]));
  return links.flatMap(({ index = 0, name = "", alias, master }) => {
    const whose = borrowed(alias);
    if (whose === null) return [];
    const bridge = master === undefined || master === 0 ? null : { index: master, name: names.get(master) ?? "" };
    return [{ ...whose, namespace, index, name, bridge }];
  });
}

function linksOf(path: string): LinkMessage[] {
  try {
    using namespace = OpenNamespace.open(path);
    using socket = NetlinkSocket.open({ namespace: namespace.fd });
    return socket
      .dump({ kind: "link", command: "get" })
      .filter((message): message is LinkMessage => message.kind === "link");
  } catch (error) {
    // It went in between.
    if (error instanceof KernelError && namespaceGone(error)) return [];
    throw error;
  }
}

const namespaceGone = ({ errnoName }: KernelError): boolean => errnoName === "ENOENT" || errnoName === "EINVAL";
