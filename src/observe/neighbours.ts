/** The MAC addresses that nodes have resolved: the tables of ARP and neighbour discovery. Not part of a model. */

import type { NeighbourMessage } from "../netlink/index.ts";
import { bytesToAddress, bytesToMac } from "../model/index.ts";
import { dumpRequest, type LabContext } from "../kernel/index.ts";
import { eachNode } from "./each.ts";
import { AF_INET, AF_INET6, NUD_NOARP, RTEXT_FILTER_SKIP_STATS } from "../netlink/constants.ts";

export interface KnownNeighbour {
  readonly link: string;
  readonly address: string;
  /** null until there is an answer. */
  readonly mac: string | null;
  /** As `ip neigh` names it: reachable, stale, failed, permanent, … */
  readonly state: string;
}

/** NUD_*, linux/neighbour.h, by bit. */
const STATES = ["incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"];

/** Of these nodes, or of all. */
export function readNeighbours(
  context: LabContext,
  nodes?: readonly string[],
): Readonly<Record<string, readonly KnownNeighbour[]>> {
  const question = dumpRequest({ kind: "neighbour", command: "get", family: 0, index: 0, state: 0 });
  const links = dumpRequest({ kind: "link", command: "get", extMask: RTEXT_FILTER_SKIP_STATS });
  return eachNode(
    context,
    (socket) => {
      const names = new Map<number, string>();
      for (const link of socket.dump(links, { decode: { unknown: false, stats: false, settings: false } }))
        if (link.kind === "link") names.set(link.index ?? 0, link.name ?? "");
      return (socket.dump(question) as NeighbourMessage[]).flatMap((each) => neighbour(each, names));
    },
    nodes,
  );
}

function neighbour(message: NeighbourMessage, names: ReadonlyMap<number, string>): KnownNeighbour[] {
  const { family, destination, linkAddress, state } = message;
  // Multicast and broadcast addresses need no resolution: these are the kernel's own entries.
  if ((family !== AF_INET && family !== AF_INET6) || !destination || (state & NUD_NOARP) !== 0) return [];
  return [
    {
      link: names.get(message.index) ?? "",
      address: bytesToAddress(destination),
      mac: linkAddress?.length === 6 ? bytesToMac(linkAddress) : null,
      state: STATES.find((_, bit) => (state & (1 << bit)) !== 0) ?? "none",
    },
  ];
}
