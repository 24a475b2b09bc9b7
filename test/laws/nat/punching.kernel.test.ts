// Two hosts behind a NAT each, and UDP straight from one to the other (hole punching, RFC 5128): a server outside has told
// each where the other seems to be. And one NAT behind another.
//
//   a ── eth0 left eth1 203.0.113.1 ──┐
//                                     wan ── server 203.0.113.9
//   b ── eth0 right eth1 203.0.113.2 ─┘

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Topology } from "../../../src/topology/index.ts";
import { ownMachine, wipe } from "../../support/machine.ts";
import { NatLab } from "./lab.ts";
import type { UdpSocket } from "./lab.ts";

beforeAll(ownMachine);
let lab: NatLab;
afterEach(async () => {
  await lab.down();
  wipe();
});

const SERVER = "203.0.113.9";

type Nat = NonNullable<NonNullable<Topology["root"]>["nat"]>[number];

function network(left: Nat["type"], right: Nat["type"]): Topology {
  const router = (inside: string, address: string, outside: string, type: Nat["type"]) => ({
    interfaces: { eth0: { link: inside, address }, eth1: { link: "wan", address: outside } },
    nat: [{ masquerade: "eth1", ...(type && { type }) }],
  });
  return {
    switches: {
      lan1: { subnet: "10.0.1.0/24" },
      lan2: { subnet: "10.0.2.0/24" },
      wan: { subnet: "203.0.113.0/24" },
    },
    routers: {
      left: router("lan1", "10.0.1.1", "203.0.113.1", left),
      right: router("lan2", "10.0.2.1", "203.0.113.2", right),
    },
    hosts: {
      a: { interfaces: { eth0: { link: "lan1", address: "10.0.1.2" } } },
      b: { interfaces: { eth0: { link: "lan2", address: "10.0.2.2" } } },
      server: { interfaces: { eth0: { link: "wan", address: SERVER } }, gateway: [] },
    },
  };
}

interface Peer {
  readonly socket: UdpSocket;
  /** Where the server sees it. */
  readonly address: string;
  readonly port: number;
}

async function introduce(left: Nat["type"], right: Nat["type"]): Promise<{ a: Peer; b: Peer }> {
  lab = await NatLab.up(network(left, right));
  const [a, b, server] = await lab.agents("a", "b", "server");
  await server.udp(3478, { reflect: true });
  const peer = async (socket: UdpSocket): Promise<Peer> => ({ socket, ...(await socket.seenBy(SERVER, 3478)) });
  return { a: await peer(await a.udp(40_000)), b: await peer(await b.udp(50_000)) };
}

const say = (from: Peer, to: Peer, text: string): Promise<void> => from.socket.send(to.address, to.port, text);

/** What arrives before the server's own answer, which is asked for now and so comes behind everything on its way. */
async function heard(peer: Peer): Promise<string[]> {
  await peer.socket.send(SERVER, 3478, "and now?");
  const texts: string[] = [];
  for (;;) {
    const { text, address } = await peer.socket.receive();
    if (address === SERVER) return texts;
    texts.push(text);
  }
}

describe("hole punching", () => {
  it("home and home, both at once: both get through", async () => {
    const { a, b } = await introduce("home", "home");
    await Promise.all([say(a, b, "a1"), say(b, a, "b1")]);
    await Promise.all([say(a, b, "a2"), say(b, a, "b2")]);
    expect((await heard(a)).at(-1)).toBe("b2");
    expect((await heard(b)).at(-1)).toBe("a2");
  });

  it("home and home, one after the other: the first packet is lost, the rest arrives", async () => {
    const { a, b } = await introduce("home", "home");
    await say(a, b, "too early");
    expect(await heard(b)).toEqual([]);
    await say(b, a, "through a's hole");
    expect(await heard(a)).toEqual(["through a's hole"]);
    await say(a, b, "through b's hole");
    expect(await heard(b)).toEqual(["through b's hole"]);
    // Nothing was remapped on the way.
    expect((await a.socket.seenBy(SERVER, 3478)).port).toBe(a.port);
  });

  it("the same, although packets kept knocking before there was a hole", async () => {
    const { a, b } = await introduce("home", "home");
    for (let i = 0; i < 5; i++) await say(a, b, "knock");
    expect(await heard(b)).toEqual([]);
    await say(b, a, "b");
    await say(a, b, "a");
    expect([await heard(a), await heard(b)]).toEqual([["b"], ["a"]]);
  });

  it("corporate and home: each aims at a port that is not the other's, or that the other does not let in", async () => {
    const { a, b } = await introduce("corporate", "home");
    for (let i = 0; i < 3; i++) await Promise.all([say(a, b, "a"), say(b, a, "b")]);
    expect([await heard(a), await heard(b)]).toEqual([[], []]);
  });

  it("corporate and full cone: the cone lets anyone in, and answers to where the packet came from", async () => {
    const { a, b } = await introduce("corporate", "full-cone");
    await say(a, b, "hello");
    const { text, ...from } = await b.socket.receive();
    expect(text).toBe("hello");
    expect(from).not.toEqual({ address: a.address, port: a.port });
    await b.socket.send(from.address, from.port, "welcome");
    expect(await heard(a)).toEqual(["welcome"]);
  });

  it("plain masquerade, one after the other: what knocked at the node spoils the port", async () => {
    const { a, b } = await introduce(undefined, undefined);
    await say(a, b, "too early");
    expect(await heard(b)).toEqual([]);
    await say(b, a, "from another port");
    expect(await heard(a)).toEqual([]);
  });
});

//   a ── eth0 home eth1 ── street 100.64.0.0/24 ── eth0 isp eth1 203.0.113.1 ── wan ── r1, r2
describe("a NAT behind a NAT", () => {
  const double = (inner: Nat["type"], outer: Nat["type"]): Topology => ({
    switches: {
      lan: { subnet: "10.0.0.0/24" },
      street: { subnet: "100.64.0.0/24" },
      wan: { subnet: "203.0.113.0/24" },
    },
    routers: {
      home: {
        interfaces: { eth0: { link: "lan", address: "10.0.0.1" }, eth1: { link: "street", address: "100.64.0.2" } },
        gateway: "100.64.0.1",
        nat: [{ masquerade: "eth1", ...(inner && { type: inner }) }],
      },
      isp: {
        interfaces: {
          eth0: { link: "street", address: "100.64.0.1" },
          eth1: { link: "wan", address: "203.0.113.1" },
        },
        nat: [{ masquerade: "eth1", ...(outer && { type: outer }) }],
      },
    },
    hosts: {
      a: { interfaces: { eth0: "lan" } },
      r1: { interfaces: { eth0: { link: "wan", address: "203.0.113.11" } }, gateway: [] },
      r2: { interfaces: { eth0: { link: "wan", address: "203.0.113.12" } }, gateway: [] },
    },
  });

  it.each([
    ["home", "cgnat", true],
    ["home", "cloud", false],
    ["corporate", "cgnat", false],
    [undefined, undefined, true],
  ] as const)("%s behind %s: servers see the outer address; one port for all: %s", async (inner, outer, one) => {
    lab = await NatLab.up(double(inner, outer));
    const [a, r1, r2] = await lab.agents("a", "r1", "r2");
    await r1.udp(3478, { reflect: true });
    await r1.udp(3479, { reflect: true });
    await r2.udp(3478, { reflect: true });
    const socket = await a.udp(40_000);
    const seen = [
      await socket.seenBy("203.0.113.11", 3478),
      await socket.seenBy("203.0.113.11", 3479),
      await socket.seenBy("203.0.113.12", 3478),
    ];
    expect(new Set(seen.map(({ address }) => address))).toEqual(new Set(["203.0.113.1"]));
    expect(new Set(seen.map(({ port }) => port)).size === 1).toBe(one);
  });
});
