/** Everything that one namespace reports over rtnetlink, undigested. */

import { existsSync } from "node:fs";
import type {
  LinkMessage,
  NeighbourMessage,
  RouteMessage,
  RouteNetlinkMessage,
  RuleMessage,
} from "../netlink/index.ts";
import type { NetfilterTable } from "../model/index.ts";
import { NetlinkSocket, OpenNamespace, readSysctl, sysctlPath, within } from "../kernel/index.ts";
import { netfilterSocket, tablesOf } from "./netfilter/index.ts";
import { ask, askBasics, type Basics, type Kind } from "./questions.ts";
import { NUD_PERMANENT, RT_TABLE_LOCAL } from "../netlink/constants.ts";

/**
 * What a model leaves out is not even decoded: most routes are the kernel's own in the local table, most neighbours were learned.
 */
const WANTED: Partial<Record<Kind, (bytes: Uint8Array, offset: number) => boolean>> = {
  routes: (bytes, offset) => bytes[offset + 4] !== RT_TABLE_LOCAL,
  neighbours: (bytes, offset) => (bytes[offset + 8]! & NUD_PERMANENT) !== 0,
};

export interface RawNamespace extends Basics {
  readonly name: string;
  readonly links: readonly LinkMessage[];
  readonly routes: readonly RouteMessage[];
  readonly rules: readonly RuleMessage[];
  readonly neighbours: readonly NeighbourMessage[];
  readonly netfilter: readonly NetfilterTable[];
  readonly sysctls: Readonly<Record<string, string>>;
}

/** Reads the namespace behind `path`; `root` is a descriptor of the lab's root namespace. */
export function readNamespace(name: string, path: string, root: number, sysctls: readonly string[]): RawNamespace {
  using namespace = OpenNamespace.open(path);
  // Entering and leaving costs as much as some of the requests, so everything that must be done inside is done at once.
  const inside = within(namespace.fd, () => ({
    socket: NetlinkSocket.open({ name, asks: true }),
    rules: netfilterSocket(name),
    sysctls: Object.fromEntries(sysctls.flatMap(readSetting)),
  }));
  using socket = inside.socket;
  using rules = inside.rules;
  const dump = (kind: Kind): RouteNetlinkMessage[] => ask(socket, kind, WANTED[kind]);
  return {
    name,
    links: dump("brief") as LinkMessage[],
    ...askBasics(socket, root),
    routes: dump("routes") as RouteMessage[],
    rules: dump("rules") as RuleMessage[],
    neighbours: dump("neighbours") as NeighbourMessage[],
    netfilter: rules === null ? [] : tablesOf(rules),
    sysctls: inside.sysctls,
  };
}

/** Empty if there is no such setting: those of an interface disappear with it. The kernel separates several values by tabs. */
function readSetting(key: string): [key: string, value: string][] {
  return existsSync(sysctlPath(key)) ? [[key, readSysctl(key).replaceAll("\t", " ")]] : [];
}

/** The id that the socket's namespace has for the one behind `fd`; −1 for none. Reading does not assign one. */
export function namespaceId(socket: NetlinkSocket, fd: number): number {
  const [answer] = socket.request({ kind: "nsid", command: "get", fd }, 0);
  return answer?.message.kind === "nsid" ? (answer.message.id ?? -1) : -1;
}
