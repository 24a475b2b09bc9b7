// Sockets, queueing disciplines and the data of link kinds: bytes of Linux 6.18, and of iproute2 6.1 asking for them.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeQdiscs,
  decodeSockets,
  decodeVlans,
  encodeQdiscQuestion,
  encodeSocket,
  encodeSocketQuestion,
  encodeVlanQuestion,
  linkData,
  MessageWriter,
  NetlinkDecodeError,
  SOCKET_CLOSED,
  SOCKET_LISTENS,
  type SocketMessage,
  TC_H_INGRESS,
  TC_H_ROOT,
} from "../../src/netlink/index.ts";
import { bytes } from "./support.ts";

const header = { flags: 0x301, sequence: 1, portId: 0 };
const hex = (write: (writer: MessageWriter) => void): string => {
  const writer = new MessageWriter();
  write(writer);
  return Buffer.from(writer.bytes()).toString("hex");
};
const DONE = "1400000003000200010000001a00000000000000";

describe("sockets", () => {
  // node listening on 127.0.0.1:8080 and, for IPv6 alone, on port 8081; a UDP socket on port 5353
  const tcp4 =
    "7c00000014000200010000001a000000020a00001f9000007f00000100000000000000000000000000000000000000000000000000000000000000000b110000000000000000000000000000ff01000000000000ca1c8200050008000000000008000f00000000000c00150001000000000000000600160052000000";
  const tcp6 =
    "8400000014000200010000001a0000000a0a00001f9100000000000000000000000000000000000000000000000000000000000000000000000000000c110000000000000000000000000000ff01000000000000cb1c8200050008000000000005000b000100000008000f00000000000c00150001000000000000000600160012000000";
  const udp4 =
    "7c00000014000200010000001a0000000207000014e900000000000000000000000000000000000000000000000000000000000000000000000000000d1100000000000000000000000000000000000000000000cc1c8200050008000000000008000f00000000000c00150001000000000000000600160050000000";

  test("the question for TCP sockets that listen", () => {
    const question = hex((writer) =>
      encodeSocketQuestion(writer, header, { family: 2, protocol: 6, states: SOCKET_LISTENS }),
    );
    expect(question).toBe(`480000001400010301000000000000000206000000040000${"00".repeat(48)}`);
    const udp = hex((writer) =>
      encodeSocketQuestion(writer, header, { family: 10, protocol: 17, states: SOCKET_CLOSED }),
    );
    expect(udp).toBe(`480000001400010301000000000000000a11000080000000${"00".repeat(48)}`);
  });

  test("what the kernel answers", () => {
    const [one] = decodeSockets(bytes(tcp4));
    expect(one).toMatchObject({
      family: 2,
      state: 10,
      localPort: 8080,
      local: Uint8Array.of(127, 0, 0, 1),
      inode: 8527050,
    });
    expect(one?.v6Only).toBeUndefined();
    expect(decodeSockets(bytes(tcp6))).toMatchObject([
      { family: 10, localPort: 8081, local: new Uint8Array(16), v6Only: 1 },
    ]);
    expect(decodeSockets(bytes(udp4))).toMatchObject([{ state: 7, localPort: 5353, remotePort: 0, uid: 0 }]);
    expect(decodeSockets(bytes(tcp4 + udp4 + DONE))).toHaveLength(2);
    expect(decodeSockets(bytes(DONE))).toEqual([]);
  });

  test("encoded and decoded again it is the same", () => {
    const u8 = fc.integer({ min: 0, max: 0xff });
    const u16 = fc.integer({ min: 0, max: 0xffff });
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    const common = {
      state: u8,
      localPort: u16,
      remotePort: u16,
      boundTo: u32,
      receiveQueue: u32,
      sendQueue: u32,
      uid: u32,
      inode: u32,
    };
    const address = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    const socket: fc.Arbitrary<SocketMessage> = fc.oneof(
      fc.record({ ...common, family: fc.constant(2), local: address(4), remote: address(4) }),
      fc.record({ ...common, family: fc.constant(10), local: address(16), remote: address(16), v6Only: u8 }),
    );
    fc.assert(
      fc.property(fc.array(socket, { maxLength: 4 }), (sockets) => {
        const writer = new MessageWriter();
        for (const one of sockets) encodeSocket(writer, header, one);
        expect(decodeSockets(writer.bytes())).toEqual(sockets);
      }),
    );
  });

  test("cut anywhere, it is refused and nothing outside is read", () => {
    const whole = bytes(tcp6);
    for (let length = 1; length < whole.length; length++)
      expect(() => decodeSockets(whole.slice(0, length))).toThrow(NetlinkDecodeError);
    expect(() => decodeSockets(bytes("1000000010000000010000001a000000"))).toThrow("message type 16 is no socket");
  });
});

describe("queueing disciplines", () => {
  // lo: noqueue; d1: htb with a pfifo in a class; d0: tbf and ingress. All but the first without their statistics.
  const noqueue =
    "94000000240002000100000011000000000000000100000000000000ffffffff020000000c0001006e6f71756575650005000c00000000003000070014000100000000000000000000000000000000001800030000000000000000000000000000000000000000002c00030000000000000000000000000000000000000000000000000000000000000000000000000000000000";
  const htb =
    "50000000240002000100000011000000000000000200000000000700ffffffff0300000008000100687462002400020018000200110003000a00000030000000000000000100000008000500e8030000";
  const pfifo =
    "380000002400020001000000110000000000000002000000000005801e000700010000000a000100706669666f0000000800020032000000";
  const tbf =
    "58000000240002000100000011000000000000000300000000000480ffffffff0300000008000100746266002c000200280001000001000000000000d01213000000000000000000000000002404010000c8000000000000";
  const ingress =
    "3400000024000200010000001100000000000000030000000000fffff1ffffff010000000c000100696e67726573730004000200";

  test("the question", () => {
    expect(hex((writer) => encodeQdiscQuestion(writer, header))).toBe(
      `24000000260001030100000000000000${"00".repeat(20)}`,
    );
  });

  test("what the kernel answers, in units of people", () => {
    expect(decodeQdiscs(bytes(htb + pfifo + tbf + ingress + DONE))).toEqual([
      { index: 2, handle: 0x70000, parent: TC_H_ROOT, qdisc: "htb", options: { default: 0x30 } },
      { index: 2, handle: 0x80050000, parent: 0x7001e, qdisc: "pfifo", options: { limit: 50 } },
      // tc qdisc add dev d0 root tbf rate 10mbit burst 32kbit latency 50ms
      {
        index: 3,
        handle: 0x80040000,
        parent: TC_H_ROOT,
        qdisc: "tbf",
        options: { rate: 10_000_000, burst: 4096, limit: 66_596 },
      },
      { index: 3, handle: 0xffff0000, parent: TC_H_INGRESS, qdisc: "ingress", options: {} },
    ]);
    // With attributes that nobody here knows: statistics.
    expect(decodeQdiscs(bytes(noqueue))).toEqual([
      { index: 1, handle: 0, parent: TC_H_ROOT, qdisc: "noqueue", options: {} },
    ]);
  });

  test("netem: delay 20ms, loss 1 %, rate 2mbit (linux/pkt_sched.h: tc_netem_qopt, then attributes)", () => {
    const writer = new MessageWriter();
    const start = writer.beginMessage(36, 2, 1, 0);
    writer.putU32(writer.skip(20) + 12, TC_H_ROOT);
    writer.attributeString(1, "netem");
    const options = writer.beginAttribute(2);
    const at = writer.skip(24);
    writer.putU32(at, 20_000_000 / 64);
    writer.putU32(at + 4, 1000);
    writer.putU32(at + 8, Math.round(0.01 * 0xffffffff));
    writer.attributeBytes(6, Uint8Array.of(0x90, 0xd0, 3, 0, ...new Uint8Array(12)));
    writer.attributeU64(10, 20_000_000n);
    writer.endNested(options);
    writer.endMessage(start);
    const [{ options: read } = { options: {} }] = decodeQdiscs(writer.bytes());
    expect(read).toEqual({ delay: 0.02, limit: 1000, loss: expect.closeTo(0.01, 8), rate: 2_000_000 });
  });

  test("cut anywhere, it is refused and nothing outside is read", () => {
    const whole = bytes(tbf);
    for (let length = 1; length < whole.length; length++)
      expect(() => decodeQdiscs(whole.slice(0, length))).toThrow(NetlinkDecodeError);
  });
});

describe("what link kinds say", () => {
  test.each([
    [
      "vlan",
      [
        [1, "0a00"],
        [2, "01000000"],
      ],
      { id: 10 },
    ],
    [
      "gre",
      [
        [1, "00000000"],
        [4, "00000007"],
        [6, "0a000001"],
        [7, "0a000002"],
      ],
      { inputKey: 7, local: Uint8Array.of(10, 0, 0, 1), remote: Uint8Array.of(10, 0, 0, 2) },
    ],
    [
      "ipip",
      [
        [2, "00000000"],
        [3, "0a000002"],
      ],
      { remote: Uint8Array.of(10, 0, 0, 2) },
    ],
    ["ipvlan", [[1, "0100"]], { mode: "l3" }],
    [
      "bond",
      [
        [1, "04"],
        [2, "05000000"],
      ],
      { mode: "802.3ad", active: 5 },
    ],
    ["vrf", [[1, "64000000"]], { id: 100 }],
    [
      "geneve",
      [
        [1, "05000000"],
        [5, "17c1"],
      ],
      { id: 5, port: 6081 },
    ],
    ["ipvtap", [[1, "4000"]], { mode: "mode 64" }],
  ] as const)("%s", (kind, attributes, data) => {
    expect(
      linkData(
        kind,
        attributes.map(([type, text]) => ({ type, value: bytes(text) })),
      ),
    ).toEqual(data);
  });

  test("kinds without words, and attributes that are too short", () => {
    expect(linkData("constructor", [])).toBeNull();
    expect(linkData("wireguard", [])).toBeNull();
    // Has a table of its own.
    expect(linkData("vxlan", [])).toBeNull();
    expect(() => linkData("vlan", [{ type: 1, value: Uint8Array.of(1) }])).toThrow(NetlinkDecodeError);
  });
});

describe("VLANs of a bridge's ports", () => {
  test("the question, as `bridge -compressvlans vlan` asks it", () => {
    const question = hex((writer) => encodeVlanQuestion(writer, { flags: 0x301, sequence: 1, portId: 0 }));
    expect(question).toBe(`2800000012000103010000000000000007${"00".repeat(15)}08001d0004000000`);
  });

  // By linux/if_bridge.h: IFLA_IFNAME v0, and in IFLA_AF_SPEC a bridge_vlan_info for each; the kernel does not mark it as nested.
  const vlan = (flags: number, id: number): string => {
    const info = Buffer.alloc(8);
    info.writeUInt16LE(8, 0);
    info.writeUInt16LE(2, 2);
    info.writeUInt16LE(flags, 4);
    info.writeUInt16LE(id, 6);
    return info.toString("hex");
  };
  const port = (index: number, ...vlans: string[]): string => {
    const length = Buffer.alloc(4);
    length.writeUInt16LE(4 + vlans.length * 8, 0);
    length.writeUInt16LE(26, 2);
    const body = `0700010000000000000000000000000007000300763000`.replace(
      /^(.{8}).{8}/,
      `$1${index.toString(16).padStart(2, "0")}000000`,
    );
    const rest = `${body}00${length.toString("hex")}${vlans.join("")}`;
    const head = Buffer.alloc(16);
    head.writeUInt32LE(16 + rest.length / 2, 0);
    head.writeUInt16LE(16, 4);
    return head.toString("hex") + rest;
  };

  test("single ones, ranges, what goes out without a tag and what comes in without", () => {
    const answer = port(5, vlan(6, 10), vlan(8, 20), vlan(16, 30), vlan(4, 40)) + port(6, vlan(2, 7)) + port(7) + DONE;
    const plain = { untagged: false, pvid: false };
    expect(decodeVlans(bytes(answer))).toEqual([
      {
        index: 5,
        vlans: [
          { first: 10, last: 10, untagged: true, pvid: true },
          { first: 20, last: 30, ...plain },
          { first: 40, last: 40, untagged: true, pvid: false },
        ],
      },
      { index: 6, vlans: [{ first: 7, last: 7, untagged: false, pvid: true }] },
      { index: 7, vlans: [] },
    ]);
  });

  test("broken ones are refused, a range without a beginning is one VLAN", () => {
    expect(decodeVlans(bytes(port(5, vlan(16, 30))))[0]?.vlans).toEqual([
      { first: 30, last: 30, untagged: false, pvid: false },
    ]);
    expect(() => decodeVlans(bytes(port(5, "0400020000000000")))).toThrow(NetlinkDecodeError);
    expect(() => decodeVlans(bytes(port(5).slice(0, 40)))).toThrow(NetlinkDecodeError);
  });
});
