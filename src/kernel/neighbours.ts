/**
 * Neighbours that the kernel learned (ARP, neighbour discovery): dropped, and counted. One table a family holds those of
 * all namespaces of the machine, 1,024 of them unless gc_thresh3 is changed, which only the first namespace can set.
 */

import type { NeighbourMessage } from "../netlink/index.ts";
import {
  AF_INET,
  AF_INET6,
  MessageWriter,
  NDA_CACHEINFO,
  NDTA_CONFIG,
  NDTA_STATS,
  NDTA_THRESH3,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NTF_EXT_LEARNED,
  NTF_PROXY,
  NUD_INCOMPLETE,
  NUD_PERMANENT,
  RTM_GETNEIGHTBL,
} from "../netlink/index.ts";
import { Batch, takeSequences } from "./batch.ts";
import { ERRNO } from "./errno.ts";
import { NLMSG_HEADER } from "./receive.ts";
import type { NetlinkSocket } from "./socket.ts";

/** struct nda_cacheinfo counts in USER_HZ, a hundredth of a second on every architecture netloom runs on. */
const TICK = 10;

const NDTMSG = 4;
/** ndt_stats.ndts_table_fulls */
const TABLE_FULLS = 80;

export interface FlushOptions {
  /** Entries still being resolved are kept until they are this old, milliseconds: a packet waits in them. Default 0. */
  readonly keepResolving?: number;
}

/**
 * Removes every learned neighbour of a family in the socket's namespace; configured ones stay. Says how many it removed
 * and how many learned ones it kept.
 */
export function flushNeighbours(
  socket: NetlinkSocket,
  family: 4 | 6,
  options: FlushOptions = {},
): { removed: number; kept: number } {
  const query = {
    kind: "neighbour",
    command: "get",
    family: family === 4 ? AF_INET : AF_INET6,
    index: 0,
    state: 0,
  } as const;
  const batch = new Batch();
  let kept = 0;
  for (const entry of socket.dump(query, { operation: "read neighbours" })) {
    if (entry.kind !== "neighbour" || entry.destination === undefined || !isLearned(entry)) continue;
    if (entry.state & NUD_INCOMPLETE && age(entry) < (options.keepResolving ?? 0)) {
      kept++;
      continue;
    }
    const { family, index, destination } = entry;
    batch.add(
      { kind: "neighbour", command: "delete", family, index, state: 0, destination },
      0,
      "drop a learned neighbour",
    );
  }
  // One that went by itself in between is as good as deleted.
  const failed = socket.transact(batch).filter((failure) => failure.errno !== ERRNO.ENOENT).length;
  return { removed: batch.length - failed, kept: kept + failed };
}

function isLearned(entry: NeighbourMessage): boolean {
  return !(entry.state & NUD_PERMANENT) && !((entry.flags ?? 0) & (NTF_PROXY | NTF_EXT_LEARNED));
}

/** Milliseconds since its state changed last. */
function age(entry: NeighbourMessage): number {
  const info = entry.unknown?.find((attribute) => attribute.type === NDA_CACHEINFO)?.value;
  return info === undefined || info.length < 12 ? Infinity : Buffer.from(info).readUInt32LE(8) * TICK;
}

export interface NeighbourTable {
  /** Entries in all namespaces, configured ones included. */
  readonly entries: number;
  /** gc_thresh3: learned entries beyond it are refused. */
  readonly limit: number;
  /** How often one was refused since boot. */
  readonly refused: number;
}

/** The machine-wide table, or null if the kernel does not report it. Cheapest in a namespace with few links. */
export function readNeighbourTable(socket: NetlinkSocket, family: 4 | 6): NeighbourTable | null {
  const writer = new MessageWriter(64);
  const sequence = takeSequences();
  const start = writer.beginMessage(RTM_GETNEIGHTBL, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0);
  writer.putU8(writer.skip(NDTMSG), family === 4 ? AF_INET : AF_INET6);
  writer.endMessage(start);
  const request = {
    bytes: writer.bytes(),
    starts: [0],
    firstSequence: sequence,
    operation: () => "read the neighbour table",
  };
  for (const datagram of socket.dumpDatagrams(request)) {
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length);
    const attributes = attributesOf(bytes.subarray(NLMSG_HEADER + NDTMSG, bytes.readUInt32LE(0)));
    const [config, limit, statistics] = [NDTA_CONFIG, NDTA_THRESH3, NDTA_STATS].map((type) => attributes.get(type));
    // The table itself comes first; messages behind it are about single links.
    if (config === undefined || limit === undefined || statistics === undefined || statistics.length < TABLE_FULLS + 8)
      continue;
    return {
      entries: config.readUInt32LE(4),
      limit: limit.readUInt32LE(0),
      refused: Number(statistics.readBigUInt64LE(TABLE_FULLS)),
    };
  }
  return null;
}

function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const result = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    result.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return result;
}
