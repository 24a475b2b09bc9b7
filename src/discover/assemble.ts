/** What was read of a namespace, combined with what follows from all of them together: peers, users, owners. Pure. */

import type {
  DiscoveredLink,
  DiscoveredNamespace,
  LinkRef,
  ListeningSocket,
  Namespace,
  RunningProcess,
} from "../model/index.ts";
import { compareNames } from "../model/index.ts";
import type { Machine, TapUser } from "./find.ts";
import { endKey } from "./peers.ts";
import type { Reading } from "./read.ts";
import type { BareSocket } from "./sockets.ts";

const NOBODY: readonly RunningProcess[] = [];

type About = Pick<DiscoveredNamespace, "name" | "inode" | "container" | "sharers" | "processes" | "handles">;
type Ends = ReadonlyMap<string, LinkRef>;

export function assemble(about: About, reading: Reading, ends: Ends, machine: Machine): DiscoveredNamespace {
  const { details, sockets, indexes } = reading;
  const targets = new Map(reading.ends.map((end) => [end.link, end.target]));
  const links = details.links.map((link): DiscoveredLink => {
    const target = targets.get(link.name);
    const users = machine.taps.length === 0 ? NOBODY : usersOf(link, about, machine);
    // Most links of most machines lead somewhere; loopbacks, of which there are as many, do not.
    if (target === undefined && users.length === 0) return link;
    const leadsTo = ends.get(endKey(about.name, link.name)) ?? null;
    const cable = link.kind === "veth";
    const elsewhere = leadsTo === null ? (target ?? null) : null;
    return { ...link, peer: cable ? leadsTo : null, parent: cable ? null : leadsTo, elsewhere, users };
  });
  return {
    ...about,
    ...details,
    links: links.sort((a, b) => compareNames(a.name, b.name)),
    sockets: sockets.length === 0 ? [] : distinct(sockets.map((one) => owned(one, indexes, machine))),
  };
}

export function withPeers(namespace: Namespace, ends: Ends): Namespace {
  const links = namespace.links.map((link) => {
    const end = (): LinkRef | null => ends.get(endKey(namespace.name, link.name)) ?? null;
    if (link.kind === "veth") return { ...link, peer: end() };
    return "lower" in link && link.lower === null ? { ...link, lower: end() } : link;
  });
  return { ...namespace, links };
}

/** A tap is in the namespace of the program that opened it, unless it was moved: then only its name identifies it. */
function usersOf(link: DiscoveredLink, { inode }: About, { taps }: Machine): readonly RunningProcess[] {
  const isIt = (tap: TapUser): boolean =>
    tap.name === null
      ? (link.kind === "macvtap" || link.kind === "ipvtap") && tap.index === link.index && tap.inode === inode
      : link.kind === "tun" && tap.name === link.name;
  const users = taps.filter(isIt);
  const here = users.filter((tap) => tap.inode === inode);
  return unique((here.length > 0 ? here : users).map(({ process }) => process));
}

function owned(socket: BareSocket, indexes: ReadonlyMap<number, string>, { sockets }: Machine): ListeningSocket {
  const { protocol, family, address, port, boundTo, inode } = socket;
  const link = boundTo === 0 ? null : (indexes.get(boundTo) ?? null);
  return { protocol, family, address, port, link, processes: sockets.get(inode) ?? [] };
}

/** Servers with several workers have a socket for each (SO_REUSEPORT): one line is enough. */
function distinct(sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const seen = new Map<string, ListeningSocket>();
  for (const one of sockets) {
    const key = `${one.protocol} ${one.family} ${one.address} ${one.port} ${one.link ?? ""}`;
    const known = seen.get(key);
    seen.set(key, known === undefined ? one : { ...known, processes: unique([...known.processes, ...one.processes]) });
  }
  return [...seen.values()].sort(
    (a, b) =>
      a.port - b.port ||
      compareNames(a.protocol, b.protocol) ||
      a.family - b.family ||
      compareNames(a.address, b.address),
  );
}

function unique(processes: readonly RunningProcess[]): RunningProcess[] {
  return [...new Map(processes.map((each) => [each.pid, each])).values()];
}
