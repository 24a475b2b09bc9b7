import { readdirSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { flushNeighbours, pingAll, readNeighbourTable, spawnSyncIn } from "../../../src/kernel/index.ts";
import type { ProbeTarget } from "../../../src/kernel/index.ts";
import { Network, star, starAddress } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { has } from "../../support/witnesses.ts";

beforeAll(ownMachine);

//   [ic-a] eth0 ════ eth0 [ic-r] eth1 ════ eth0 [ic-b]
//   10.0.1.2         10.0.1.1    10.0.2.1       10.0.2.2
//   fd00:1::2        fd00:1::1   fd00:2::1      fd00:2::2
function routed(prefix: string): Network {
  const [a, r, b] = [`${prefix}-a`, `${prefix}-r`, `${prefix}-b`];
  const network = new Network([a, r, b]);
  network.cable(a, "eth0", r, "eth0");
  network.cable(b, "eth0", r, "eth1");
  for (const [node, link, last] of [
    [a, "eth0", "1#2"],
    [r, "eth0", "1#1"],
    [r, "eth1", "2#1"],
    [b, "eth0", "2#2"],
  ] as const) {
    network.address(node, link, `10.0.${last.replace("#", ".")}/24`);
    network.address(node, link, `fd00:${last.replace("#", "::")}/64`);
  }
  network.forward(r);
  for (const [node, net] of [
    [a, 1],
    [b, 2],
  ] as const) {
    network.route(node, "0.0.0.0/0", `10.0.${net}.1`);
    network.route(node, "::/0", `fd00:${net}::1`);
  }
  return network;
}

test("reply, ICMP error with its sender, no route, silence: IPv4 and IPv6", async () => {
  using network = routed("ic");
  network.route("ic-r", "10.9.0.0/16", null, 7);
  network.route("ic-r", "fd09::/16", null, 7);
  network.route("ic-r", "10.8.0.0/16", null, 8);
  const from = network.fd("ic-a");
  const reports = await pingAll(
    ["10.0.2.2", "fd00:2::2", "10.0.1.2", "10.9.0.1", "fd09::1", "10.8.0.1", "10.0.1.77", "fd00:1::77"].map(
      (address) => ({
        namespace: from,
        address,
      }),
    ),
    { timeout: 1500 },
  );
  const reply = { outcome: "reply", detail: null };
  expect(reports.slice(0, 3)).toMatchObject([reply, reply, reply]);
  expect(reports[0]!.rtt).toBeGreaterThan(0);
  expect(reports[3]).toEqual({
    outcome: "unreachable",
    rtt: null,
    detail: "host unreachable (ICMP 3/1) from 10.0.1.1",
  });
  expect(reports[4]!.outcome).toBe("unreachable");
  expect(reports[4]!.detail).toMatch(/\(ICMPv6 1\/\d\) from fd00:1::1$/);
  expect(reports[5]!.detail).toBe("communication administratively prohibited (ICMP 3/13) from 10.0.1.1");
  // nobody has these addresses: the packets wait for ARP and neighbour discovery in vain
  for (const report of reports.slice(6)) {
    expect(report).toEqual({ outcome: "silence", rtt: null, detail: "no answer to 3 echo requests in 1500 ms" });
  }
});

test("a host without a route cannot send; one without a way back gets no answer, until it has one", async () => {
  using network = routed("iw");
  const ping = async (node: string, address: string) =>
    (await pingAll([{ namespace: network.fd(node), address }], { timeout: 1500 }))[0]!;
  expect((await ping("iw-a", "10.0.2.2")).outcome).toBe("reply");
  const remove = {
    kind: "route",
    command: "delete",
    family: 2,
    destinationLength: 0,
    table: 254,
    protocol: 4,
    scope: 0,
    type: 1,
  } as const;
  network.send("iw-b", remove);
  expect(await ping("iw-b", "10.0.1.2")).toEqual({
    outcome: "unreachable",
    rtt: null,
    detail: "ENETUNREACH: Network is unreachable",
  });
  expect((await ping("iw-a", "10.0.2.2")).outcome).toBe("silence");
  network.route("iw-b", "0.0.0.0/0", "10.0.2.1");
  expect((await ping("iw-a", "10.0.2.2")).outcome).toBe("reply");
  expect((await ping("iw-b", "10.0.1.2")).outcome).toBe("reply");
});

test.runIf(has("nft"))(
  "a firewall that drops is silence, one that rejects is refused, one at the source cannot send",
  async () => {
    using network = routed("if");
    const rule = (node: string, hook: string, action: string): void => {
      const text = `flush ruleset; table inet t { chain c { type filter hook ${hook} priority 0; icmp type echo-request ${action}; }; }`;
      const result = spawnSyncIn(network.fd(node), "nft", [text]);
      if (result.status !== 0) throw new Error(result.stderr);
    };
    const ping = async () =>
      (await pingAll([{ namespace: network.fd("if-a"), address: "10.0.2.2" }], { timeout: 1500 }))[0]!;
    expect((await ping()).outcome).toBe("reply");
    rule("if-r", "forward", "drop");
    expect((await ping()).outcome).toBe("silence");
    rule("if-r", "forward", "reject");
    expect(await ping()).toMatchObject({ outcome: "refused", detail: "port unreachable (ICMP 3/3) from 10.0.1.1" });
    rule("if-r", "forward", "accept");
    expect((await ping()).outcome).toBe("reply");
    rule("if-a", "output", "drop");
    expect(await ping()).toMatchObject({ outcome: "unreachable", detail: "EPERM: Operation not permitted" });
  },
);

//   [as-h0] … [as-h59]  each eth0 ── p0 … p59 on br0 in [as-sw]: 3,540 pairs, 7,080 neighbour entries, a table of 1,024
test.each([4, 6] as const)("60 hosts ping one another without one false answer, IPv%i", async (family) => {
  const prefix = `as${family}`;
  using network = star(prefix, 60);
  const targets: ProbeTarget[] = [];
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < 60; j++) {
      if (i === j) continue;
      const [namespace, destination] = [network.fd(`${prefix}-h${i}`), network.fd(`${prefix}-h${j}`)];
      targets.push({ namespace, destination, address: starAddress(j, family) });
    }
  }
  let told = 0;
  const descriptors = readdirSync("/proc/self/fd").length;
  const reports = await pingAll(targets, {
    onProgress: (done, total) => {
      expect(done).toBeGreaterThan(told);
      expect(total).toBe(3540);
      told = done;
    },
  });
  expect(told).toBe(3540);
  expect(reports.filter((report) => report.outcome !== "reply")).toEqual([]);
  expect(readdirSync("/proc/self/fd")).toHaveLength(descriptors); // every socket was closed

  // and a host that is cut off is silent to all, and cannot send; nobody else suffers
  const port = {
    kind: "link",
    command: "set",
    index: network.index(`${prefix}-sw`, "p7"),
    change: 1,
    flags: 0,
  } as const;
  network.send(`${prefix}-sw`, port);
  for (let i = 0; i < 60; i++) flushNeighbours(network.socket(`${prefix}-h${i}`), family);
  const after = await pingAll(targets, { timeout: 1500 });
  const wrong = targets.filter(({ namespace, destination }, i) => {
    const cut = network.fd(`${prefix}-h7`);
    return (after[i]!.outcome === "reply") === (namespace === cut || destination === cut);
  });
  expect(wrong).toEqual([]);
});

test("flushing drops what was learned and keeps what was configured, and the table's counters follow", async () => {
  using network = routed("in");
  const neighbours = () =>
    network
      .socket("in-a")
      .dump({ kind: "neighbour", command: "get", family: 2, index: 0, state: 0 })
      .map((each) => (each.kind === "neighbour" ? each.destination!.join(".") : ""));
  network.send("in-a", {
    kind: "neighbour",
    command: "new",
    family: 2,
    index: network.index("in-a", "eth0"),
    state: 0x80,
    destination: Uint8Array.of(10, 0, 1, 50),
    linkAddress: Uint8Array.of(2, 0, 0, 0, 0, 50),
  });
  expect((await pingAll([{ namespace: network.fd("in-a"), address: "10.0.2.2" }]))[0]!.outcome).toBe("reply");
  expect(neighbours().sort()).toEqual(["10.0.1.1", "10.0.1.50"]);
  const before = readNeighbourTable(network.socket("in-a"), 4)!;
  expect(before.limit).toBeGreaterThan(0);
  expect(before.entries).toBeGreaterThanOrEqual(2);
  expect(flushNeighbours(network.socket("in-a"), 4)).toEqual({ removed: 1, kept: 0 });
  expect(neighbours()).toEqual(["10.0.1.50"]);
  expect((await pingAll([{ namespace: network.fd("in-a"), address: "10.0.2.2" }]))[0]!.outcome).toBe("reply");
});

test("ends early when told to, and takes an empty list", async () => {
  using network = routed("ie");
  const reason = new Error("enough");
  const target = { namespace: network.fd("ie-a"), address: "10.0.1.99" };
  await expect(pingAll([target], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await pingAll([])).toEqual([]);
  await expect(pingAll([{ ...target, address: "10.0.1" }])).rejects.toThrow(TypeError);
});
