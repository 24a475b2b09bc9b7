import { beforeAll, describe, expect, test } from "vitest";
import { applyTables, flushConnections } from "../../../src/apply/netfilter/index.ts";
import type { NetfilterSet, NetfilterStep, NetfilterTable } from "../../../src/model/index.ts";
import { canonicalTable } from "../../../src/model/index.ts";
import { type ConnectionMessage, decodeConnections, encodeConnection } from "../../../src/netlink/conntrack/index.ts";
import { readTables } from "../../../src/observe/netfilter/index.ts";
import type { ChangeOf } from "../../../src/plan/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { Agent, type UdpSocket } from "../../laws/nat/lab.ts";
import { dump, dumpHeader, netfilter, question } from "../../netlink/nftables/machine.ts";
import {
  accept,
  chain,
  ipv4,
  lookup,
  map,
  masquerade,
  match,
  POSTROUTING,
  PREROUTING,
  rule,
  set,
  table,
  unless,
} from "./tables.ts";

beforeAll(ownMachine);

const udp = match("l4proto", "udp");
const constant = (from: string, to = from) => ({ kind: "constant", from, to }) as const;
const snat = (address: string): NetfilterStep => ({
  kind: "snat",
  family: 4,
  address: constant(address),
  port: null,
  flags: [],
});
const dnat = (address: string): NetfilterStep => ({
  kind: "dnat",
  family: 4,
  address: constant(address),
  port: null,
  flags: [],
});

//                                              ┌══ eth0 [fl-server]
//   [fl-client] eth0 ════ eth0 [fl-router] eth1 │   203.0.113.2, .3
//      10.0.0.2             10.0.0.1   203.0.113.1, .77, .78
class Machine implements AsyncDisposable {
  readonly network = new Network(["fl-client", "fl-router", "fl-server"]);
  readonly sockets = new Map<number, UdpSocket>();
  #agents: Agent[] = [];
  #tables: NetfilterTable | null = null;

  static async make(): Promise<Machine> {
    const machine = new Machine();
    const { network } = machine;
    network.cable("fl-client", "eth0", "fl-router", "eth0");
    network.cable("fl-router", "eth1", "fl-server", "eth0");
    network.address("fl-client", "eth0", "10.0.0.2/24");
    network.address("fl-router", "eth0", "10.0.0.1/24");
    for (const address of ["203.0.113.1/24", "203.0.113.77/24", "203.0.113.78/24"])
      network.address("fl-router", "eth1", address);
    for (const address of ["203.0.113.2/24", "203.0.113.3/24"]) network.address("fl-server", "eth0", address);
    network.route("fl-client", "0.0.0.0/0", "10.0.0.1");
    network.route("fl-server", "10.0.0.0/24", "203.0.113.1");
    network.forward("fl-router");
    machine.#agents = [await Agent.in("fl-client"), await Agent.in("fl-server")];
    for (const port of [1001, 1002])
      for (const address of ["203.0.113.2", "203.0.113.3"])
        await machine.#agents[1]!.udp(port, { address, reflect: true });
    return machine;
  }

  /** From a port of the client's to a server: where the server sees it come from. */
  async say(from: number, to: number, address = "203.0.113.2"): Promise<string> {
    let socket = this.sockets.get(from);
    if (socket === undefined) this.sockets.set(from, (socket = await this.#agents[0]!.udp(from)));
    await socket.send(address, to, "who am I?");
    return (await socket.receive()).text;
  }

  /** Changes the table of the router; how many connections were forgotten for it. */
  change(after: NetfilterTable | null): number {
    const before = this.#tables && readTables(this.fd, "fl-router")[0]!;
    this.#tables = after;
    const action = before === null ? "create" : after === null ? "delete" : "update";
    const change: ChangeOf<"table"> = {
      kind: "table",
      action,
      namespace: "fl-router",
      id: "inet netloom",
      before,
      after,
      reason: "test",
    };
    applyTables({ fd: this.fd, name: "fl-router" }, [change]);
    return flushConnections({ fd: this.fd, name: "fl-router" }, [change]);
  }

  get fd(): number {
    return this.network.fd("fl-router");
  }

  /** Ids of the connections that the router tracks, by the client's port. */
  ids(): Map<number, number> {
    using socket = netfilter(this.fd);
    const everything: ConnectionMessage = { kind: "connection", command: "get", family: 2 };
    const connections = socket
      .dumpDatagrams(question((writer) => encodeConnection(writer, dumpHeader, everything)))
      .flatMap((datagram) => decodeConnections(datagram))
      .flatMap(({ message }) => (message.kind === "connection" ? [message] : []));
    return new Map(connections.map((one) => [one.original!.protocol!.sourcePort!, one.id!]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.end()));
    this.network[Symbol.dispose]();
  }
}

const nat = (...rules: Parameters<typeof chain>[2][]): NetfilterTable =>
  table([], [chain("postrouting", POSTROUTING, ...rules)]);
const toPort = (port: string, step: NetfilterStep) =>
  rule(ipv4, udp, match("oifname", "eth1"), match("dport", port), step);

describe("of connections that are translated", () => {
  test("only those whose rule has changed are forgotten, and translated anew", async () => {
    await using machine = await Machine.make();
    machine.change(nat(toPort("1001", snat("203.0.113.77")), toPort("1002", masquerade)));
    expect([await machine.say(5001, 1001), await machine.say(5002, 1002)]).toEqual([
      "203.0.113.77 5001",
      "203.0.113.1 5002",
    ]);
    const before = machine.ids();
    expect([...before.keys()].sort((a, b) => a - b)).toEqual([5001, 5002]);
    expect(machine.change(nat(toPort("1001", snat("203.0.113.78")), toPort("1002", masquerade)))).toBe(1);
    expect([...machine.ids()]).toEqual([[5002, before.get(5002)]]);
    expect([await machine.say(5001, 1001), await machine.say(5002, 1002)]).toEqual([
      "203.0.113.78 5001",
      "203.0.113.1 5002",
    ]);
    expect(machine.ids().get(5002)).toBe(before.get(5002));
  });

  test("those that were not translated and now are, and the other way round", async () => {
    await using machine = await Machine.make();
    expect([await machine.say(5001, 1001), await machine.say(5002, 1002)]).toEqual(["10.0.0.2 5001", "10.0.0.2 5002"]);
    // Nobody tracked them, since there were no rules: with the first that translates, all is tracked.
    machine.change(nat(toPort("7", masquerade)));
    await machine.say(5001, 1001);
    await machine.say(5002, 1002);
    const before = machine.ids();
    expect([...before.keys()].sort((a, b) => a - b)).toEqual([5001, 5002]);
    expect(machine.change(nat(toPort("1001", masquerade)))).toBe(1);
    expect(await machine.say(5001, 1001)).toBe("203.0.113.1 5001");
    expect(await machine.say(5002, 1002)).toBe("10.0.0.2 5002");
    expect(machine.ids().get(5002)).toBe(before.get(5002));
    expect(machine.change(null)).toBe(1);
    expect(await machine.say(5001, 1001)).toBe("10.0.0.2 5001");
  });

  test("none, when rules change that translate nothing", async () => {
    await using machine = await Machine.make();
    const filter = (port: string) => chain("forward", {}, rule(udp, match("dport", port), accept));
    const rules = nat(toPort("1001", masquerade));
    machine.change(rules);
    await machine.say(5001, 1001);
    const before = machine.ids();
    expect(machine.change(table([], [...rules.chains, filter("7")]))).toBe(0);
    expect(machine.change(nat(rule(ipv4, udp, match("dport", "9999"), masquerade), ...rules.chains[0]!.rules))).toBe(0);
    expect(await machine.say(5001, 1001)).toBe("203.0.113.1 5001");
    expect(machine.ids()).toEqual(before);
  });

  test("by where they are led to", async () => {
    await using machine = await Machine.make();
    const led = (port: string, address: string): NetfilterTable =>
      table(
        [],
        [
          chain(
            "prerouting",
            PREROUTING,
            rule(
              ipv4,
              match("iifname", "eth0"),
              udp,
              match("ip daddr", "203.0.113.1"),
              match("dport", port),
              dnat(address),
            ),
          ),
          chain(
            "postrouting",
            POSTROUTING,
            rule(
              ipv4,
              match("oifname", "eth1"),
              match("ct status", "dnat"),
              match("ip daddr", "203.0.113.3"),
              masquerade,
            ),
          ),
        ],
      );
    machine.change(led("1001", "203.0.113.2"));
    expect(await machine.say(5001, 1001, "203.0.113.1")).toBe("10.0.0.2 5001");
    expect(await machine.say(5002, 1002)).toBe("10.0.0.2 5002");
    const before = machine.ids();
    expect(machine.change(led("1001", "203.0.113.3"))).toBe(1);
    expect(await machine.say(5001, 1001, "203.0.113.1")).toBe("203.0.113.1 5001");
    expect(machine.ids().get(5002)).toBe(before.get(5002));
  });

  test("by maps of published ports: only the one that goes elsewhere", async () => {
    await using machine = await Machine.make();
    const published = (...elements: [string, string][]): NetfilterTable =>
      table(
        [
          map(
            "publish",
            ["ipv4_addr", "inet_proto", "inet_service"],
            ["ipv4_addr", "inet_service"],
            elements.map(
              ([port, to]) =>
                [
                  ["203.0.113.1", "udp", port],
                  [to, "1001"],
                ] as const,
            ),
          ),
        ],
        [
          chain(
            "prerouting",
            PREROUTING,
            rule(ipv4, udp, {
              kind: "dnat",
              family: 4,
              address: { kind: "map", fields: ["ip daddr", "l4proto", "dport"], set: "publish", part: 0 },
              port: { kind: "map", fields: ["ip daddr", "l4proto", "dport"], set: "publish", part: 1 },
              flags: [],
            }),
          ),
        ],
      );
    machine.change(published(["8001", "203.0.113.2"], ["8002", "203.0.113.2"]));
    for (const [from, port] of [
      [5001, 8001],
      [5002, 8002],
    ] as const)
      expect(await machine.say(from, port, "203.0.113.1")).toBe(`10.0.0.2 ${from}`);
    const before = machine.ids();
    expect(machine.change(published(["8001", "203.0.113.2"], ["8002", "203.0.113.3"], ["8003", "203.0.113.3"]))).toBe(
      1,
    );
    expect([...machine.ids()]).toEqual([[5001, before.get(5001)]]);
    await machine.say(5002, 8002, "203.0.113.1");
  });

  test("by conditions that nobody can know afterwards: where such a rule has changed", async () => {
    await using machine = await Machine.make();
    const limited = (address: string) =>
      rule(
        ipv4,
        udp,
        match("dport", "1001"),
        { kind: "limit", rate: 100, seconds: 1, burst: 100, over: false },
        snat(address),
      );
    machine.change(nat(limited("203.0.113.77"), toPort("1002", masquerade)));
    expect([await machine.say(5001, 1001), await machine.say(5002, 1002)]).toEqual([
      "203.0.113.77 5001",
      "203.0.113.1 5002",
    ]);
    expect(machine.change(nat(limited("203.0.113.77"), toPort("1002", masquerade), toPort("7", masquerade)))).toBe(0);
    expect(machine.change(nat(limited("203.0.113.78"), toPort("1002", masquerade)))).toBe(1);
    expect(await machine.say(5001, 1001)).toBe("203.0.113.78 5001");
  });
});

describe("what rules have learned", () => {
  const seen: NetfilterSet = set("seen", ["ipv4_addr", "inet_service"], [], { dynamic: true, timeout: 3600 });
  const learn = (timeout: number | null): NetfilterStep => ({
    kind: "update",
    operation: "update",
    set: "seen",
    key: ["ip saddr", "sport"],
    value: [],
    timeout,
  });
  const learning = (timeout: number | null, ...rules: ReturnType<typeof rule>[]): NetfilterTable =>
    table([seen], [chain("forward", {}, rule(match("iifname", "eth0"), ipv4, udp, learn(timeout)), ...rules)]);
  const learned = (machine: Machine): number[] =>
    dump(machine.fd).flatMap((one) =>
      one.kind === "elements" ? (one.elements ?? []).map(({ key }) => (key!.value![4]! << 8) | key!.value![5]!) : [],
    );

  test("is kept when other rules change, and forgotten when these do", async () => {
    await using machine = await Machine.make();
    machine.change(learning(null));
    await machine.say(5001, 1001);
    expect(learned(machine)).toEqual([5001]);
    machine.change(learning(null, rule(unless("l4proto", "udp"), accept)));
    expect(learned(machine)).toEqual([5001]);
    machine.change(learning(120));
    expect(learned(machine)).toEqual([]);
    await machine.say(5002, 1002);
    // Who only asks changes nothing.
    machine.change(learning(120, rule(ipv4, lookup(["ip saddr", "sport"], "seen"), accept)));
    expect(learned(machine)).toEqual([5002]);
    expect(readTables(machine.fd, "fl-router")).toEqual([
      canonicalTable(learning(120, rule(ipv4, lookup(["ip saddr", "sport"], "seen"), accept))),
    ]);
  });

  test("is kept although it was renewed for longer than it was made for", async () => {
    await using machine = await Machine.make();
    const renewing = (...rules: ReturnType<typeof rule>[]): NetfilterTable =>
      learning(null, rule(match("iifname", "eth0"), ipv4, udp, learn(7200)), ...rules);
    const left = (): number[] =>
      dump(machine.fd).flatMap((one) =>
        one.kind === "elements" ? (one.elements ?? []).map(({ expiration }) => Number(expiration)) : [],
      );
    machine.change(renewing());
    await machine.say(5001, 1001);
    expect(left()).toEqual([expect.toSatisfy((milliseconds: number) => milliseconds > 3_600_000)]);
    machine.change(renewing(rule(unless("l4proto", "udp"), accept)));
    expect(left()).toEqual([expect.toSatisfy((milliseconds: number) => milliseconds > 3_600_000)]);
    machine.change(renewing(rule(unless("l4proto", "tcp"), accept)));
    expect(learned(machine)).toEqual([5001]);
  });
});
