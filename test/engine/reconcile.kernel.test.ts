// Changes of a lab that runs, with packets on the way.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NetloomError } from "../../src/diagnostic.ts";
import { setWriteGate } from "../../src/kernel/gate.ts";
import type { Model } from "../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";
import { build, difference, reconcile } from "../support/engine.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { inside, ip, ipJson } from "../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

const modelOf = (topology: Topology): Model => resolveTopology(topology, { name: "t" }).model;

/** An echo every few milliseconds; tells which of them were lost when it is stopped. */
async function traffic(from: string, to: string) {
  const ping = spawn("ip", ["netns", "exec", from, "ping", "-n", "-i", "0.004", to]);
  let out = "";
  ping.stdout.on("data", (data: Buffer) => (out += data.toString()));
  const answers = (): number => out.match(/bytes from/g)?.length ?? 0;
  const more = async (count: number): Promise<void> => {
    const goal = answers() + count;
    while (answers() < goal) await once(ping.stdout, "data");
  };
  await more(5);
  return {
    more,
    /** The sequence numbers without an answer; not of the last ones, which may be on their way when ping is told to stop. */
    stop: async (): Promise<readonly number[]> => {
      await more(5);
      ping.kill("SIGINT");
      await once(ping, "close");
      const answered = new Set([...out.matchAll(/icmp_seq=(\d+) ttl=/g)].map(([, number]) => Number(number)));
      return Array.from({ length: Math.max(...answered) }, (_, at) => at + 1).filter((number) => !answered.has(number));
    },
  };
}

//   a ─┐
//   b ─┼─ lan ── gw ── wan ── c
//  (d) ┘
const OFFICE = {
  switches: { lan: { subnet: "10.0.0.0/24" }, wan: { subnet: "10.9.0.0/24" } },
  hosts: {
    a: { interfaces: { eth0: "lan" } },
    b: { interfaces: { eth0: "lan" } },
    c: { interfaces: { eth0: "wan" } },
  },
  routers: {
    gw: { interfaces: { eth0: { link: "lan", address: "10.0.0.254" }, eth1: { link: "wan", address: "10.9.0.254" } } },
  },
} satisfies Topology;

const clone = (): Topology & typeof OFFICE => structuredClone(OFFICE);

async function change(before: Topology, after: Topology): Promise<string[]> {
  const [from, to] = [modelOf(before), modelOf(after)];
  const { changes } = await reconcile(to, from);
  expect(difference(to)).toEqual([]);
  setWriteGate(() => expect.fail("there is nothing left to write"));
  expect((await reconcile(to, to).finally(() => setWriteGate(null))).changes).toEqual([]);
  return changes.map(({ action, namespace, kind, id }) => `${action} ${namespace} ${kind} ${id}`);
}

describe("a change of one thing leaves the traffic of others alone", () => {
  const cases: [string, (topology: Topology & typeof OFFICE) => void, RegExp][] = [
    ["a host more", (t) => Object.assign(t.hosts, { d: { interfaces: { eth0: "lan" } } }), /^create d namespace d$/m],
    ["a host less", (t) => delete (t.hosts as Record<string, unknown>).b, /^delete b namespace b$/m],
    [
      "another switch for b",
      (t) => (t.hosts.b.interfaces = { eth0: { link: "wan", address: "10.9.0.77" } } as never),
      /^update root link b-eth0$/m,
    ],
    [
      "another name for b's interface",
      (t) => (t.hosts.b.interfaces = { net7: { link: "lan", address: "10.0.0.2" } } as never),
      /^update b link net7$/m,
    ],
    [
      "another address",
      (t) => (t.hosts.b.interfaces = { eth0: { link: "lan", address: "10.0.0.99" } } as never),
      /^create b address eth0 10\.0\.0\.99\/24$/m,
    ],
    [
      "another MTU",
      (t) => (t.hosts.b.interfaces = { eth0: { link: "lan", address: "10.0.0.2", mtu: 1400 } } as never),
      /^update b link eth0$/m,
    ],
    [
      "a route more",
      (t) => Object.assign(t.hosts.b, { routes: [{ to: "10.77.0.0/16", via: "10.0.0.1" }] }),
      /^create b route 10\.77\.0\.0\/16/m,
    ],
    [
      "a switch more",
      (t) => Object.assign(t.switches, { new: { subnet: "10.3.0.0/24", address: "10.3.0.1/24" } }),
      /^create root link new$/m,
    ],
  ];
  it.each(cases)("%s", async (_title, edit, expected) => {
    const before = clone();
    // Fixed addresses: adding a host must not move the others'.
    Object.assign(before.hosts.a.interfaces, { eth0: { link: "lan", address: "10.0.0.1" } });
    Object.assign(before.hosts.b.interfaces, { eth0: { link: "lan", address: "10.0.0.2" } });
    await build(modelOf(before));
    const after = structuredClone(before);
    edit(after);
    const flow = await traffic("a", "10.9.0.1");
    const changes = await change(before, after);
    const lost = await flow.stop();
    expect(changes.join("\n")).toMatch(expected);
    expect(changes.filter((one) => / a /.test(one))).toEqual([]);
    expect(lost).toEqual([]);
  });
});

describe("the changed one itself", () => {
  it("keeps its connections under a new interface name", async () => {
    const before = clone();
    await build(modelOf(before));
    const after = clone();
    Object.assign(after.hosts.a, { interfaces: { uplink: "lan" } });
    const index = ipJson("a", "link", "show", "eth0")[0]!["ifindex"];
    const flow = await traffic("a", "10.9.0.1");
    await change(before, after);
    await flow.more(20);
    await flow.stop();
    expect(ipJson("a", "link", "show", "uplink")[0]).toMatchObject({ ifindex: index, operstate: "UP" });
  });

  it("swaps two names", async () => {
    const before = clone();
    await build(modelOf(before));
    const after = clone();
    after.routers.gw.interfaces = { eth1: OFFICE.routers.gw.interfaces.eth0, eth0: OFFICE.routers.gw.interfaces.eth1 };
    await change(before, after);
    expect(inside("a", "ping", "-c1", "-W2", "10.9.0.1")).toMatch(/1 received/);
  });

  it("changes a bridge's name with its ports in it", async () => {
    const before = clone();
    await build(modelOf(before));
    const after = clone();
    after.switches = { office: OFFICE.switches.lan, wan: OFFICE.switches.wan } as never;
    after.hosts.a.interfaces.eth0 = "office";
    after.hosts.b.interfaces.eth0 = "office";
    after.routers.gw.interfaces.eth0.link = "office";
    const flow = await traffic("a", "10.0.0.2");
    const changes = await change(before, after);
    const lost = await flow.stop();
    expect(changes.filter((one) => !one.startsWith("update root link"))).toEqual([]);
    expect(lost).toEqual([]);
  });
});

describe("names that go from one to another", () => {
  it("a switch has a new name, and a new switch its old one: who is in it is plugged over, and goes on", async () => {
    const before = clone();
    await build(modelOf(before));
    const after = clone();
    after.switches = { office: OFFICE.switches.lan, wan: OFFICE.switches.wan, lan: { subnet: "10.3.0.0/24" } };
    for (const host of [after.hosts.a, after.hosts.b]) host.interfaces.eth0 = "office";
    after.routers.gw.interfaces.eth0.link = "office";
    Object.assign(after.hosts.c.interfaces, { eth1: "lan" });
    const flows = [await traffic("a", "10.0.0.2"), await traffic("a", "10.9.0.1")];
    const changes = await change(before, after);
    // What is sent while a port is in neither switch is lost; nothing is changed where it is sent and answered.
    expect(changes.filter((one) => / (?:a|b|gw) /.test(one))).toEqual([]);
    for (const flow of flows) {
      await flow.more(10);
      await flow.stop();
    }
    expect(ipJson("c", "address", "show", "eth1")[0]).toMatchObject({ addr_info: [{ local: "10.3.0.1" }] });
  });

  it("two switches exchange their names, with all that is plugged in", async () => {
    const before = clone();
    await build(modelOf(before));
    const after = clone();
    after.switches = { wan: OFFICE.switches.lan, lan: OFFICE.switches.wan };
    after.hosts = {
      a: { interfaces: { eth0: "wan" } },
      b: { interfaces: { eth0: "wan" } },
      c: { interfaces: { eth0: "lan" } },
    };
    after.routers.gw.interfaces.eth0.link = "wan";
    after.routers.gw.interfaces.eth1.link = "lan";
    await change(before, after);
    expect(inside("a", "ping", "-c1", "-W2", "10.9.0.1")).toMatch(/1 received/);
    expect(
      ip("-br", "link", "show", "master", "lan")
        .split("\n")
        .map((line) => line.split("@")[0]),
    ).toEqual(expect.arrayContaining(["c-eth0", "gw-eth1"]));
  });
});

describe("rules of a router that packets cross", () => {
  const translated = (): Topology & typeof OFFICE => {
    const topology = clone();
    Object.assign(topology.routers.gw, { nat: [{ masquerade: "eth1", from: "10.0.0.0/24" }] });
    return topology;
  };
  const cases: [string, (gw: Record<string, unknown>) => unknown][] = [
    ["a published port", (gw) => (gw["publish"] = [{ in: "eth1", port: 8080, to: "10.0.0.2:80" }])],
    [
      "a firewall that lets them through",
      (gw) => (gw["firewall"] = { forward: "drop", rules: ["allow established", "allow icmp from lan"] }),
    ],
    [
      "translation of one network more",
      (gw) => (gw["nat"] = [{ masquerade: "eth1", from: ["10.0.0.0/24", "10.44.0.0/16"] }]),
    ],
  ];
  it.each(cases)("%s: connections that it does not concern go on", async (_title, edit) => {
    const before = translated();
    await build(modelOf(before));
    const after = translated();
    edit(after.routers.gw);
    const flow = await traffic("a", "10.9.0.1");
    expect(await change(before, after)).toEqual(["update gw table inet netloom"]);
    await flow.more(10);
    expect(await flow.stop()).toEqual([]);
  });

  it("a firewall that does not: they end there, and go on when it goes", async () => {
    const before = translated();
    await build(modelOf(before));
    const after = translated();
    Object.assign(after.routers.gw, { firewall: { forward: "drop", rules: [] } });
    const answers = (): string => inside("a", "sh", "-c", "ping -c1 -W1 10.9.0.1 >/dev/null && echo yes || echo no");
    expect(answers()).toBe("yes\n");
    await change(before, after);
    expect(answers()).toBe("no\n");
    await change(after, before);
    expect(answers()).toBe("yes\n");
  });
});

//   h1 … h100 ── s
describe("one of many", () => {
  const star = (hosts: number): Topology => ({
    switches: { s: { subnet: "10.0.0.0/16" } },
    hosts: Object.fromEntries(
      Array.from({ length: hosts }, (_, i) => [`h${i + 1}`, { interfaces: { eth0: "s" } }] as const),
    ),
  });
  const writesOf = async (action: () => Promise<unknown>): Promise<number> => {
    let writes = 0;
    setWriteGate((count) => ((writes += count), count));
    await action().finally(() => setWriteGate(null));
    return writes;
  };

  it("more, and one less, is the same few writes however many there are; nobody loses a packet", async () => {
    const writes: number[][] = [];
    for (const size of [5, 100]) {
      const [before, after] = [modelOf(star(size)), modelOf(star(size + 1))];
      await build(before);
      const flows = await Promise.all([
        traffic("h1", "10.0.0.2"),
        traffic("h4", "10.0.0.5"),
        traffic(`h${size}`, "10.0.0.3"),
      ]);
      const more = await writesOf(() => reconcile(after, before));
      expect(inside(`h${size + 1}`, "ping", "-c1", "-W2", "10.0.0.1")).toMatch(/1 received/);
      const fewer = await writesOf(() => reconcile(before, after));
      expect(await writesOf(() => reconcile(before, before))).toBe(0);
      for (const flow of flows) {
        expect(await flow.stop()).toEqual([]);
      }
      writes.push([more, fewer]);
      wipe();
    }
    expect(writes[1]).toEqual(writes[0]);
  });
});

describe("what was done by hand", () => {
  it("is mended on what is ours, and left alone beside it", async () => {
    await build(modelOf(OFFICE));
    ip("-n", "a", "link", "set", "eth0", "mtu", "1300");
    ip("-n", "b", "route", "del", "default");
    ip("-n", "gw", "address", "add", "10.0.0.250/24", "dev", "eth0");
    inside("gw", "sysctl", "-qw", "net.ipv4.ip_forward=0");
    ip("netns", "add", "guest");
    ip("link", "add", "mine", "type", "veth", "peer", "name", "eth0", "netns", "guest");
    const changes = await reconcile(modelOf(OFFICE), modelOf(OFFICE));
    expect(changes.changes.map(({ action, namespace, kind }) => `${action} ${namespace} ${kind}`).sort()).toEqual([
      "create b route",
      "delete gw address",
      "update a link",
      "update gw forwarding",
    ]);
    expect(ip("netns", "list")).toMatch(/guest/);
    expect(ip("link", "show", "mine")).toMatch(/mine/);
    expect((await reconcile(modelOf(OFFICE), modelOf(OFFICE))).changes).toEqual([]);
  });
});

describe("a change that the kernel refuses", () => {
  it("is undone as a whole, and the error says so", async () => {
    const before = modelOf(OFFICE);
    await build(before);
    const after = clone();
    Object.assign(after.hosts, { d: { interfaces: { eth0: "lan" } } });
    Object.assign(after.hosts.a, { interfaces: { eth0: { link: "lan", address: "10.0.0.50", mtu: 1200 } } });
    const broken = structuredClone(modelOf(after)) as unknown as {
      namespaces: { name: string; routes: { nextHops: { via: string | null }[] }[] }[];
    };
    // No gateway there: ENETUNREACH, after all the rest has been done.
    broken.namespaces.find(({ name }) => name === "d")!.routes[0]!.nextHops[0]!.via = "10.55.0.1";
    const error = await reconcile(broken as unknown as Model, before).then(
      () => expect.fail("it should have failed"),
      (thrown: unknown) => thrown as NetloomError,
    );
    expect(error.diagnostics[0]).toMatchObject({
      cause: expect.stringContaining("ENETUNREACH"),
      state: "all changes were undone: the lab is as it was before",
    });
    expect(difference(before)).toEqual([]);
    expect(inside("a", "ping", "-c1", "-W2", "10.9.0.1")).toMatch(/1 received/);
  });
});
