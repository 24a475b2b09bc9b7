import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Link, LinkKind, LinkOption, OptionValue } from "../../src/model/index.ts";
import { isFixed, LINK_KINDS } from "../../src/model/index.ts";
import {
  dataAttributeNames,
  decodeMessages,
  encodeMessage,
  MessageWriter,
  NetlinkDecodeError,
} from "../../src/netlink/index.ts";
import type { LinkMessage } from "../../src/netlink/index.ts";
import { changedKind, decodeKind, lowerIndexOf, newKind } from "../../src/rtnl/link-options.ts";
import { messages } from "../netlink/support.ts";

const made = LINK_KINDS.filter((table) => table.made === "netlink");
const common = { name: "x0", up: true, mtu: 1500, mac: null, master: null, altnames: [] };

/** Any value that the kernel could tell of an option. */
function valueOf(option: LinkOption): fc.Arbitrary<OptionValue> {
  switch (option.type) {
    case "boolean":
      return fc.boolean();
    case "enum":
      return fc.constantFrom(...Object.keys({ ...option.values, ...option.readable }));
    case "mac":
      return fc.constantFrom(null, "02:00:00:00:00:01");
    case "address": {
      const unicast = ["192.0.2.1", "10.0.0.9", ...(option.attributes[1] === null ? [] : ["fd00::1"])];
      const multicast = ["239.1.1.1", ...(option.attributes[1] === null ? [] : ["ff05::1"])];
      return fc.constantFrom(null, ...(option.scope === "multicast" ? multicast : unicast));
    }
    default: {
      const most = { u8: 0xff, u16: 0xffff, be16: 0xffff, port: 0xffff, u32: 0xfffffffe, be32: 0xfffffffe };
      return fc.integer({ min: option.min ?? 0, max: option.max ?? most[option.type] });
    }
  }
}

/** Any link of a kind; of options that exclude each other only one is set. */
function linkOf(table: LinkKind): fc.Arbitrary<Link> {
  const options = fc.record(Object.fromEntries(Object.entries(table.options).map(([name, o]) => [name, valueOf(o)])));
  return options.map((values) => {
    const chosen: Record<string, OptionValue> = { ...values };
    for (const [name, { excludes = [] }] of Object.entries(table.options))
      if (chosen[name] !== null) for (const other of excludes) chosen[other] = null;
    const lower = table.lower === undefined ? {} : { lower: { namespace: "a", link: "eth0" } };
    return { ...common, kind: table.kind, ...lower, ...chosen } as unknown as Link;
  });
}

const optionsOnly = (table: LinkKind, link: Link): unknown =>
  Object.fromEntries(Object.entries(link).filter(([name]) => Object.hasOwn(table.options, name)));

/** As the kernel would send it back, with no more than was sent. */
function sent(request: Pick<LinkMessage, "info" | "link">): LinkMessage {
  const writer = new MessageWriter();
  encodeMessage(writer, { flags: 0, sequence: 1, portId: 0 }, { kind: "link", command: "new", index: 7, ...request });
  return decodeMessages(writer.bytes())[0]!.message as LinkMessage;
}

describe.each(made.map((table) => [table.kind, table] as const))("%s", (kind, table) => {
  test("its attributes are the kernel's", () => {
    const names = dataAttributeNames(kind);
    const lower = table.lower === undefined || table.lower.attribute === "IFLA_LINK" ? [] : [table.lower.attribute];
    const options = Object.values({ ...table.options, ...table.reports });
    const used = options.flatMap((option) => (option.type === "address" ? option.attributes : [option.attribute]));
    for (const name of [...lower, ...used.filter((one) => one !== null)]) expect(names).toContain(name);
  });

  test("what is sent of a new link is read back", () => {
    fc.assert(
      fc.property(linkOf(table), (link) => {
        const message = sent(newKind(link, 5));
        expect(decodeKind(message)?.options).toEqual(optionsOnly(table, link));
        if (table.lower !== undefined) expect(lowerIndexOf(message)).toBe(5);
      }),
    );
  });

  test("a change says what differs, and nothing else", () => {
    fc.assert(
      fc.property(linkOf(table), linkOf(table), (before, after) => {
        const from = before as unknown as Record<string, OptionValue>;
        const to = after as unknown as Record<string, OptionValue>;
        // What is fixed is no part of a change.
        for (const [name, option] of Object.entries(table.options))
          if (isFixed(option, from[name]!, to[name]!)) to[name] = from[name]!;
        const request = changedKind(before, after, 5);
        const differs = Object.keys(table.options).some((name) => from[name] !== to[name]);
        expect(request !== null).toBe(differs);
        if (request === null) return;
        // The kernel keeps what a change does not say.
        const known = new Map(sent(newKind(before, 5)).info!.data?.map((one) => [one.type, one]));
        if (table.kind === "bridge") return;
        for (const one of request.info!.data ?? []) known.set(one.type, one);
        expect(decodeKind({ info: { kind, data: [...known.values()] } })?.options).toEqual(optionsOnly(table, after));
      }),
    );
  });
});

const data = (...rows: readonly (readonly [type: number, hex: string])[]) =>
  rows.map(([type, hex]) => ({ type, value: Uint8Array.from(Buffer.from(hex, "hex")) }));

describe("what the kernel tells", () => {
  test("of links of a real one", () => {
    const of = (name: string) => decodeKind(messages("links", "link").find((one) => one.name === name)!);
    expect(of("vx0")?.options).toMatchObject({ id: 42, port: 4789 });
    expect(of("mac0")?.options).toMatchObject({ mode: "bridge", bcqueuelen: 1000 });
    expect(of("tap0")).toMatchObject({ options: { mode: "tap" }, reports: { persistent: "yes" } });
  });

  test("of a VXLAN", () => {
    const told = data([1, "2a000000"], [2, "cb007102"], [3, "07000000"], [4, "00000000"], [15, "12b5"], [7, "00"]);
    const message = { info: { kind: "vxlan", data: told } };
    expect(decodeKind(message)?.options).toMatchObject({
      id: 42,
      remote: "203.0.113.2",
      group: null,
      local: null,
      port: 4789,
      learning: false,
      ttl: 0,
    });
    expect(lowerIndexOf(message)).toBe(7);
    const group = decodeKind({ info: { kind: "vxlan", data: data([1, "01000000"], [2, "ef010101"]) } });
    expect(group?.options).toMatchObject({ remote: null, group: "239.1.1.1" });
  });

  test("of a macvlan, also in a mode that cannot be asked for, or that nobody knows", () => {
    const modeOf = (hex: string) => decodeKind({ info: { kind: "macvlan", data: data([1, hex]) } })?.options["mode"];
    expect(modeOf("04000000")).toBe("bridge");
    expect(modeOf("10000000")).toBe("source");
    expect(modeOf("40000000")).toBe("64");
    expect(lowerIndexOf({ link: 3, info: { kind: "macvlan" } })).toBe(3);
  });

  test("of a tap", () => {
    const tap = decodeKind({ info: { kind: "tun", data: data([1, "ffffffff"], [3, "02"], [6, "01"]) } });
    expect(tap?.options).toEqual({ mode: "tap" });
    expect(tap?.reports).toEqual({ owner: null, persistent: "yes" });
  });

  test("too little, or of kinds without a table", () => {
    expect(decodeKind({ info: { kind: "vxlan", data: data([15, "12b5"]) } })).toBeNull();
    expect(decodeKind({ info: { kind: "dummy", data: [] } })).toBeNull();
    expect(decodeKind({ info: { kind: "constructor", data: [] } })).toBeNull();
    expect(decodeKind({ info: { kind: "nic", data: [] } })).toBeNull();
    expect(() => decodeKind({ info: { kind: "vxlan", data: data([1, "2a"]) } })).toThrow(NetlinkDecodeError);
    expect(() => decodeKind({ info: { kind: "vxlan", data: data([1, "2a000000"], [2, "01"]) } })).toThrow(
      NetlinkDecodeError,
    );
  });
});
