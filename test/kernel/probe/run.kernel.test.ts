import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { readdirSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { probeTcp, probeUdp, spawnSyncIn, within } from "../../../src/kernel/index.ts";
import type { PortTarget, ProbeReport } from "../../../src/kernel/index.ts";
import { Network, star, starAddress } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { has } from "../../support/witnesses.ts";

beforeAll(ownMachine);

const reply = { outcome: "reply", detail: null };

//   [po-a] eth0 ════ eth0 [po-b]       10.0.0.1, fd00::1 ═ 10.0.0.2, fd00::2
function pair(): Network {
  const network = new Network(["po-a", "po-b"]);
  network.cable("po-a", "eth0", "po-b", "eth0");
  for (const [node, n] of [
    ["po-a", 1],
    ["po-b", 2],
  ] as const) {
    network.address(node, "eth0", `10.0.0.${n}/24`);
    network.address(node, "eth0", `fd00::${n}/64`);
  }
  return network;
}

function rules(network: Network, node: string, text: string): void {
  const result = spawnSyncIn(network.fd(node), "nft", [`flush ruleset; ${text}`]);
  if (result.status !== 0) throw new Error(result.stderr);
}

const kinds = [
  ["tcp", probeTcp],
  ["udp", probeUdp],
] as const;

test.each(kinds)(
  "%s: refused where nothing listens, a reply from a temporary service, unreachable without a route",
  async (_, probe) => {
    using network = pair();
    const from = { namespace: network.fd("po-a"), port: 8080 };
    const destination = network.fd("po-b");
    const one = async (target: Partial<PortTarget> & { address: string }): Promise<ProbeReport> =>
      (await probe([{ ...from, ...target }], { timeout: 1500 }))[0]!;
    for (const address of ["10.0.0.2", "fd00::2"]) {
      expect((await one({ address })).outcome).toBe("refused");
      expect(await one({ address, destination })).toMatchObject(reply);
      expect((await one({ address })).outcome).toBe("refused"); // the service is gone
      expect(await one({ address, destination })).toMatchObject(reply); // and its port is free at once
    }
    expect((await one({ address: "10.0.0.2", destination })).rtt).toBeGreaterThan(0);
    for (const address of ["192.0.2.1", "2001:db8::1"]) {
      expect(await one({ address })).toEqual({
        outcome: "unreachable",
        rtt: null,
        detail: "ENETUNREACH: Network is unreachable",
      });
    }
    expect(await one({ address: "10.0.0.77" })).toEqual({
      outcome: "silence",
      rtt: null,
      detail: "no answer from port 8080 in 1500 ms",
    });
  },
);

test("the errors name their sender", async () => {
  using network = pair();
  const target = { namespace: network.fd("po-a"), address: "10.0.0.2", port: 9 };
  expect((await probeTcp([target]))[0]!.detail).toBe("ECONNREFUSED: Connection refused");
  expect((await probeUdp([target]))[0]!.detail).toBe("port unreachable (ICMP 3/3) from 10.0.0.2");
  network.route("po-a", "10.7.0.0/16", "10.0.0.2");
  network.forward("po-b");
  network.route("po-b", "10.7.0.0/16", null, 7);
  for (const probe of [probeTcp, probeUdp]) {
    expect((await probe([{ ...target, address: "10.7.0.1" }]))[0]).toEqual({
      outcome: "unreachable",
      rtt: null,
      detail: "host unreachable (ICMP 3/1) from 10.0.0.2",
    });
  }
});

test("a real service answers itself; the probe does not take its port", async () => {
  using network = pair();
  const destination = network.fd("po-b");
  const server = createServer((socket) => void socket.on("error", () => {}).destroy());
  const served = once(server, "connection");
  // With a host Node looks the name up first, even a literal one, and would bind after within() has gone back.
  within(destination, () => server.listen(80));
  await once(server, "listening");
  // With its own lookup the socket is bound before bind() returns.
  const echo = createSocket({ type: "udp4", lookup: (host, _, done) => done(null, host, 4) });
  echo.on("message", (_, from) => echo.send("it is me", from.port, from.address));
  within(destination, () => echo.bind({ port: 53, address: "10.0.0.2", exclusive: true }));
  const target = { namespace: network.fd("po-a"), destination, address: "10.0.0.2" };
  try {
    expect(await probeTcp([{ ...target, port: 80 }])).toMatchObject([reply]);
    await served;
    expect(await probeUdp([{ ...target, port: 53 }])).toMatchObject([reply]);
  } finally {
    server.close();
    echo.close();
  }
});

test.runIf(has("nft")).each(kinds)("%s: a firewall that drops one port leaves the other", async (kind, probe) => {
  using network = pair();
  const target = { namespace: network.fd("po-a"), destination: network.fd("po-b"), address: "10.0.0.2" };
  const ask = async () =>
    (
      await probe(
        [
          { ...target, port: 443 },
          { ...target, port: 444 },
        ],
        { timeout: 1500 },
      )
    ).map((r) => r.outcome);
  expect(await ask()).toEqual(["reply", "reply"]);
  rules(network, "po-b", `table inet t { chain c { type filter hook input priority 0; ${kind} dport 443 drop; }; }`);
  expect(await ask()).toEqual(["silence", "reply"]);
  rules(network, "po-b", `table inet t { chain c { type filter hook input priority 0; ${kind} dport 443 reject; }; }`);
  expect(await ask()).toEqual(["refused", "reply"]);
  rules(network, "po-b", "");
  expect(await ask()).toEqual(["reply", "reply"]);
});

//   [pm-h0] … [pm-h19]  each eth0 ── p0 … p19 on br0 in [pm-sw]
test.each(kinds)("%s: 20 hosts, every pair, two ports each, at once", async (_, probe) => {
  using network = star("pm", 20);
  const targets: PortTarget[] = [];
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) {
      const [namespace, destination] = [network.fd(`pm-h${i}`), network.fd(`pm-h${j}`)];
      for (const family of [4, 6] as const) {
        if (i !== j) targets.push({ namespace, destination, address: starAddress(j, family), port: 7000 + family });
      }
    }
  }
  const descriptors = readdirSync("/proc/self/fd").length;
  const reports = await probe(targets);
  expect(reports.filter((report) => report.outcome !== "reply")).toEqual([]);
  expect(reports).toHaveLength(760);
  expect(readdirSync("/proc/self/fd")).toHaveLength(descriptors);
});
