// What inspect says of a lab that runs, and what it counts while packets pass.
//
//   a 10.0.0.2 ──┐
//   b 10.0.0.3 ──┴ lan ── 10.0.0.1 gw 203.0.113.1 ── 203.0.113.9 far
//                          NAT, tcp/8080 → b:80

import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostMachine, hostMachine, OFFICE as HOST_OFFICE } from "./host-machine.ts";
import { NETLOOM, program, until, type Running } from "./program.ts";
import { has } from "../support/witnesses.ts";

const OFFICE = `
switches: { lan: { subnet: 10.0.0.0/24 } }
hosts:
  a: { interfaces: { eth0: { link: lan, address: 10.0.0.2/24 } } }
  b: { interfaces: { eth0: { link: lan, address: 10.0.0.3/24 } } }
  far: { interfaces: { eth0: { link: "gw:eth1", address: 203.0.113.9/24 } }, gateway: [] }
routers:
  gw:
    interfaces:
      eth0: { link: lan, address: 10.0.0.1/24 }
      eth1: { link: "far:eth0", address: 203.0.113.1/24 }
    nat: [{ masquerade: eth1 }]
    publish: [{ in: eth1, port: 8080, to: "b:80" }]
`;

interface Document {
  readonly kind: string;
  readonly model: {
    readonly namespaces: readonly { readonly name: string; readonly links: readonly { name: string }[] }[];
  };
  readonly counters: Record<string, Record<string, { received: { packets: number } }>>;
  readonly neighbours: Record<string, readonly { address: string; mac: string | null }[]>;
  readonly rules: readonly { node: string; text: string; derived: boolean }[];
}

interface Rates {
  readonly kind: string;
  readonly rates: readonly { node: string; interface: string; received: { packets: number } }[];
}

const netloom = program();
const inspect = async (...args: string[]) => {
  const outcome = await netloom.run(["inspect", ...args]);
  expect(outcome).toMatchObject({ code: 0, err: "" });
  return outcome.out;
};
const json = async (...args: string[]) => JSON.parse(await inspect(...args, "--json")) as Document;
const fails = async (status: number, ...args: string[]) => {
  const outcome = await netloom.run(["inspect", ...args]);
  expect(outcome).toMatchObject({ code: status, out: "" });
  return outcome.err;
};

beforeAll(async () => {
  const up = await netloom.run(["up", netloom.file("office.yaml", OFFICE)]);
  expect(up).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await netloom.run(["down", "--all"]);
});

describe("what is meant", () => {
  it("is a lab, a node, an interface or a switch, of the only lab or of one that is named", async () => {
    expect(await inspect()).toBe(await inspect("office"));
    const gw = await inspect("gw");
    expect(gw).toMatch(/^gw +router, forwards IPv4, in lab office$/m);
    expect(gw).toMatch(/^NAT +masquerade out eth1$/m);
    expect(gw).toMatch(/^publish +tcp\/8080 on eth1 \(203\.0\.113\.1\) → 10\.0\.0\.3:80 \(b\)$/m);
    const eth1 = await inspect("office", "gw:eth1");
    expect(eth1).toMatch(/^peer +far:eth0$/m);
    expect(eth1).toMatch(/^NAT +masquerade out eth1$/m);
    expect(await inspect("--lab", "office", "gw:eth0")).not.toContain("masquerade");
    expect(await inspect("lan")).toMatch(/^b-eth0 +up +b:eth0 +up +1500$/m);
  });

  it("is an error with a suggestion if there is no such thing", async () => {
    expect(await fails(2, "gx")).toMatch(/"gx" is neither a lab nor a node of office[^]*did you mean "gw"\?/);
    expect(await fails(2, "ofice")).toContain('did you mean "office"?');
    expect(await fails(2, "office", "c")).toContain("its nodes: a, b, far, gw, lan, root");
    expect(await fails(2, "gw:eth7")).toMatch(/gw has no interface "eth7"[^]*eth0, eth1, lo/);
    expect(await fails(2, "a", "--interval", "2")).toContain("--interval only works with --watch");
    expect(await fails(2, "office", "a", "b")).toContain("usage.subject");
    await netloom.run(["up", "star:2", "--name", "two"]);
    expect(await fails(2, "a")).toMatch(/cause: office has a node "a"\n.*netloom inspect office a/);
    expect(await fails(1, "nobody")).toContain('no lab named "nobody" is up');
    expect(await inspect("office", "a")).toMatch(/^a +host, in lab office$/m);
    await netloom.run(["down", "two"]);
  });

  it("has all of it in documents: counters, neighbours, rules in words; of one interface only what is about it", async () => {
    expect((await netloom.run(["exec", "a", "ping", "-c1", "-W5", "10.0.0.3"])).code).toBe(0);
    const whole = await json();
    expect(whole.kind).toBe("inspection");
    expect(whole.counters["a"]?.["eth0"]?.received.packets).toBeGreaterThan(0);
    expect(whole.neighbours["a"]).toEqual([
      expect.objectContaining({ address: "10.0.0.3", link: "eth0", mac: expect.stringMatching(/^02:/) }),
    ]);
    expect(whole.neighbours["far"]).toEqual([]);
    expect(whole.rules).toContainEqual(expect.objectContaining({ node: "gw", text: "masquerade out eth1" }));
    const one = await json("gw:eth0");
    expect(one.model.namespaces.map(({ name, links }) => [name, links.map((link) => link.name)])).toEqual([
      ["gw", ["eth0"]],
    ]);
    expect(Object.keys(one.counters)).toEqual(["gw"]);
    expect(one.rules.filter(({ derived }) => !derived)).toEqual([]);
  });
});

describe("watching", () => {
  const rates = ({ seen }: Running): Rates[] =>
    seen.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Rates);
  const received = ({ rates: all }: Rates, node: string): number =>
    all.find((rate) => rate.node === node)?.received.packets ?? NaN;

  it("tells on a pipe what passes by and where, until Ctrl-C", async () => {
    const watched = netloom.start(["inspect", "--watch", "--interval", "0.1", "--json"]);
    await until(() => watched.seen.out.includes("\n"));
    const ping = await netloom.run(["exec", "a", "ping", "-c3", "-i0.2", "-W5", "10.0.0.3"]);
    expect(ping.code).toBe(0);
    await until(() => rates(watched).some((each) => received(each, "b") > 0));
    watched.child.kill("SIGINT");
    expect(await watched.ended).toMatchObject({ code: 0, err: "" });
    expect(rates(watched).every((each) => received(each, "far") === 0)).toBe(true);
  });

  it("ends after as many tables as were asked for, and takes the busiest first", async () => {
    const out = await inspect("--watch", "--interval", "0.1", "--count", "2", "gw", "--busiest");
    expect(out.match(/^node +interface +state /gm)).toHaveLength(2);
    expect(out.match(/^gw +eth1 +up /gm)).toHaveLength(2);
    expect(out).not.toMatch(/^a /m);
  });

  /** `script` (util-linux) lends a terminal. */
  const onTerminal = (
    ...args: string[]
  ): { type: (text: string) => void; seen: () => string; ended: Promise<number | null> } => {
    const command = `stty cols 60 rows 10; exec ${NETLOOM} inspect --watch --interval 0.1 ${args.join(" ")}`;
    const child = spawn("script", ["-qefc", command, "/dev/null"], { env: { ...netloom.env, TERM: "xterm" } });
    let out = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    return { type: (text) => void child.stdin.write(text), seen: () => out, ended };
  };
  const ENTERED = "\x1b[?1049h";
  const LEFT = "\x1b[?1049l";

  it.each([
    ["q", "q"],
    ["Ctrl-C", "\x03"],
  ])("on a terminal repaints one screen, which %s leaves as it was", async (_, key) => {
    const terminal = onTerminal();
    // Painted again, not once more below.
    await until(() => terminal.seen().split("\x1b[H").length > 3);
    expect(terminal.seen()).toContain("office");
    expect(terminal.seen()).not.toContain(LEFT);
    terminal.type(key);
    expect(await terminal.ended).toBe(0);
    expect(terminal.seen().startsWith(ENTERED)).toBe(true);
    expect(terminal.seen().trimEnd().endsWith(LEFT)).toBe(true);
    for (const screen of terminal.seen().split("\x1b[H").slice(1))
      expect(screen.split("\r\n").length).toBeLessThanOrEqual(10);
  });

  if (has("ip"))
    it("tells of a node that comes meanwhile, and what it is plugged into", async () => {
      await netloom.run(["up", "star:1", "--name", "grows"]);
      const watched = netloom.start(["inspect", "--lab", "grows", "--watch", "--interval", "0.1"]);
      await until(() => watched.seen.out.includes("h1 "));
      const typed = async (commands: string): Promise<void> =>
        expect(await netloom.run(["exec", "--lab", "grows", "root", "--", "sh", "-ec", commands])).toMatchObject({
          code: 0,
        });
      await typed(
        "ip netns add late; ip link add port type veth peer name eth0 netns late; ip -n late link set eth0 up",
      );
      await until(() => /^late +eth0 +no carrier +root:port /m.test(watched.seen.out));
      // No interface comes or goes with it.
      await typed("ip link set port master s up");
      await until(() => /^late +eth0 +up +s /m.test(watched.seen.out));
      // The port carries what the interface at its other end does.
      expect(watched.seen.out.slice(watched.seen.out.lastIndexOf("node "))).not.toMatch(/^root +port /m);
      await netloom.run(["down", "grows"]);
      expect(await watched.ended).toMatchObject({ code: 0, err: "lab grows has ended\n" });
    });

  if (has("ip"))
    it("tells of what happens at the other end of a cable, of one node, too", async () => {
      await netloom.run(["up", "star:1", "--name", "moved"]);
      const watched = netloom.start(["inspect", "--lab", "moved", "h1", "--watch", "--interval", "0.1"]);
      await until(() => /^h1 +eth0 +up +s /m.test(watched.seen.out));
      const typed = ["exec", "--lab", "moved", "root", "--", "ip", "link", "set", "h1-eth0", "nomaster"];
      expect(await netloom.run(typed)).toMatchObject({ code: 0 });
      await until(() => /^h1 +eth0 +up +root:h1-eth0 /m.test(watched.seen.out));
      expect(watched.seen.out).not.toMatch(/^root /m);
      await netloom.run(["down", "moved"]);
      await watched.ended;
    });

  it("ends with the lab, and says so", async () => {
    await netloom.run(["up", "star:2", "--name", "brief"]);
    const terminal = onTerminal("--lab", "brief");
    await until(() => terminal.seen().includes("h2"));
    await netloom.run(["down", "brief"]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.seen()).toContain(`${LEFT}lab brief has ended`);
  });
});

it("leaves nothing behind", async () => {
  await netloom.run(["down", "office"]);
  await netloom.clean();
});

describe("on the machine itself", () => {
  let machine: HostMachine;
  beforeAll(async () => {
    machine = await hostMachine(netloom);
  });

  it("tells of what is the lab's, and not of the machine's other interfaces", async () => {
    await machine.sh("ip link add mine type veth peer name other; ip link set mine up");
    await machine.netloom(["up", "--host", netloom.file("host.yaml", HOST_OFFICE)]);
    const { counters } = JSON.parse((await machine.netloom(["inspect", "--host", "office", "--json"])).out) as Document;
    expect(Object.keys(counters["root"]!).sort()).toEqual([
      "a-eth0",
      expect.stringMatching(/^a-host/),
      "dmz",
      "lan",
      "lo",
    ]);
    const { out } = await machine.netloom(["inspect", "--host", "--watch", "--count", "1", "--interval", "0.1"]);
    expect(out).toMatch(/^root +lan +up /m);
    expect(out).not.toMatch(/^root +(mine|other) /m);
    expect((await machine.netloom(["inspect", "a:eth0"])).out).toMatch(/^plugged into +switch lan$/m);
    await machine.netloom(["down", "--host", "office"]);
  });
});
