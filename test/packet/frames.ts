// Frames as bytes: written for a packet of the evaluator, and read back.

import type { Packet } from "../../src/packet/index.ts";
import { addressToBytes, bytesToAddress } from "../../src/model/index.ts";

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, "ipv6-icmp": 58 };
const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg"];

function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The IP packet alone. */
export function ipPacket(packet: Packet): Buffer {
  const { family, ttl } = packet;
  const protocol = PROTOCOLS[packet.protocol!]!;
  const [source, destination] = [packet.source, packet.destination].map((text) => addressToBytes(text!));
  const body = transport(packet, protocol);
  const pseudo = Buffer.from([...source!, ...destination!, 0, body.length, 0, protocol]);
  const at = protocol === 6 ? 16 : protocol === 17 ? 6 : 2;
  body.writeUInt16BE(protocol === 1 ? checksum(body) : checksum(pseudo, body), at);
  if (family === 6) {
    const header = Buffer.alloc(40);
    header[0] = 0x60;
    header.writeUInt16BE(body.length, 4);
    header[6] = protocol;
    header[7] = ttl;
    header.set(source!, 8);
    header.set(destination!, 24);
    return Buffer.concat([header, body]);
  }
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header[8] = ttl;
  header[9] = protocol;
  header.set(source!, 12);
  header.set(destination!, 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, body]);
}

function transport({ sourcePort, destinationPort, icmpType, icmpCode, tcpFlags }: Packet, protocol: number): Buffer {
  if (protocol === 1 || protocol === 58) return Buffer.from([icmpType!, icmpCode!, 0, 0, 0x12, 0x34, 0, 1, 7, 7, 7, 7]);
  const body = Buffer.alloc(protocol === 6 ? 20 : 12);
  body.writeUInt16BE(sourcePort!, 0);
  body.writeUInt16BE(destinationPort!, 2);
  if (protocol === 17) body.writeUInt16BE(body.length, 4);
  else {
    body.writeUInt32BE(1000, 4);
    body[12] = 0x50;
    body[13] = (tcpFlags ?? []).reduce((bits, flag) => bits | (1 << FLAGS.indexOf(flag)), 0);
    body.writeUInt16BE(1000, 14);
  }
  return body;
}

export function frameOf(packet: Packet, to: Uint8Array): Buffer {
  const header = Buffer.alloc(14);
  header.set(to, 0);
  header.set([2, 0, 0xff, 0, 0, 1], 6);
  header.writeUInt16BE(packet.family === 4 ? 0x0800 : 0x86dd, 12);
  return Buffer.concat([header, ipPacket(packet)]);
}

export interface Seen {
  /** Where it was sent to. */
  readonly mac: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly ttl: number;
}

/** null for what is no IP. */
export function readFrame(frame: Uint8Array): Seen | null {
  const bytes = Buffer.from(frame);
  const type = bytes.readUInt16BE(12);
  if (type !== 0x0800 && type !== 0x86dd) return null;
  const six = type === 0x86dd;
  const ip = bytes.subarray(14);
  const protocol = ip[six ? 6 : 9]!;
  const body = ip.subarray(six ? 40 : 20);
  const ports = protocol === 6 || protocol === 17;
  return {
    mac: [...bytes.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":"),
    source: bytesToAddress(six ? ip.subarray(8, 24) : ip.subarray(12, 16)),
    destination: bytesToAddress(six ? ip.subarray(24, 40) : ip.subarray(16, 20)),
    protocol,
    sourcePort: ports ? body.readUInt16BE(0) : null,
    destinationPort: ports ? body.readUInt16BE(2) : null,
    ttl: ip[six ? 7 : 8]!,
  };
}
