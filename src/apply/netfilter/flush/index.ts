/**
 * apply/netfilter/flush/: after tables of a running namespace have changed, forgets the connections that the new rules would
 * translate otherwise than the old, and no others: tracking asks the rules only for the first packet of a connection.
 * In: the changes of tables, and the namespace.
 * Out: how many connections were forgotten; their next packet is translated anew.
 * packet.ts has what is known of a connection, translation.ts runs packet/'s rules over it (both pure), surroundings.ts asks
 * for routes.
 *
 * What is assumed: a connection came in by the interface that leads back to its source; marks, limits and what rules have
 * learned decide now as they did then. Where a rule that depends on those was changed, connections it may concern are
 * forgotten, too: rather one too many than one that goes on by rules that are no more.
 */

import { stableJson } from "../../../model/index.ts";
import type { NetfilterTable } from "../../../model/index.ts";
import { ERRNO, KernelError, NetlinkError, NetlinkSocket } from "../../../kernel/index.ts";
import { type ConnectionMessage, decodeConnections, encodeConnection } from "../../../netlink/conntrack/index.ts";
import { MessageWriter, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from "../../../netlink/index.ts";
import { NETLINK_NETFILTER } from "../../../netlink/nftables/index.ts";
import { Ruleset } from "../../../packet/index.ts";
import type { ChangeOf } from "../../../plan/index.ts";
import type { NamespaceRef } from "../load.ts";
import { Surroundings } from "./surroundings.ts";
import { isAffected } from "./translation.ts";

/** Returns how many were forgotten. */
export function flushConnections({ fd, name }: NamespaceRef, changes: readonly ChangeOf<"table">[]): number {
  const [before, after] = [changes.map((one) => one.before), changes.map((one) => one.after)].map(present);
  if (natPart(before!) === natPart(after!)) return 0;
  using socket = NetlinkSocket.open({ namespace: fd, name, protocol: NETLINK_NETFILTER });
  const connections = tracked(socket);
  if (connections.length === 0) return 0;
  using surroundings = new Surroundings(fd, name);
  const [old, next] = [new Ruleset(before!), new Ruleset(after!)];
  const affected = connections.filter((one) => isAffected(one, old, next, surroundings));
  return affected.filter((one) => forget(socket, one)).length;
}

const present = (tables: readonly (NetfilterTable | null)[]): NetfilterTable[] => tables.filter((one) => one !== null);

/** All that NAT can depend on; equal parts mean that nobody's translation has changed. */
function natPart(tables: readonly NetfilterTable[]): string {
  return stableJson(
    tables.map(({ name, sets, chains }) => {
      const own = chains.filter(({ base }) => base === null || base.type === "nat");
      return own.some(({ base }) => base !== null) ? { name, sets, own } : null;
    }),
  );
}

function tracked(socket: NetlinkSocket): ConnectionMessage[] {
  const writer = new MessageWriter(64);
  const header = { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 };
  encodeConnection(writer, header, { kind: "connection", command: "get", family: 0 });
  const question = {
    bytes: writer.bytes(),
    starts: [0],
    firstSequence: 1,
    operation: () => "read tracked connections",
  };
  try {
    return socket
      .dumpDatagrams(question)
      .flatMap((datagram) => decodeConnections(datagram))
      .flatMap(({ message }) => (message.kind === "connection" ? [message] : []));
  } catch (error) {
    // A kernel that tracks nothing has nothing to forget.
    if (error instanceof KernelError && NOT_THERE.has(error.errno)) return [];
    throw error;
  }
}

const NOT_THERE: ReadonlySet<number> = new Set([ERRNO.EINVAL, ERRNO.EOPNOTSUPP]);

/** By tuple and id: if another connection has taken its place, that one stays. false when it was gone by itself. */
function forget(socket: NetlinkSocket, { family, original, zone, id }: ConnectionMessage): boolean {
  const writer = new MessageWriter(256);
  const which = { family, ...(original && { original }), ...(zone && { zone }), ...(id !== undefined && { id }) };
  const header = { flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 1, portId: 0 };
  encodeConnection(writer, header, { kind: "connection", command: "delete", ...which });
  const operation = (): string => "forget a tracked connection";
  const [refused] = socket.transact({ bytes: writer.bytes(), starts: [0], firstSequence: 1, operation });
  if (refused === undefined) return true;
  if (refused.errno === ERRNO.ENOENT) return false;
  throw new NetlinkError(refused, socket.name === undefined ? {} : { namespace: socket.name });
}
