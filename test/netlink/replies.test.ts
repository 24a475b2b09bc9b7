import { describe, expect, test } from "vitest";
import {
  AF_BRIDGE,
  AF_INET,
  AF_INET6,
  attributePath,
  decodeMessage,
  decodeMessages,
  IFA_F_NOPREFIXROUTE,
  IFA_F_PERMANENT,
  IFF_LOOPBACK,
  IFF_UP,
  IFLA_VXLAN_ID,
  IPV4_DEVCONF_FORWARDING,
  messagesIn,
  NLM_F_DUMP_FILTERED,
  NLM_F_MULTI,
  NTF_ROUTER,
  NUD_PERMANENT,
  NUD_STALE,
  RTAX_ADVMSS,
  RTAX_CC_ALGO,
  RTAX_MTU,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_UNREACHABLE,
  type RouteNetlinkMessage,
} from "../../src/netlink/index.ts";
import { bytes, decoded, encode, isRoute, messages, replies, reply } from "./support.ts";

// What the kernel says of this network (fixtures/capture.py):
//
//        br0 ──┬── port0 ═══ eth0 (namespace "far")
//              └── port1 ═══ eth1 (10.2.0.1/24, fd00:2::1/64; macvlan mac0 on it)
//        vx0 (vxlan 42), ifb0, tap0

const ip = (...parts: number[]): Uint8Array => Uint8Array.from(parts);
const v6 = (subnet: number, host: number): Uint8Array =>
  Uint8Array.from([0xfd, 0, 0, subnet, ...Array(11).fill(0), host] as number[]);
const mac = (last: number): Uint8Array => ip(2, 0, 0, 0, 0, last);

/**
 * By how many bytes our encoding is longer. The same attributes in another order have the same length, but the kernel puts
 * a table and the flags of an address into an attribute even when the header has room; and its IPv4 settings are an array.
 */
function difference(message: RouteNetlinkMessage): number {
  if (message.kind === "route" || message.kind === "rule") return message.table < 256 ? -8 : 0;
  if (message.kind === "address") return message.flags! < 256 ? -8 : 0;
  return message.kind === "link" && message.inetConf !== undefined ? message.inetConf.size * 4 : 0;
}

describe("every reply of the kernel", () => {
  // Errors and ends of dumps only ever come from the kernel: there is nothing to encode.
  const encodable = replies.filter(({ name }) => decoded(name).some(({ message }) => isRoute(message)));

  test.each(encodable)("$name: encoded and decoded again it is the same", ({ name }) => {
    for (const original of decoded(name)) {
      const { header, message } = original;
      expect(isRoute(message) ? decodeMessages(encode(message, header)) : [original]).toEqual([original]);
    }
  });

  test.each(encodable)("$name: no attribute is lost", ({ datagrams }) => {
    for (const raw of datagrams.flatMap((hex) => [...messagesIn(bytes(hex))])) {
      const { header, message } = decodeMessage(raw);
      const length = isRoute(message) ? encode(message, header).length - difference(message) : 16 + raw.payload.length;
      expect(length).toBe(16 + raw.payload.length);
    }
  });
});

describe("links", () => {
  const links = messages("links", "link");
  const link = (name: string) => links.find((one) => one.name === name)!;

  test("loopback", () => {
    expect(link("lo")).toMatchObject({ command: "new", index: 1, deviceType: 772, mtu: 65536 });
    expect(link("lo").flags! & (IFF_UP | IFF_LOOPBACK)).toBe(IFF_UP | IFF_LOOPBACK);
    expect(link("lo").info).toBeUndefined();
  });

  test("a bridge and its ports", () => {
    expect(link("br0").info).toMatchObject({
      kind: "bridge",
      bridge: { stpState: 0, multicastSnooping: 0, ageingTime: 30000 },
    });
    for (const port of [link("port0"), link("port1")]) {
      expect(port).toMatchObject({
        master: link("br0").index,
        info: { kind: "veth", slaveKind: "bridge" },
        bridgePort: { state: 3 },
      });
    }
    expect(link("eth1").master).toBeUndefined();
  });

  test("a veth names its peer, and the peer's namespace when it is another", () => {
    expect(link("port0")).toMatchObject({ link: 2, linkNetnsId: 0, txQueues: 1, rxQueues: 1 });
    expect(link("port1").link).toBe(link("eth1").index);
    expect(link("port1").linkNetnsId).toBeUndefined();
    expect(link("port1")).toMatchObject({ mtu: 1400, address: mac(0x11), alias: "to eth1" });
  });

  test("alternative names, beyond ASCII too", () => {
    expect(link("port1").altNames).toEqual(["a-name-longer-than-fifteen", "zweiter-name-grün"]);
  });

  test("data of other kinds stay attributes", () => {
    expect(link("vx0").info?.kind).toBe("vxlan");
    expect(link("vx0").info?.data).toContainEqual({ type: IFLA_VXLAN_ID, value: ip(42, 0, 0, 0) });
    expect(link("mac0")).toMatchObject({ info: { kind: "macvlan" }, link: link("eth1").index });
    expect(link("ifb0").info).toEqual({ kind: "ifb" });
    expect(link("tap0").info?.kind).toBe("tun");
  });

  test("IPv4 settings count from 1, IPv6 keeps what it has no field for", () => {
    expect(link("eth1").inetConf!.get(IPV4_DEVCONF_FORWARDING)).toBe(0);
    expect(link("eth1").inetConf!.has(0)).toBe(false);
    expect(link("eth1").inetConf!.size).toBeGreaterThan(30);
    expect(link("eth1").addrGenMode).toBe(0);
    expect(link("eth1").inet6Unknown!.length).toBeGreaterThan(3);
  });

  test("counters", () => {
    expect(link("port1").stats64!.length).toBeGreaterThanOrEqual(23);
    expect(link("port1").stats64![0]).toBeGreaterThan(0n);
    expect(link("vx0").stats64![0]).toBe(0n);
  });

  test("what a caller does not want is left out", () => {
    const lean = decodeMessages(bytes(reply("links").datagrams[0]!), { unknown: false, stats: false });
    expect(lean.map(({ message }) => (message.kind === "link" ? message.name : undefined))).toContain("lo");
    expect(JSON.stringify(lean, (_, value: unknown) => (typeof value === "bigint" ? "bigint" : value))).not.toMatch(
      /nknown|stats64|bigint/,
    );
  });

  test("in the bridge family a port's state is in IFLA_PROTINFO, and IFLA_AF_SPEC holds no families", () => {
    const ports = messages("links of the bridge family", "link");
    expect(ports.map(({ name }) => name)).toEqual(["br0", "port0", "port1"]);
    for (const port of ports) expect(port).toMatchObject({ family: AF_BRIDGE });
    expect(ports[1]).toMatchObject({ bridgePort: { state: 3 } });
    expect(ports[1]!.inetConf).toBeUndefined();
  });
});

describe("addresses", () => {
  const addresses = messages("addresses", "address");
  const find = (address: Uint8Array) =>
    addresses.find((one) => Buffer.from(one.local ?? one.address!).equals(address))!;

  test("IPv4 with label, broadcast and peer", () => {
    expect(find(ip(10, 2, 0, 1))).toMatchObject({ family: AF_INET, prefixLength: 24, label: "eth1:one" });
    expect(find(ip(10, 1, 0, 1)).broadcast).toEqual(ip(10, 1, 0, 255));
    expect(find(ip(10, 3, 0, 1))).toMatchObject({ prefixLength: 32, address: ip(10, 3, 0, 2) });
  });

  test("flags beyond eight bits come from IFA_FLAGS", () => {
    expect(find(ip(10, 2, 0, 2)).flags! & (IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT)).toBe(
      IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT,
    );
    expect(find(ip(10, 2, 0, 1)).flags! & IFA_F_NOPREFIXROUTE).toBe(0);
  });

  test("IPv6 with life times", () => {
    const limited = find(v6(2, 2)).cacheInfo!;
    expect(limited.preferred).toBeLessThanOrEqual(100);
    expect(limited.valid).toBeLessThanOrEqual(200);
    expect(find(v6(2, 1)).cacheInfo).toMatchObject({ preferred: 0xffffffff, valid: 0xffffffff });
  });
});

describe("routes", () => {
  const routes = messages("routes", "route");
  const to = (...destination: number[]) =>
    routes.find((one) => one.destination && Buffer.from(one.destination).equals(ip(...destination)))!;

  test("gateway, metric and RTA_METRICS", () => {
    expect(to(10, 20, 0, 0)).toMatchObject({
      destinationLength: 16,
      gateway: ip(10, 2, 0, 9),
      priority: 50,
      table: 254,
    });
    expect(to(10, 20, 0, 0).metrics).toEqual(
      new Map([
        [RTAX_MTU, 1300],
        [RTAX_ADVMSS, 1200],
      ]),
    );
    const reno = to(10, 27, 0, 0);
    expect(reno.metrics).toEqual(new Map());
    expect(reno.metricsUnknown).toEqual([{ type: RTAX_CC_ALGO, value: new TextEncoder().encode("reno\0") }]);
  });

  test("multipath", () => {
    expect(to(10, 21, 0, 0).multipath).toMatchObject([
      { hops: 2, gateway: ip(10, 2, 0, 9) },
      { hops: 0, gateway: ip(10, 1, 0, 9) },
    ]);
    expect(to(10, 23, 0, 0).multipath).toMatchObject([
      { via: { family: AF_INET6, address: v6(2, 9) } },
      { gateway: ip(10, 1, 0, 9) },
    ]);
  });

  test("IPv4 through an IPv6 gateway", () => {
    expect(to(10, 22, 0, 0).via).toEqual({ family: AF_INET6, address: v6(2, 9) });
    expect(to(10, 22, 0, 0).gateway).toBeUndefined();
  });

  test("a table beyond 255", () => {
    expect(routes.filter(({ family, table }) => family === AF_INET && table === 1000)).toMatchObject([
      { destinationLength: 0, gateway: ip(10, 2, 0, 9) },
    ]);
  });

  test("types without a next hop", () => {
    expect([to(10, 24, 0, 0).type, to(10, 25, 0, 0).type, to(10, 26, 0, 0).type]).toEqual([
      RTN_BLACKHOLE,
      RTN_UNREACHABLE,
      RTN_PROHIBIT,
    ]);
  });

  test("IPv6", () => {
    const inet6 = messages("IPv6 routes", "route");
    expect(inet6.find(({ priority }) => priority === 9)).toMatchObject({
      family: AF_INET6,
      destination: v6(0x20, 0),
      gateway: v6(2, 9),
    });
    const expiring = inet6.find(({ table }) => table === 1000)!;
    expect(expiring).toMatchObject({ destinationLength: 0, preference: 0 });
    expect(expiring.cacheInfo).toHaveLength(32);
  });

  test("a dump that the kernel filtered says so in the flags of its parts", () => {
    for (const { header, message } of decoded("routes")) {
      expect(header.flags & NLM_F_MULTI).toBe(NLM_F_MULTI);
      expect(header.flags & NLM_F_DUMP_FILTERED).toBe(message.kind === "route" ? NLM_F_DUMP_FILTERED : 0);
    }
    expect(decoded("one route")[0]!.header.flags).toBe(0);
  });

  test("a lookup answers with what was asked, or with the route as it is in the table", () => {
    expect(decoded("one route")[0]!.message).toMatchObject({ destination: ip(10, 20, 0, 1), destinationLength: 32 });
    expect(decoded("one route, as in the table")[0]!.message).toMatchObject({
      destination: ip(10, 20, 0, 0),
      destinationLength: 16,
    });
  });
});

describe("rules", () => {
  const rules = messages("rules", "rule");
  const rule = (priority: number) => rules.find((one) => one.priority === priority)!;

  test("selectors and tables", () => {
    expect(rule(100)).toMatchObject({
      table: 1000,
      inputName: "eth1",
      source: ip(10, 2, 0, 0),
      sourceLength: 24,
      destination: ip(10, 20, 0, 0),
      action: 1,
    });
    expect(rule(101)).toMatchObject({ mark: 0x10, markMask: 0xff, table: 77 });
    expect(rule(102)).toMatchObject({ outputName: "eth1", tos: 0x10, action: 6 });
    expect(rule(103)).toMatchObject({ action: 2, goto: 32766 });
    expect(rule(200)).toMatchObject({ family: AF_INET6, source: v6(2, 0), sourceLength: 64 });
  });

  test("no suppressed prefix length is −1", () => {
    expect([rule(104).suppressPrefixLength, rule(100).suppressPrefixLength]).toEqual([0, -1]);
  });

  test("what has no field is kept", () => {
    expect(rule(105).unknown!.length).toBeGreaterThan(rule(104).unknown?.length ?? 0);
  });
});

describe("neighbours, namespace ids, netconf", () => {
  test("neighbours", () => {
    const neighbours = messages("neighbours", "neighbour");
    expect(neighbours).toContainEqual(
      expect.objectContaining({ state: NUD_PERMANENT, destination: ip(10, 2, 0, 9), linkAddress: mac(0x99) }),
    );
    expect(neighbours).toContainEqual(
      expect.objectContaining({ state: NUD_STALE, flags: NTF_ROUTER, destination: v6(2, 9) }),
    );
  });

  test("forwarding database of a bridge and of a vxlan", () => {
    const entries = messages("forwarding database", "neighbour");
    expect(entries).toContainEqual(expect.objectContaining({ family: AF_BRIDGE, linkAddress: mac(0x56), master: 2 }));
    expect(entries).toContainEqual(expect.objectContaining({ linkAddress: mac(0x55), destination: ip(10, 1, 0, 2) }));
  });

  test("namespace ids are signed", () => {
    expect(messages("one namespace id", "nsid")).toMatchObject([{ id: 0 }]);
    expect(messages("id of a namespace without one", "nsid")).toMatchObject([{ id: -1 }]);
  });

  test("netconf of every link, of all and of default", () => {
    const indexes = messages("IPv4 netconf", "netconf").map(({ index }) => index);
    expect(indexes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2]);
    expect(messages("IPv4 netconf", "netconf")[0]).toMatchObject({ family: AF_INET, forwarding: 0, rpFilter: 0 });
    expect(messages("IPv6 netconf", "netconf")[0]!.rpFilter).toBeUndefined();
  });
});

describe("acknowledgements and errors", () => {
  const only = (name: string) => decoded(name)[0]!.message;
  const path = (name: string) => {
    const ack = only(name);
    return ack.kind === "ack" && ack.offset !== undefined
      ? attributePath(bytes(reply(name).request), ack.offset)
      : undefined;
  };

  test("success", () => {
    expect(only("acknowledgement")).toEqual({ kind: "ack", errno: 0, requestType: 16 });
  });

  test("the sentence, the offset, and so the attribute", () => {
    const name = "error: STP state of one byte";
    expect(only(name)).toMatchObject({
      errno: 34,
      message: "Attribute failed policy validation",
      request: bytes(reply(name).request),
    });
    expect(path(name)).toBe("IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE");
    expect(path("error: MTU of one byte")).toBe("IFLA_MTU");
  });

  test("a capped error has the same without the request", () => {
    const whole = only("error: STP state of one byte");
    const capped = only("error: STP state of one byte, capped");
    expect(capped).not.toHaveProperty("request");
    expect(whole).toMatchObject(capped);
    expect(path("error: STP state of one byte, capped")).toBe("IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE");
  });

  test("errors with and without a sentence", () => {
    expect(only("error: unknown kind")).toMatchObject({ errno: 95, message: "Unknown device type" });
    expect(only("error: gateway out of reach")).toMatchObject({
      errno: 101,
      requestType: 24,
      message: "Nexthop has invalid gateway",
    });
    expect(only("error: name taken")).toMatchObject({ errno: 17 });
    expect(only("error: no such link")).toMatchObject({ errno: 19, requestType: 18 });
    expect(only("error: no such link")).not.toHaveProperty("message");
  });

  test("a dump that ends in an error", () => {
    expect(only("error at the end of a dump: no such table")).toEqual({
      kind: "done",
      errno: 2,
      message: "ipv4: FIB table does not exist",
    });
    expect(decoded("links").at(-1)!.message).toEqual({ kind: "done", errno: 0 });
  });
});
