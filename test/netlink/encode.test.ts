import { describe, expect, test } from "vitest";
import {
  decodeMessages,
  encodeMessage,
  messagesIn,
  messageType,
  MessageWriter,
  NetlinkEncodeError,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  type RouteNetlinkMessage,
} from "../../src/netlink/index.ts";
import { bytes, encode, header, reply } from "./support.ts";

const link = (body: object): RouteNetlinkMessage => ({ kind: "link", command: "new", ...body });
const again = (message: RouteNetlinkMessage) => decodeMessages(encode(message))[0]!.message;

describe("what the wire cannot hold is refused, not wrapped", () => {
  test.each<[string, object]>([
    ["a number of 33 bits", { mtu: 2 ** 32 }],
    ["a fraction", { mtu: 0.5 }],
    ["a negative number where there is no sign", { master: -1 }],
    ["not a number", { group: Number.NaN }],
    ["a byte of 9 bits", { operState: 256 }],
    ["a signed number of 32 bits", { linkNetnsId: 0x80000000 }],
    ["a name with a NUL", { name: "a\0b" }],
    ["a counter of 65 bits", { stats64: [1n << 64n] }],
    ["an attribute of 64 KiB", { address: new Uint8Array(0xffff - 3) }],
    [
      "nested attributes of 64 KiB",
      { info: { kind: "x", data: [1, 2].map((type) => ({ type, value: new Uint8Array(40_000) })) } },
    ],
    ["bridge data of a veth", { info: { kind: "veth", bridge: {} } }],
    ["a peer of a bridge", { info: { kind: "bridge", peer: {} } }],
    ["a bridge port of a bond", { info: { kind: "veth", slaveKind: "bond" }, bridgePort: {} }],
  ])("%s", (_, body) => {
    expect(() => encode(link(body))).toThrow(NetlinkEncodeError);
  });

  test("the largest that fit", () => {
    const body = {
      mtu: 0xffffffff,
      linkNetnsId: -0x80000000,
      operState: 255,
      address: new Uint8Array(0xffff - 4),
      stats64: [(1n << 64n) - 1n],
    };
    expect(again(link(body))).toMatchObject(body);
  });

  test("a metric that is text goes elsewhere", () => {
    const route = {
      kind: "route",
      command: "new",
      family: 2,
      destinationLength: 0,
      table: 254,
      protocol: 4,
      scope: 0,
      type: 1,
    } as const;
    expect(() => encode({ ...route, metrics: new Map([[16, 1]]) })).toThrow(/RTAX_CC_ALGO/);
  });

  test("a message that does not exist", () => {
    expect(() => messageType({ kind: "address", command: "set" })).toThrow("there is no message to set a address");
  });

  test("after an error and a reset the writer is as new", () => {
    const writer = new MessageWriter();
    expect(() => encodeMessage(writer, header, link({ name: "somewhat-longer", mtu: -1 }))).toThrow(NetlinkEncodeError);
    writer.reset();
    encodeMessage(writer, header, link({ index: 1 }));
    expect(writer.bytes()).toEqual(encode(link({ index: 1 })));
  });
});

describe("text", () => {
  test.each(["eth0", "", "grün", "網路", "\u{1F310}", "\uFEFFbom", "a b\t"])("%j", (name) => {
    expect(again(link({ name }))).toMatchObject({ name });
  });

  test("names that are no UTF-8 survive", () => {
    const latin = bytes("67720fc3bc6e00");
    latin[2] = 0xfc;
    latin[3] = 0x6e;
    const raw = encode(link({ name: "abcdef" })).slice();
    raw.set(latin.subarray(0, 4), 36);
    raw.fill(0, 40, 44);
    const decoded = decodeMessages(raw)[0]!.message as Extract<RouteNetlinkMessage, { kind: "link" }>;
    expect(decoded.name).toBe("gr\udcfcn");
    expect(Buffer.from(encode(decoded)).includes(Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0]))).toBe(true);
  });

  test("text ends at its NUL, or at the attribute's end", () => {
    const raw = encode(link({ name: "abc" })).slice();
    raw[37] = 0;
    expect(decodeMessages(raw)[0]!.message).toMatchObject({ name: "a" });
    const open = encode(link({ name: "abcd" })).slice();
    open[32] = 8;
    expect(decodeMessages(open.subarray(0, 40).map((byte, at) => (at === 0 ? 40 : byte)))[0]!.message).toMatchObject({
      name: "abcd",
    });
  });

  test("an alias goes without a NUL, so that an empty one removes it", () => {
    expect(encode(link({ alias: "" }))).toHaveLength(16 + 16 + 4);
    expect(again(link({ alias: "" }))).toMatchObject({ alias: "" });
  });
});

describe("IPv4 settings of a link", () => {
  test("are sent as attributes and read in that form, with or without NLA_F_NESTED", () => {
    const inetConf = new Map([
      [1, 1],
      [8, 2],
      [14, -1],
    ]);
    const raw = encode(link({ inetConf })).slice();
    expect(decodeMessages(raw)[0]!.message).toMatchObject({ inetConf });
    // nlmsghdr, ifinfomsg, headers of IFLA_AF_SPEC and AF_INET: then the type of IFLA_INET_CONF.
    expect(raw[32 + 4 + 4 + 3]).toBe(0x80);
    raw[32 + 4 + 4 + 3] = 0;
    expect(decodeMessages(raw)[0]!.message).toMatchObject({ inetConf });
  });
});

describe("several messages", () => {
  test("flags of a dump are in the headers", () => {
    const flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
    const raw = encode(link({ index: 3 }), { flags, sequence: 5, portId: 6 });
    expect(decodeMessages(raw)[0]!.header).toEqual({ flags, sequence: 5, portId: 6 });
    expect([...messagesIn(raw)]).toMatchObject([{ type: 16, flags, sequence: 5, portId: 6 }]);
  });

  test("messages of other types are handed through", () => {
    const raw = encode(link({ index: 3 })).slice();
    raw[4] = 36;
    expect(decodeMessages(raw)[0]).toMatchObject({
      type: 36,
      message: { kind: "opaque", type: 36, payload: raw.subarray(16) },
    });
  });

  test("nothing in, nothing out", () => {
    expect(decodeMessages(new Uint8Array())).toEqual([]);
    expect([...messagesIn(new Uint8Array())]).toEqual([]);
  });

  test("a Buffer gives plain byte arrays, which are views of it", () => {
    const buffer = Buffer.from(reply("one link").datagrams[0]!, "hex");
    const message = decodeMessages(buffer)[0]!.message as Extract<RouteNetlinkMessage, { kind: "link" }>;
    expect(Buffer.isBuffer(message.address)).toBe(false);
    expect(message.address!.buffer).toBe(buffer.buffer);
  });
});
