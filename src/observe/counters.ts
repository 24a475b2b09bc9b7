/** The traffic counters of a lab's interfaces: IFLA_STATS64, read again on every call. Not part of a model. */

import type { LinkMessage } from "../netlink/index.ts";
import { dumpRequest, type LabContext } from "../kernel/index.ts";
import { eachNode } from "./each.ts";
import { IFF_UP } from "../netlink/constants.ts";

/** One direction, since the interface was created. */
export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

export interface LinkCounters {
  /** ifindex: distinguishes an interface from a later one of the same name. */
  readonly index: number;
  /** ifindex of the bridge that it is a port of; 0 if it is not a port. */
  readonly master: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly received: Traffic;
  readonly sent: Traffic;
}

/** Node → interface → counters. */
export type Counters = Readonly<Record<string, Readonly<Record<string, LinkCounters>>>>;

/** struct rtnl_link_stats64, linux/if_link.h: received at even indices, sent at odd ones. */
const PACKETS = 0;
const BYTES = 2;
const ERRORS = 4;
const DROPPED = 6;

/** For these nodes, or for all. */
export function readCounters(context: LabContext, nodes?: readonly string[]): Counters {
  const question = dumpRequest({ kind: "link", command: "get" });
  return eachNode(
    context,
    (socket) => {
      const links = socket.dump(question, { decode: { unknown: false, settings: false } }) as LinkMessage[];
      return Object.fromEntries(links.map((link) => [link.name ?? "", countersOf(link)]));
    },
    nodes,
  );
}

function countersOf({ index = 0, master = 0, flags, carrier, stats64 = [] }: LinkMessage): LinkCounters {
  const traffic = (side: 0 | 1): Traffic => ({
    bytes: Number(stats64[BYTES + side] ?? 0),
    packets: Number(stats64[PACKETS + side] ?? 0),
    errors: Number(stats64[ERRORS + side] ?? 0),
    dropped: Number(stats64[DROPPED + side] ?? 0),
  });
  return {
    index,
    master,
    up: ((flags ?? 0) & IFF_UP) !== 0,
    carrier: carrier === 1,
    received: traffic(0),
    sent: traffic(1),
  };
}
