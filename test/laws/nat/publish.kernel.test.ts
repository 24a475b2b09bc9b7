// Published ports: from outside, from the node itself, from beside the target; by IPv4 and IPv6.
//
//   a ──┐                                                          203.0.113.9
//       lan 10.0.0.0/24, fd00:1::/64 ── eth0 gw eth1 ── wan ── x   2001:db8::9
//   b ──┘                                203.0.113.1, 2001:db8::1

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

const OUT = { 4: "203.0.113.1", 6: "2001:db8::1" } as const;
const IN = { 4: "10.0.0.1", 6: "fd00:1::1" } as const;
const X = { 4: "203.0.113.9", 6: "2001:db8::9" } as const;
const A = { 4: "10.0.0.2", 6: "fd00:1::2" } as const;

type NodeBody = NonNullable<NonNullable<Topology["routers"]>[string]>;

function network(gw: NodeBody): Topology {
  return {
    switches: {
      lan: { subnet: ["10.0.0.0/24", "fd00:1::/64"] },
      wan: { subnet: ["203.0.113.0/24", "2001:db8::/64"] },
    },
    routers: {
      gw: {
        interfaces: {
          eth0: { link: "lan", address: [`${IN[4]}/24`, `${IN[6]}/64`] },
          eth1: { link: "wan", address: [`${OUT[4]}/24`, `${OUT[6]}/64`] },
        },
        ...gw,
      },
    },
    hosts: {
      a: { interfaces: { eth0: { link: "lan", address: [A[4], A[6]] } } },
      b: { interfaces: { eth0: { link: "lan", address: ["10.0.0.3", "fd00:1::3"] } } },
      x: { interfaces: { eth0: { link: "wan", address: [X[4], X[6]] } }, gateway: [] },
    },
  };
}

describe.each([4, 6] as const)("IPv%i", (family) => {
  const at = (address: string, port: number): string => `${address} ${port}`;

  it("from outside the target sees who asks; a port that is not published is refused", async () => {
    lab = await NatLab.up(network({ publish: [{ in: "eth1", port: 8080, to: "b:80" }] }));
    const [b, x] = await lab.agents("b", "x");
    await b.listen(80);
    expect(await x.connect(OUT[family], 8080, { from: 5000 })).toEqual({ seen: at(X[family], 5000) });
    expect(await x.connect(OUT[family], 8081)).toEqual({ error: "ECONNREFUSED" });
  });

  it("from a neighbour of the target, which sees the node; at the inside address nothing is published", async () => {
    lab = await NatLab.up(network({ publish: [{ in: "eth1", port: 8080, to: "b:80" }] }));
    const [a, b] = await lab.agents("a", "b");
    await b.listen(80);
    const seen = await a.connect(OUT[family], 8080);
    expect(seen).toMatchObject({ seen: expect.stringMatching(`^${IN[family]} `) as string });
    expect(await a.connect(IN[family], 8080)).toEqual({ error: "ECONNREFUSED" });
  });

  it("from the target itself", async () => {
    lab = await NatLab.up(network({ publish: [{ in: "eth1", port: 8080, to: "b:80" }] }));
    const b = await lab.agent("b");
    await b.listen(80);
    expect(await b.connect(OUT[family], 8080)).toMatchObject({
      seen: expect.stringMatching(`^${IN[family]} `) as string,
    });
  });

  it("from the node itself, and on every address of its when no interface is named", async () => {
    lab = await NatLab.up(network({ publish: [{ port: 8080, to: "b:80" }] }));
    const [gw, a, b, x] = await lab.agents("gw", "a", "b", "x");
    expect(await gw.connect(OUT[family], 8080)).toEqual({ error: "ECONNREFUSED" }); // nobody listens yet
    await b.listen(80);
    for (const client of [gw, a])
      for (const address of [OUT[family], IN[family]])
        expect(await client.connect(address, 8080)).toHaveProperty("seen");
    expect(await x.connect(OUT[family], 8080)).toHaveProperty("seen");
    // Packets from the loopback address cannot leave the node.
    expect(await gw.connect(family === 4 ? "127.0.0.1" : "::1", 8080)).toEqual({ error: "ECONNREFUSED" });
  });

  it("UDP, in a range, and answers come from the published port", async () => {
    lab = await NatLab.up(network({ publish: [{ port: "7000-7009", protocol: "udp", to: "b:9000-9009" }] }));
    const [b, x] = await lab.agents("b", "x");
    const server = await b.udp(9007, { address: family === 4 ? "0.0.0.0" : "::" });
    const client = await x.udp(5000, { address: X[family] });
    await client.send(OUT[family], 7007, "question");
    expect(await server.receive()).toEqual({ text: "question", address: X[family], port: 5000 });
    await server.send(X[family], 5000, "answer");
    expect(await client.receive()).toEqual({ text: "answer", address: OUT[family], port: 7007 });
  });

  it("passes the node's own firewall, which lets nothing else through", async () => {
    const firewall = { forward: "drop" as const, rules: ["allow established"] };
    lab = await NatLab.up(network({ publish: [{ port: 8080, to: "b:80" }], firewall }));
    const [b, x] = await lab.agents("b", "x");
    await b.listen(80);
    await b.listen(81);
    lab.inside("x", "ip", "route", "add", family === 4 ? "10.0.0.0/24" : "fd00:1::/64", "via", OUT[family]);
    expect(await x.connect(OUT[family], 8080)).toHaveProperty("seen");
    expect(await x.connectInVain(family === 4 ? "10.0.0.3" : "fd00:1::3", 81)).toEqual({ error: "timeout" });
  });

  it("can be kept from someone by a rule", async () => {
    const firewall = { forward: "drop" as const, rules: ["allow established", `drop all from ${X[family]}`] };
    lab = await NatLab.up(network({ publish: [{ port: 8080, to: "b:80" }], firewall }));
    const [gw, b, x] = await lab.agents("gw", "b", "x");
    await b.listen(80);
    expect(await x.connectInVain(OUT[family], 8080)).toEqual({ error: "timeout" });
    expect(await gw.connect(OUT[family], 8080)).toHaveProperty("seen");
  });
});

it("two hundred published ports lead each to its own", async () => {
  const publish = Array.from(
    { length: 200 },
    (_, i) => ({ in: "eth1", port: 8000 + i, protocol: "udp", to: `b:${9000 + i}` }) as const,
  );
  lab = await NatLab.up(network({ publish }));
  const [b, x] = await lab.agents("b", "x");
  const servers = await Promise.all(publish.map((_, i) => b.udp(9000 + i)));
  const client = await x.udp(5000);
  for (let i = 0; i < 200; i++) await client.send(OUT[4], 8000 + i, `for ${9000 + i}`);
  const got = await Promise.all(servers.map((server) => server.receive()));
  expect(got.map(({ text }) => text)).toEqual(publish.map((_, i) => `for ${9000 + i}`));
});

it("published and typed NAT side by side: the published port is nobody else's", async () => {
  lab = await NatLab.up(
    network({
      nat: [{ masquerade: "eth1", type: "full-cone" }],
      publish: [{ in: "eth1", port: 5060, protocol: "udp", to: "b" }],
    }),
  );
  const [a, b, x] = await lab.agents("a", "b", "x");
  const reflector = await x.udp(3478);
  const server = await b.udp(5060);
  const client = await a.udp(5060);
  await client.send(X[4], 3478, "hello");
  const { address, port } = await reflector.receive();
  expect(address).toBe(OUT[4]);
  expect(port).not.toBe(5060);
  await reflector.send(OUT[4], port, "for a");
  await reflector.send(OUT[4], 5060, "for b");
  expect([(await client.receive()).text, (await server.receive()).text]).toEqual(["for a", "for b"]);
});
