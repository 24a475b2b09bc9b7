/** Sockets of one namespace that accept traffic: listening TCP, UDP without a peer. */

import { closeSync, openSync, readSync } from "node:fs";
import type { ListeningSocket } from "../model/index.ts";
import { bytesToAddress } from "../model/index.ts";
import { type EncodedBatch, NetlinkSocket, within } from "../kernel/index.ts";
import {
  AF_INET,
  AF_INET6,
  decodeSockets,
  encodeSocketQuestion,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MessageWriter,
  NETLINK_SOCK_DIAG,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  SOCKET_CLOSED,
  SOCKET_LISTENS,
} from "../netlink/index.ts";
import type { Askable } from "./modules.ts";

const FAMILIES = [AF_INET, AF_INET6] as const;
type SocketFamily = (typeof FAMILIES)[number];
const PROTOCOLS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } as const;
/** As /proc/net/tcp and udp write the state: TCP_LISTEN, TCP_CLOSE. */
const STATES = { tcp: "0A", udp: "07" } as const;

/** Before its processes are known. */
export interface BareSocket extends Omit<ListeningSocket, "link" | "processes"> {
  readonly boundTo: number;
  readonly inode: number;
}

const questions = new Map<number, EncodedBatch>();

function question(protocol: "tcp" | "udp", family: SocketFamily): EncodedBatch {
  const key = family * 2 + (protocol === "tcp" ? 0 : 1);
  const known = questions.get(key);
  if (known !== undefined) return known;
  const writer = new MessageWriter(128);
  const states = protocol === "tcp" ? SOCKET_LISTENS : SOCKET_CLOSED;
  const header = { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 };
  encodeSocketQuestion(writer, header, { family, protocol: PROTOCOLS[protocol], states });
  const made = { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "read sockets" };
  questions.set(key, made);
  return made;
}

/**
 * Which kinds of sockets this thread's namespace has at all: mostly none, as one short file shows. To be asked
 * before there is a socket of ours.
 */
export function usedProtocols(): SocketKind[] {
  if (read("/proc/thread-self/net/sockstat").startsWith("sockets: used 0\n")) return [];
  const text = read("/proc/thread-self/net/protocols");
  return KINDS.filter(({ row }) => {
    const at = text.indexOf(row);
    // Behind the name the size of one, then how many; in columns.
    return text === "" || (at >= 0 && /^ +\d+ +[1-9]/.test(text.slice(at + row.length, at + row.length + 24)));
  });
}

export interface SocketKind {
  readonly protocol: "tcp" | "udp";
  readonly family: SocketFamily;
  readonly row: string;
}

const KINDS: readonly SocketKind[] = (["tcp", "udp"] as const).flatMap((protocol) =>
  FAMILIES.map((family) => ({
    protocol,
    family,
    row: `\n${protocol.toUpperCase()}${family === AF_INET6 ? "v6" : ""} `,
  })),
);

export function readSockets(
  namespace: number,
  name: string,
  kinds: readonly SocketKind[],
  askable: Askable,
): BareSocket[] {
  if (kinds.length === 0) return [];
  const asked = kinds.filter(({ protocol }) => (protocol === "tcp" ? askable.tcpDiag : askable.udpDiag));
  const found: BareSocket[] = [];
  if (asked.length > 0) {
    using socket = NetlinkSocket.open({ namespace, name, protocol: NETLINK_SOCK_DIAG, asks: true });
    for (const { protocol, family } of asked)
      for (const datagram of socket.dumpDatagrams(question(protocol, family)))
        for (const one of decodeSockets(datagram, { unknown: false }))
          found.push({
            protocol,
            family: family === AF_INET ? 4 : 6,
            address: bytesToAddress(one.local),
            port: one.localPort,
            boundTo: one.boundTo,
            inode: one.inode,
          });
  }
  for (const { protocol, family } of kinds) {
    if (asked.some((one) => one.protocol === protocol)) continue;
    const file = `/proc/thread-self/net/${protocol}${family === AF_INET6 ? "6" : ""}`;
    const text = within(namespace, () => read(file));
    found.push(...parseSockets(text, protocol, family === AF_INET ? 4 : 6));
  }
  return found;
}

/** /proc/net/tcp and the like, for kernels without the socket diagnosis modules; proc_net_tcp.txt of the kernel. Pure. */
export function parseSockets(text: string, protocol: "tcp" | "udp", family: 4 | 6): BareSocket[] {
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    if (state !== STATES[protocol] || port === "") return [];
    // Words of 32 bits in the order of the host.
    const bytes = Buffer.from(address, "hex");
    if (bytes.length % 4 === 0 && bytes.length > 0) bytes.swap32();
    return [
      {
        protocol,
        family,
        address: bytesToAddress(bytes),
        port: Number.parseInt(port, 16),
        boundTo: 0,
        inode: Number(inode),
      },
    ];
  });
}

const buffer = Buffer.alloc(1 << 16);
const SHORT = 2048;

/** Files of /proc/net have no size; with a ready buffer, three calls read one. Empty when it cannot be read. */
export function read(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    let text = "";
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      text += buffer.toString("latin1", 0, count);
      // The kernel hands out whole pages of such a file: less than that is the end of it.
      if (count < SHORT) return text;
    }
  } catch {
    return "";
  } finally {
    closeSync(fd);
  }
}
