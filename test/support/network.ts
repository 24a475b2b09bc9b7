// Small networks for kernel tests, built with this project's own netlink; `ip` is not needed.

import {
  Batch,
  createNamespaces,
  deleteNamespace,
  listNamespaces,
  namespacePath,
  NetlinkSocket,
  OpenNamespace,
  within,
  writeSysctl,
} from "../../src/kernel/index.ts";
import { parseAddress } from "../../src/kernel/probe/address.ts";
import type { RouteNetlinkMessage } from "../../src/netlink/index.ts";

const CREATE = 0x600;
const UP = { flags: 1, change: 1 };

/** Namespaces by name, each with its socket; gone on dispose. */
export class Network implements Disposable {
  readonly #nodes = new Map<string, { namespace: OpenNamespace; socket: NetlinkSocket }>();

  constructor(names: readonly string[]) {
    createNamespaces(names);
    for (const name of names) {
      const namespace = OpenNamespace.open(namespacePath(name));
      this.#nodes.set(name, { namespace, socket: NetlinkSocket.open({ namespace: namespace.fd, name }) });
      // A router solicits neighbours from its link-local address, which duplicate detection withholds for a second.
      within(namespace.fd, () => writeSysctl("net.ipv6.conf.default.accept_dad", "0"));
      this.send(name, { kind: "link", command: "set", index: 1, ...UP });
    }
  }

  fd(name: string): number {
    return this.#nodes.get(name)!.namespace.fd;
  }

  socket(name: string): NetlinkSocket {
    return this.#nodes.get(name)!.socket;
  }

  send(name: string, ...messages: RouteNetlinkMessage[]): void {
    const batch = new Batch();
    for (const message of messages) batch.add(message, message.command === "new" ? CREATE : 0, JSON.stringify(message));
    const failures = this.socket(name).transact(batch);
    if (failures.length > 0) throw new Error(`${name}: ${JSON.stringify(failures)}`);
  }

  index(name: string, link: string): number {
    const [answer] = this.socket(name).request({ kind: "link", command: "get", name: link });
    return (answer!.message as { index: number }).index;
  }

  bridge(name: string, link: string): void {
    within(this.fd(name), () => writeSysctl("net.ipv6.conf.default.disable_ipv6", "1"));
    this.send(name, {
      kind: "link",
      command: "new",
      name: link,
      ...UP,
      info: { kind: "bridge", bridge: { multicastSnooping: 0 } },
    });
  }

  /** A veth from `name`:`link` to `other`:`otherLink`, both ends up; `master` on the other side. */
  cable(name: string, link: string, other: string, otherLink: string, master?: number): void {
    this.send(name, {
      kind: "link",
      command: "new",
      name: link,
      info: { kind: "veth", peer: { name: otherLink, netNsFd: this.fd(other) } },
    });
    this.send(name, { kind: "link", command: "set", index: this.index(name, link), ...UP });
    const change = { kind: "link", command: "set", index: this.index(other, otherLink), ...UP } as const;
    this.send(other, master === undefined ? change : { ...change, master });
  }

  address(name: string, link: string, cidr: string): void {
    const [text = "", length] = cidr.split("/");
    const local = parseAddress(text);
    const family = local.length === 4 ? 2 : 10;
    const NODAD = 2;
    this.send(name, {
      kind: "address",
      command: "new",
      family,
      prefixLength: Number(length),
      index: this.index(name, link),
      local,
      address: local,
      ...(family === 10 ? { flags: NODAD } : {}),
    });
  }

  /** `type`: RTN_*; 1 unicast, 7 unreachable, 8 prohibit. */
  route(name: string, cidr: string, gateway: string | null, type = 1): void {
    const [text = "", length] = cidr.split("/");
    const destination = parseAddress(text);
    this.send(name, {
      kind: "route",
      command: "new",
      family: destination.length === 4 ? 2 : 10,
      destinationLength: Number(length),
      destination,
      table: 254,
      protocol: 4,
      scope: 0,
      type,
      ...(gateway === null ? {} : { gateway: parseAddress(gateway) }),
    });
  }

  forward(name: string): void {
    within(this.fd(name), () => {
      writeSysctl("net.ipv4.ip_forward", "1");
      writeSysctl("net.ipv6.conf.all.forwarding", "1");
    });
  }

  [Symbol.dispose](): void {
    const present = new Set(listNamespaces());
    for (const [name, { namespace, socket }] of this.#nodes) {
      socket[Symbol.dispose]();
      namespace[Symbol.dispose]();
      if (present.has(name)) deleteNamespace(name);
    }
  }
}

/** `count` hosts PREFIX-h0 … on one bridge in PREFIX-sw, 10.1.x.y/16 and fd01::N/64. */
export function star(prefix: string, count: number): Network {
  const hosts = Array.from({ length: count }, (_, i) => `${prefix}-h${i}`);
  const network = new Network([`${prefix}-sw`, ...hosts]);
  network.bridge(`${prefix}-sw`, "br0");
  const master = network.index(`${prefix}-sw`, "br0");
  hosts.forEach((host, i) => {
    network.cable(host, "eth0", `${prefix}-sw`, `p${i}`, master);
    network.address(host, "eth0", `${starAddress(i, 4)}/16`);
    network.address(host, "eth0", `${starAddress(i, 6)}/64`);
  });
  return network;
}

export function starAddress(i: number, family: 4 | 6): string {
  return family === 4 ? `10.1.${(i + 1) >> 8}.${(i + 1) & 255}` : `fd01::${(i + 1).toString(16)}`;
}
