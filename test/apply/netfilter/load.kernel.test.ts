import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import { applyTables, type LoadOptions } from "../../../src/apply/netfilter/index.ts";
import { toPort } from "../../../src/apply/netfilter/sources.ts";
import { NetloomError } from "../../../src/diagnostic.ts";
import { spawnIn } from "../../../src/kernel/index.ts";
import type { NetfilterTable } from "../../../src/model/index.ts";
import { readTables } from "../../../src/observe/netfilter/index.ts";
import type { ChangeOf } from "../../../src/plan/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { Agent } from "../../laws/nat/lab.ts";
import { dump } from "../../netlink/nftables/machine.ts";
import { accept, chain, counter, drop, match, POSTROUTING, rule, table } from "./tables.ts";

beforeAll(ownMachine);

function change(before: NetfilterTable | null, after: NetfilterTable | null): ChangeOf<"table"> {
  const action = before === null ? "create" : after === null ? "delete" : "update";
  return { kind: "table", action, namespace: "ld-b", id: "inet netloom", before, after, reason: "test" };
}

//   [ld-a] eth0 ════ eth0 [ld-b]
//      10.0.0.1      10.0.0.2
function pair(): Network {
  const network = new Network(["ld-a", "ld-b"]);
  network.cable("ld-a", "eth0", "ld-b", "eth0");
  network.address("ld-a", "eth0", "10.0.0.1/24");
  network.address("ld-b", "eth0", "10.0.0.2/24");
  return network;
}

function load(
  network: Network,
  before: NetfilterTable | null,
  after: NetfilterTable | null,
  options?: LoadOptions,
): void {
  applyTables({ fd: network.fd("ld-b"), name: "ld-b" }, [change(before, after)], options);
}

const udp = match("l4proto", "udp");
/** What is said to port 4000 is dropped, behind many other rules. */
const large = (first: number, name = "input"): NetfilterTable =>
  table(
    [],
    [
      chain(
        name,
        { hook: "input" },
        ...Array.from({ length: 2_000 }, (_, i) =>
          rule(
            udp,
            match("sport", String(first + i)),
            match("dport", "9", ...(i % 20 === 0 ? [String(first + i)] : [])),
            accept,
          ),
        ),
        rule(udp, match("dport", "4000"), drop),
      ),
    ],
  );

/** Sends to two ports until it is killed, in a process of its own. */
const BLASTER = `
const socket = require("node:dgram").createSocket("udp4");
const [host, ...ports] = process.argv.slice(1);
const send = () => { for (const port of ports) socket.send("x", Number(port), host); setImmediate(send); };
send();
`;

describe("2,000 rules", () => {
  test("go in at once", () => {
    using network = pair();
    load(network, null, large(10_000));
    expect(readTables(network.fd("ld-b"), "ld-b")[0]!.chains[0]!.rules).toHaveLength(2_001);
  });

  test("go in asleep, and are woken together, where one send cannot carry them; and others take their place", async () => {
    using network = pair();
    const fd = network.fd("ld-b");
    const limited = { sendLimit: 100_000 };
    load(network, null, large(10_000), limited);
    expect(readTables(fd, "ld-b")).toEqual([large(10_000)]);
    await using a = await agent("ld-a");
    await using b = await agent("ld-b");
    const [dropped, heard] = [await b.udp(4000), await b.udp(4001)];
    const sender = spawnIn(network.fd("ld-a"), process.execPath, ["-e", BLASTER, "10.0.0.2", "4000", "4001"], {
      stdio: "inherit",
    });
    try {
      await heard.receive();
      // In every moment of these, one table or the other is there.
      for (let i = 0; i < 3; i++) {
        load(network, large(10_000 + i), large(10_001 + i, `input${i}`), limited);
        await heard.receive();
      }
      load(network, large(10_003), large(10_004), {}); // in one send
      await heard.receive();
    } finally {
      sender.kill();
      await once(sender, "close");
    }
    expect(readTables(fd, "ld-b")).toEqual([large(10_004)]);
    // Without the table they come, and this one is the first.
    load(network, large(10_004), null);
    await (await a.udp()).send("10.0.0.2", 4000, "first");
    expect(await dropped.receive()).toMatchObject({ text: "first" });
    expect(dump(fd)).toEqual([]);
  });
});

async function agent(node: string): Promise<Agent & AsyncDisposable> {
  const one = await Agent.in(node);
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.end() });
}

describe("what the kernel refuses", () => {
  const wrong = table(
    [],
    [
      chain("forward", {}, rule(counter, accept), rule(match("iifname", "eth0"), { kind: "jump", chain: "missing" })),
      chain("input", { hook: "input" }, rule(accept)),
    ],
  );
  const error = (action: () => void): NetloomError => {
    try {
      action();
    } catch (thrown) {
      return thrown as NetloomError;
    }
    throw new Error("nothing was thrown");
  };

  test.each([
    ["in one batch", {}],
    ["in several", { sendLimit: 500 }],
  ])("%s: is named by chain and rule, and nothing is left of it", (_, options) => {
    using network = pair();
    expect(error(() => load(network, null, wrong, options))).toMatchObject({
      operation: "add rule 2 of chain forward of table inet netloom",
      errnoName: "ENOENT",
      namespace: "ld-b",
    });
    expect(dump(network.fd("ld-b"))).toEqual([]);
  });

  test.each([
    ["in one batch", {}],
    ["in several", { sendLimit: 500 }],
  ])("%s: what was there before stays", (_, options) => {
    using network = pair();
    const good = table([], [chain("input", { hook: "input" }, rule(counter), rule(accept))]);
    load(network, null, good);
    error(() => load(network, good, wrong, options));
    expect(readTables(network.fd("ld-b"), "ld-b")).toEqual([good]);
  });

  test("what cannot be said at all is named before anything is sent", () => {
    using network = pair();
    const nonsense = table([], [chain("input", { hook: "input" }, rule(accept), rule(match("dport", "70000"), drop))]);
    const [diagnostic] = error(() => load(network, null, nonsense)).diagnostics;
    expect(diagnostic).toMatchObject({
      code: "apply.netfilter",
      summary: "rule 2 of chain input of table inet netloom cannot be put in nf_tables' terms",
      cause: '"70000" is neither a value nor a range of inet_service',
      state: "nothing was changed",
    });
    expect(dump(network.fd("ld-b"))).toEqual([]);
  });
});

describe("a port that is made of a hash", () => {
  const hash = { hash: ["ip saddr", "sport"], modulus: 1_000, offset: 40_000, seed: 7 } as const;
  const hashed = table(
    [],
    [
      chain(
        "post",
        POSTROUTING,
        rule(match("nfproto", "ipv4"), udp, {
          kind: "snat",
          family: 4,
          address: { kind: "constant", from: "10.0.0.2", to: "10.0.0.2" },
          port: { kind: "source", source: hash },
          flags: [],
        }),
      ),
    ],
  );

  test("is a port in network order: within its bounds, the same for the same source", async () => {
    using network = pair();
    await using a = await agent("ld-a");
    await using b = await agent("ld-b");
    for (const port of [4000, 4001]) await a.udp(port, { reflect: true });
    const say = async (from: number): Promise<number[]> => {
      const socket = await b.udp(from);
      const seen = [await socket.seenBy("10.0.0.1", 4000), await socket.seenBy("10.0.0.1", 4001)];
      return seen.map(({ port }) => port);
    };
    // positive control: without the rule the port is the sender's own
    expect(await say(5000)).toEqual([5000, 5000]);
    load(network, null, hashed);
    const ports: number[] = [];
    for (let from = 5001; from <= 5008; from++) {
      const [one, other] = await say(from);
      // The hash does not know of destinations.
      expect(other).toBe(one);
      expect([one! >= 40_000, one! < 41_000]).toEqual([true, true]);
      ports.push(one!);
    }
    expect(new Set(ports).size).toBeGreaterThan(1);
  });

  test("is moved to where a port is read, on machines with the high bytes first", () => {
    expect(toPort(4, true)).toMatchObject({ kind: "byteorder", source: 4, destination: 4, length: 2, size: 2 });
    expect(toPort(4, false)).toMatchObject({ kind: "bitwise", source: 4, destination: 4, length: 4, operation: 1 });
  });
});
