// What each type of NAT does with real packets, in the terms of RFC 4787: mapping, filtering, hairpinning.
//
//   a ──┐                                          ┌── r1  203.0.113.2
//       lan 10.0.0.0/24 ── eth0 nat eth1 ── wan ──┼── r2  203.0.113.3
//   b ──┘              10.0.0.1      203.0.113.1   └── x   203.0.113.4

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Topology } from "../../../src/topology/index.ts";
import { ownMachine, wipe } from "../../support/machine.ts";
import { NatLab } from "./lab.ts";

beforeAll(ownMachine);
let lab: NatLab;
afterEach(async () => {
  await lab.down();
  wipe();
});

const NAT = "203.0.113.1";
const [R1, R2, X] = ["203.0.113.2", "203.0.113.3", "203.0.113.4"];

type Nat = NonNullable<NonNullable<Topology["root"]>["nat"]>[number];

function network(type: Nat["type"] | undefined, more: Partial<Nat> = {}): Topology {
  const outside = (address: string) => ({ interfaces: { eth0: { link: "wan", address } }, gateway: [] });
  return {
    switches: { lan: { subnet: "10.0.0.0/24" }, wan: { subnet: "203.0.113.0/24" } },
    routers: {
      nat: {
        interfaces: { eth0: { link: "lan", address: "10.0.0.1" }, eth1: { link: "wan", address: NAT } },
        nat: [{ masquerade: "eth1", ...(type && { type }), ...more }],
      },
    },
    hosts: {
      a: { interfaces: { eth0: { link: "lan", address: "10.0.0.2" } } },
      b: { interfaces: { eth0: { link: "lan", address: "10.0.0.3" } } },
      r1: outside(R1),
      r2: outside(R2),
      x: outside(X),
    },
  };
}

const EIM = ["home", "full-cone", "cgnat"] as const;
const APDM = ["corporate", "cloud"] as const;

describe("mapping", () => {
  it.each(EIM)("%s: two reflectors see one outside port", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, r1, r2] = await lab.agents("a", "r1", "r2");
    await r1.udp(3478, { reflect: true });
    await r1.udp(3479, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const socket = await a.udp(40_000);
    const seen = [await socket.seenBy(R1, 3478), await socket.seenBy(R1, 3479), await socket.seenBy(R2, 3478)];
    expect(seen).toEqual(Array.from({ length: 3 }, () => ({ address: NAT, port: 40_000 })));
  });

  it.each(APDM)("%s: each destination sees another outside port", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, r1, r2] = await lab.agents("a", "r1", "r2");
    for (const port of [3478, 3479, 3480]) await r1.udp(port, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const socket = await a.udp(40_000);
    const first = await socket.seenBy(R1, 3478);
    const others = [await socket.seenBy(R1, 3479), await socket.seenBy(R1, 3480), await socket.seenBy(R2, 3478)];
    expect(others.every((seen) => seen.address === NAT)).toBe(true);
    // Ports are picked at random of 64,000: that all four are the same by chance does not happen.
    expect(others.some((seen) => seen.port !== first.port)).toBe(true);
    // A connection that is there keeps its port.
    expect(await socket.seenBy(R1, 3478)).toEqual(first);
  });

  it.each(EIM)("%s: of two inside hosts with the same source port each has a port of its own", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, b, r1, r2] = await lab.agents("a", "b", "r1", "r2");
    await r1.udp(3478, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const [fromA, fromB] = [await a.udp(40_000), await b.udp(40_000)];
    const [seenA, seenB] = [await fromA.seenBy(R1, 3478), await fromB.seenBy(R2, 3478)];
    expect(seenA.port).toBe(40_000);
    expect(seenB.port).not.toBe(40_000);
    // Also for other destinations, now and later, each keeps its own.
    expect([await fromA.seenBy(R2, 3478), await fromB.seenBy(R1, 3478)]).toEqual([seenA, seenB]);
  });

  it("plain masquerade gives two such hosts one port, which is why the types keep books", async () => {
    lab = await NatLab.up(network(undefined));
    const [a, b, r1, r2] = await lab.agents("a", "b", "r1", "r2");
    await r1.udp(3478, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const [seenA, seenB] = [await (await a.udp(40_000)).seenBy(R1, 3478), await (await b.udp(40_000)).seenBy(R2, 3478)];
    expect([seenA.port, seenB.port]).toEqual([40_000, 40_000]);
  });

  it.each(EIM)("%s: TCP is mapped alike", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, b, r1, r2] = await lab.agents("a", "b", "r1", "r2");
    await r1.listen(80);
    await r2.listen(80);
    expect(await a.connect(R1, 80, { from: 40_000 })).toEqual({ seen: `${NAT} 40000` });
    expect(await a.connect(R2, 80, { from: 40_000 })).toEqual({ seen: `${NAT} 40000` });
    const first = (await b.connect(R2, 80, { from: 40_000 })) as { seen: string };
    expect(first.seen).toMatch(new RegExp(`^${NAT} `));
    expect(first.seen).not.toBe(`${NAT} 40000`);
    expect(await b.connect(R1, 80, { from: 40_000 })).toEqual(first);
  });

  it("the node's own connections keep their port, and ICMP is translated too", async () => {
    lab = await NatLab.up(network("full-cone"));
    const [nat, r1] = await lab.agents("nat", "r1");
    await r1.udp(3478, { reflect: true });
    const socket = await nat.udp(40_000);
    expect(await socket.seenBy(R1, 3478)).toEqual({ address: NAT, port: 40_000 });
    expect(lab.inside("a", "ping", "-c1", "-W5", R1)).toContain("1 received");
  });
});

describe("filtering", () => {
  /** After a spoke from port 40000 to r1's 3478: who gets through to that port? */
  async function whoGetsThrough(type: Nat["type"]): Promise<string[]> {
    lab = await NatLab.up(network(type));
    const [a, r1, x] = await lab.agents("a", "r1", "x");
    const socket = await a.udp(40_000);
    const asked = await r1.udp(3478);
    await socket.send(R1, 3478, "hello");
    const { address, port } = await asked.receive();
    const elsewhere = await r1.udp(3479);
    const third = await x.udp(3478);
    await third.send(address, port, "another address");
    await elsewhere.send(address, port, "another port");
    await asked.send(address, port, "the one asked");
    const through: string[] = [];
    // The last arrives in any case, and nothing overtakes on the way.
    for (let text = ""; text !== "the one asked"; through.push(text)) ({ text } = await socket.receive());
    return through;
  }

  it.each(["full-cone", "cgnat"] as const)("%s: anyone reaches the port", async (type) => {
    expect(await whoGetsThrough(type)).toEqual(["another address", "another port", "the one asked"]);
  });

  it("address-dependent: another port of the address does, another address does not", async () => {
    const type = { mapping: "endpoint-independent", filtering: "address-dependent" } as const;
    expect(await whoGetsThrough(type)).toEqual(["another port", "the one asked"]);
  });

  it.each(["home", "corporate", "cloud"] as const)("%s: only who was asked", async (type) => {
    expect(await whoGetsThrough(type)).toEqual(["the one asked"]);
  });

  it("a mapping for each destination can be open to anyone as well", async () => {
    const type = { mapping: "address-and-port-dependent", filtering: "endpoint-independent" } as const;
    expect(await whoGetsThrough(type)).toEqual(["another address", "another port", "the one asked"]);
  });

  it("full cone: of two inside hosts with the same source port each gets what is meant for it", async () => {
    lab = await NatLab.up(network("full-cone"));
    const [a, b, r1, r2, x] = await lab.agents("a", "b", "r1", "r2", "x");
    await r1.udp(3478, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const [fromA, fromB] = [await a.udp(40_000), await b.udp(40_000)];
    const [seenA, seenB] = [await fromA.seenBy(R1, 3478), await fromB.seenBy(R2, 3478)];
    const third = await x.udp(9);
    await third.send(NAT, seenA.port, "for a");
    await third.send(NAT, seenB.port, "for b");
    expect([(await fromA.receive()).text, (await fromB.receive()).text]).toEqual(["for a", "for b"]);
    // And the answers come from where the third host sent to.
    await fromB.send(X, 9, "from b");
    expect(await third.receive()).toEqual({ text: "from b", address: NAT, port: seenB.port });
  });

  it("full cone, TCP: anyone connects to a port that is mapped, nobody to another", async () => {
    lab = await NatLab.up(network("full-cone"));
    const [a, r1, x] = await lab.agents("a", "r1", "x");
    await r1.listen(80);
    expect(await a.connect(R1, 80, { from: 40_000 })).toEqual({ seen: `${NAT} 40000` });
    await a.listen(40_000);
    expect(await x.connect(NAT, 40_000, { from: 5000 })).toEqual({ seen: `${X} 5000` });
    expect(await x.connectInVain(NAT, 40_001)).toEqual({ error: "timeout" });
  });

  it.each(["home", "cloud", "full-cone"] as const)("%s: a route to the inside is no way in", async (type) => {
    const topology = network(type);
    const gateway = { ...topology.hosts!["x"]!, gateway: NAT };
    lab = await NatLab.up({ ...topology, hosts: { ...topology.hosts, x: gateway } });
    const [a, x] = await lab.agents("a", "x");
    await a.listen(80);
    await x.listen(80);
    expect(await x.connectInVain("10.0.0.2", 80)).toEqual({ error: "timeout" });
    expect(await a.connect(X, 80)).toMatchObject({ seen: expect.stringContaining(NAT) as string });
  });

  it("plain masquerade filters nothing: a route to the inside is a way in", async () => {
    const topology = network(undefined);
    const gateway = { ...topology.hosts!["x"]!, gateway: NAT };
    lab = await NatLab.up({ ...topology, hosts: { ...topology.hosts, x: gateway } });
    const [a, x] = await lab.agents("a", "x");
    await a.listen(80);
    expect(await x.connect("10.0.0.2", 80, { from: 5000 })).toEqual({ seen: `${X} 5000` });
  });
});

describe("hairpinning", () => {
  it.each(EIM)("%s: inside hosts reach each other by their outside addresses, and see those", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, b, r1] = await lab.agents("a", "b", "r1");
    await r1.udp(3478, { reflect: true });
    const [fromA, fromB] = [await a.udp(40_000), await b.udp(40_000)];
    const [seenA, seenB] = [await fromA.seenBy(R1, 3478), await fromB.seenBy(R1, 3478)];
    await fromA.send(NAT, seenB.port, "from a");
    expect(await fromB.receive()).toEqual({ text: "from a", ...seenA });
    await fromB.send(seenA.address, seenA.port, "from b");
    expect(await fromA.receive()).toEqual({ text: "from b", ...seenB });
    // A socket that has no port outside yet gets one for this, and keeps it.
    const fresh = await a.udp(50_000);
    await fresh.send(NAT, seenB.port, "fresh");
    const { text, ...from } = await fromB.receive();
    expect(text).toBe("fresh");
    expect(await fresh.seenBy(R1, 3478)).toEqual(from);
  });

  it.each([...APDM, { mapping: "endpoint-independent" } as const])("%s: they do not", async (type) => {
    lab = await NatLab.up(network(type));
    const [a, b, r1] = await lab.agents("a", "b", "r1");
    await r1.udp(3478, { reflect: true });
    const [fromA, fromB] = [await a.udp(40_000), await b.udp(40_001)];
    await fromA.seenBy(R1, 3478);
    const seenB = await fromB.seenBy(R1, 3478);
    await fromA.send(NAT, seenB.port, "round the corner");
    await fromA.send("10.0.0.3", 40_001, "straight");
    expect((await fromB.receive()).text).toBe("straight");
  });
});

//   a fd00::2 ──┐                                              ┌── r1  2001:db8::2
//               lan fd00::/64 ── eth0 nat eth1 2001:db8::1 ── wan
//   b fd00::3 ──┘                                              └── x   2001:db8::4
describe.each(["home", "full-cone"] as const)("IPv6 masqueraded, %s", (type) => {
  const [OUT, REFLECTOR, THIRD] = ["2001:db8::1", "2001:db8::2", "2001:db8::4"];
  const any = { address: "::" } as const;

  it("maps, filters and hairpins as IPv4 does", async () => {
    const host = (link: string, address: string) => ({ interfaces: { eth0: { link, address } } });
    lab = await NatLab.up({
      switches: { lan: { subnet: "fd00::/64" }, wan: { subnet: "2001:db8::/64" } },
      routers: {
        nat: {
          interfaces: { eth0: { link: "lan", address: "fd00::1" }, eth1: { link: "wan", address: OUT } },
          nat: [{ masquerade: "eth1", type, ipv6: "masquerade" }],
        },
      },
      hosts: {
        a: host("lan", "fd00::2"),
        b: host("lan", "fd00::3"),
        r1: { ...host("wan", REFLECTOR), gateway: [] },
        x: { ...host("wan", THIRD), gateway: [] },
      },
    });
    const [a, b, r1, x] = await lab.agents("a", "b", "r1", "x");
    for (const port of [3478, 3479]) await r1.udp(port, { ...any, reflect: true });
    const [fromA, fromB, third] = [await a.udp(40_000, any), await b.udp(40_000, any), await x.udp(9, any)];
    const [first, second] = [await fromA.seenBy(REFLECTOR, 3478), await fromA.seenBy(REFLECTOR, 3479)];
    expect([first, second]).toEqual([
      { address: OUT, port: 40_000 },
      { address: OUT, port: 40_000 },
    ]);
    const other = await fromB.seenBy(REFLECTOR, 3479);
    expect(other).toMatchObject({ address: OUT, port: expect.not.toSatisfy((port) => port === 40_000) as number });
    // A third host gets through, or does not; the neighbour, round the corner, does, and arrives behind it.
    await third.send(OUT, 40_000, "knock");
    await fromB.send(OUT, 40_000, "round the corner");
    const heard: string[] = [];
    while (heard.at(-1) !== "round the corner") {
      const { text, ...from } = await fromA.receive();
      if (text === "round the corner") expect(from).toEqual(other);
      heard.push(text);
    }
    expect(heard).toEqual(type === "home" ? ["round the corner"] : ["knock", "round the corner"]);
  });
});
