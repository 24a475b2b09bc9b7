/** Everything one namespace says of itself over rtnetlink, undigested. */

import type {
  AddressMessage,
  LinkMessage,
  NamespaceIdMessage,
  NeighbourMessage,
  NetconfMessage,
  RouteMessage,
  RuleMessage,
} from "../netlink/index.ts";
import { NetlinkSocket, OpenNamespace, readSysctl, within } from "../kernel/index.ts";

const AF_UNSPEC = 0;
const NETCONF_ALL = -1;
/** IFLA_EXT_MASK: leave statistics out; a dump of links is then half as long. */
const EXT_SKIP_STATS = 8;

export interface RawNamespace {
  readonly name: string;
  readonly links: readonly LinkMessage[];
  readonly addresses: readonly AddressMessage[];
  readonly routes: readonly RouteMessage[];
  readonly rules: readonly RuleMessage[];
  readonly neighbours: readonly NeighbourMessage[];
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean };
  readonly sysctls: Readonly<Record<string, string>>;
  /** By which id this namespace knows the lab's root namespace; −1 when it has none. */
  readonly rootId: number;
}

/** Reads the namespace behind `path`; `root` is a descriptor of the lab's root namespace. */
export function readNamespace(name: string, path: string, root: number, sysctls: readonly string[]): RawNamespace {
  using namespace = OpenNamespace.open(path);
  using socket = NetlinkSocket.open({ namespace: namespace.fd, name });
  const links = socket.dump({ kind: "link", command: "get", extMask: EXT_SKIP_STATS }) as LinkMessage[];
  const route = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };
  return {
    name,
    links,
    addresses: socket.dump({
      kind: "address",
      command: "get",
      family: AF_UNSPEC,
      prefixLength: 0,
      index: 0,
    }) as AddressMessage[],
    routes: socket.dump({ kind: "route", command: "get", family: AF_UNSPEC, ...route }) as RouteMessage[],
    rules: socket.dump({ kind: "rule", command: "get", family: AF_UNSPEC, table: 0, action: 0 }) as RuleMessage[],
    neighbours: socket.dump({
      kind: "neighbour",
      command: "get",
      family: AF_UNSPEC,
      index: 0,
      state: 0,
    }) as NeighbourMessage[],
    forwarding: { ipv4: isForwarding(socket, 2), ipv6: isForwarding(socket, 10) },
    sysctls: within(namespace.fd, () => Object.fromEntries(sysctls.map((key) => [key, readSysctl(key)]))),
    rootId: namespaceId(socket, root),
  };
}

/** `conf/all/forwarding` by netlink: a read of /proc/sys grows slower with every namespace of the machine. */
function isForwarding(socket: NetlinkSocket, family: number): boolean {
  const request: NetconfMessage = { kind: "netconf", command: "get", family, index: NETCONF_ALL };
  const reply = socket
    .request(request, 0)
    .map((each) => each.message)
    .find((each) => each.kind === "netconf");
  return reply?.kind === "netconf" && reply.forwarding === 1;
}

/** By which id the socket's namespace knows the one behind `fd`. Asking does not give it one. */
export function namespaceId(socket: NetlinkSocket, fd: number): number {
  const request: NamespaceIdMessage = { kind: "nsid", command: "get", fd };
  const reply = socket
    .request(request, 0)
    .map((each) => each.message)
    .find((each) => each.kind === "nsid");
  return reply?.kind === "nsid" ? (reply.id ?? -1) : -1;
}
