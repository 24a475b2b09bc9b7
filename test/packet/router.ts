// A real router to compare with: one namespace with three cables into another one, from where a test sends frames and sees
// what leaves. Neighbours are permanent, so that nothing but what a test sends is on the wires.

import { Batch, within, writeSysctl } from "../../src/kernel/index.ts";
import { lastErrno, libc } from "../../src/kernel/libc.ts";
import { socketAddress } from "../../src/kernel/probe/address.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "../../src/kernel/constants.ts";
import { openSocket, setNumber } from "../../src/kernel/probe/sockets.ts";
import type { Address, Family, Namespace, Route, Rule } from "../../src/model/index.ts";
import { addressToBytes } from "../../src/model/index.ts";
import type { RouteMessage } from "../../src/netlink/index.ts";
import { encodeNeighbour, encodeRoute, encodeRule } from "../../src/rtnl/index.ts";
import { Network } from "../support/network.ts";

export const ROUTER = "pk-router";
const WIRES = "pk-wires";
export const LINKS = ["eth0", "eth1", "eth2"] as const;

/** Of the router, by link. */
const OWN: Readonly<Record<(typeof LINKS)[number], readonly string[]>> = {
  eth0: ["10.0.0.1/24", "fd00::1/64"],
  eth1: ["10.0.1.1/24", "10.0.1.9/24", "10.0.11.1/24", "fd01::1/64"],
  eth2: ["10.0.2.1/24", "fd02::1/64"],
};

/** Hosts beyond the router: next hops, and what is behind them. */
export const HOSTS = {
  4: ["10.0.0.2", "10.0.0.3", "10.0.1.2", "10.0.1.3", "10.0.2.2", "10.0.2.3", "172.16.0.5", "172.16.1.5", "192.0.2.7"],
  6: ["fd00::2", "fd00::3", "fd01::2", "fd01::3", "fd02::2", "fd02::3", "fdac::5", "fdac:0:0:1::5", "2001:db8::7"],
} as const;
export const OWN_ADDRESSES = {
  4: ["10.0.0.1", "10.0.1.1", "10.0.1.9", "10.0.11.1", "10.0.2.1"],
  6: ["fd00::1", "fd01::1", "fd02::1"],
} as const;

const AF_PACKET = 17;
const ETH_P_ALL = 0x0300;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_MARK = 36;
const MSG_DONTWAIT = 0x40;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const RTNH_F_ONLINK = 4;

/** Hosts, and whom a translation of whole networks leads to. */
const NEIGHBOURS = {
  4: [...HOSTS[4], "10.0.1.5", "10.0.1.7"],
  6: [...HOSTS[6], "fd01::5", "fd01::7"],
} as const;

/** A host's MAC on one of the wires: says which next hop a frame was meant for. */
export function macOf(host: string, link: string): string {
  const family = host.includes(":") ? 6 : 4;
  const at = (NEIGHBOURS[family] as readonly string[]).indexOf(host);
  return `02:00:0${family}:00:0${LINKS.indexOf(link as "eth0")}:${at.toString(16).padStart(2, "0")}`;
}

export interface MadeRoute {
  readonly route: Route;
  /** Gateways are marked as on-link, whatever other routes say. */
  readonly onLink: boolean;
}
export interface MadeRule {
  readonly rule: Rule;
}
export type Made = MadeRoute | MadeRule;

function markOnLink(message: RouteMessage, onLink: boolean): RouteMessage {
  if (!onLink) return message;
  const { multipath, flags = 0 } = message;
  if (multipath === undefined) return { ...message, flags: flags | RTNH_F_ONLINK };
  const hops = multipath.map((hop) =>
    hop.gateway === undefined && hop.via === undefined ? hop : { ...hop, flags: RTNH_F_ONLINK },
  );
  return { ...message, multipath: hops };
}

export class Router implements Disposable {
  readonly network = new Network([ROUTER, WIRES]);
  readonly macs: readonly Uint8Array[];
  readonly #sockets: readonly number[];
  readonly #indexes: ReadonlyMap<string, number>;

  constructor() {
    const { network } = this;
    // Nothing comes from there but what a test sends.
    within(network.fd(WIRES), () => writeSysctl("net.ipv6.conf.default.disable_ipv6", "1"));
    LINKS.forEach((link, i) => network.cable(ROUTER, link, WIRES, `w${i}`));
    within(network.fd(ROUTER), () => {
      writeSysctl("net.ipv4.ip_forward", "1");
      writeSysctl("net.ipv6.conf.all.forwarding", "1");
      writeSysctl("net.ipv4.icmp_ratelimit", "0");
    });
    this.#indexes = new Map(LINKS.map((link) => [link, network.index(ROUTER, link)]));
    for (const link of LINKS) {
      for (const cidr of OWN[link]) network.address(ROUTER, link, cidr);
      for (const host of [...NEIGHBOURS[4], ...NEIGHBOURS[6]])
        network.send(
          ROUTER,
          encodeNeighbour({ link, address: host, mac: macOf(host, link) }, (name) => network.index(ROUTER, name)),
        );
    }
    this.macs = LINKS.map((link) => {
      const [answer] = network.socket(ROUTER).request({ kind: "link", command: "get", name: link });
      if (answer?.message.kind !== "link" || answer.message.address === undefined) throw new Error(`no MAC of ${link}`);
      return answer.message.address;
    });
    this.#sockets = LINKS.map((_, i) => {
      const fd = within(network.fd(WIRES), () =>
        libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, ETH_P_ALL),
      );
      const address = Buffer.alloc(20);
      address.writeUInt16LE(AF_PACKET, 0);
      address.writeUInt16LE(ETH_P_ALL, 2);
      address.writeInt32LE(network.index(WIRES, `w${i}`), 4);
      if (libc().bind(fd, address, address.length) !== 0) throw new Error(`bind: ${lastErrno()}`);
      return fd;
    });
  }

  /** Makes routes and rules, or with `delete` takes them away; those that the kernel took. */
  change<T extends Made>(list: readonly T[], command: "new" | "delete" = "new"): T[] {
    const batch = new Batch();
    const indexOf = (link: string): number => this.#indexes.get(link)!;
    for (const one of list) {
      const message =
        "rule" in one
          ? encodeRule(one.rule, command)
          : markOnLink(encodeRoute(one.route, indexOf, command), one.onLink);
      batch.add(message, command === "new" ? NLM_F_CREATE | NLM_F_EXCL : 0, "");
    }
    const refused = new Set(
      this.network
        .socket(ROUTER)
        .transact(batch)
        .map(({ index }) => index),
    );
    return list.filter((_, i) => !refused.has(i));
  }

  /** What a model says of it, before anything else is configured. */
  namespace(): Namespace {
    const link = { up: true, mtu: 1500, master: null, altnames: [] };
    const addresses = LINKS.flatMap((name) =>
      OWN[name].map((cidr): Address => {
        const [address = "", length] = cidr.split("/");
        return {
          link: name,
          family: address.includes(":") ? 6 : 4,
          address,
          prefixLength: Number(length),
          origin: "static",
        };
      }),
    );
    return {
      name: ROUTER,
      forwarding: { ipv4: true, ipv6: true },
      links: [
        { kind: "loopback", name: "lo", mac: null, ...link },
        ...LINKS.map((name) => ({ kind: "veth", name, mac: null, peer: null, ...link }) as const),
      ],
      addresses,
      routes: [],
      rules: [],
      neighbours: [],
      sysctls: {},
      netfilter: [],
      services: [],
      nameService: null,
    };
  }

  /** Puts a frame on a wire to the router. */
  inject(link: string, frame: Uint8Array): void {
    const fd = this.#sockets[LINKS.indexOf(link as "eth0")]!;
    if (libc().send(fd, frame, frame.length, 0) < 0) throw new Error(`send: ${lastErrno()}`);
  }

  /** Sends a whole IP packet from the router itself; the errno when it refuses. */
  send(family: Family, source: string, destination: string, packet: Uint8Array, mark: number): number {
    const fd = openSocket(this.network.fd(ROUTER), family, SOCK_RAW, IPPROTO_RAW);
    try {
      if (mark !== 0) setNumber(fd, SOL_SOCKET, SO_MARK, mark);
      const from = socketAddress(addressToBytes(source));
      if (libc().bind(fd, from, from.length) !== 0) return lastErrno();
      const to = socketAddress(addressToBytes(destination));
      return libc().sendto(fd, packet, packet.length, 0, to, to.length) < 0 ? lastErrno() : 0;
    } finally {
      libc().close(fd);
    }
  }

  /** Frames that have left the router since, by wire. */
  frames(): { readonly link: string; readonly frame: Uint8Array }[] {
    const buffer = Buffer.allocUnsafe(2048);
    return this.#sockets.flatMap((fd, i) => {
      const found: { link: string; frame: Uint8Array }[] = [];
      for (;;) {
        const length = libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT);
        if (length < 14) return found;
        const own = this.macs[i]!.every((byte, at) => buffer[6 + at] === byte);
        if (own) found.push({ link: LINKS[i]!, frame: Uint8Array.from(buffer.subarray(0, length)) });
      }
    });
  }

  sysctl(key: string, value: string): void {
    within(this.fd, () => writeSysctl(key, value));
  }

  get fd(): number {
    return this.network.fd(ROUTER);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#sockets) libc().close(fd);
    this.network[Symbol.dispose]();
  }
}
