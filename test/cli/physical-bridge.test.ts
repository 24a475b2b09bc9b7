// The machine's own interface as a port of a bridge that takes its place, or in a node: on a machine that is a network
// namespace of its own, whose interface is a cable to a gateway in another.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type HostMachine, hostMachine } from "./host-machine.ts";
import { POLL, program, ROOT_FOLDER } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
let machine: HostMachine;

//                 the machine                      gw, "the gateway"
//   routes … ┤ eth0  192.0.2.10 ├─────── gw0 ┤ 192.0.2.1, 2001:db8::1
const SETUP = `
ip netns add gw
ip link add eth0 address 02:00:00:00:0e:00 type veth peer name gw0 netns gw
ip -n gw link set lo up; ip -n gw link set gw0 address 02:00:00:00:0e:01 up
ip -n gw addr add 192.0.2.1/24 dev gw0; ip -n gw addr add 2001:db8::1/64 dev gw0 nodad
ip link set eth0 up alias "to the office"
ip addr add 192.0.2.10/24 brd + dev eth0
ip addr add 192.0.2.11/24 label eth0:1 dev eth0
ip addr add 192.0.2.12/24 valid_lft 50000 preferred_lft 40000 dev eth0
ip addr add 198.51.100.9/32 scope link dev eth0
ip addr add 2001:db8::10/64 dev eth0
ip route add default via 192.0.2.1 proto dhcp src 192.0.2.10 metric 100
ip route add 203.0.113.0/25 via 192.0.2.1 mtu lock 1400
ip route add 203.0.113.128/25 dev eth0 table 77 proto 99
ip -6 route add default via 2001:db8::1 metric 50
ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 dev eth0 nud permanent
until [ -z "$(ip -6 addr show tentative; ip -n gw -6 addr show tentative)" ]; do sleep 0.02; done
ping -c1 -W1 192.0.2.1 && ping -c1 -W1 2001:db8::1`;

/** All that the interface has and the machine does by it; without what moves by itself. */
const STATE = `
ip -d link show | sed 's/ gc_timer.*group_fwd/ group_fwd/; s/ hello_timer.*//'
ip addr show | sed 's/[0-9]*sec/some/g'; ip route show table all; ip -6 route show table all; ip rule
ip neigh show nud permanent; ip -br addr; ls /run/netns; ls /run/netloom; cd /proc/sys/net; grep -s . ipv?/conf/eth0/*; true`;

const state = (): Promise<string> => machine.sh(STATE);
let before = "";

const setUp = async (): Promise<void> => {
  await machine.sh(SETUP);
  before = await state();
};

beforeAll(async () => {
  machine = await hostMachine(netloom);
  await setUp();
});

/** The kernel takes a moment to tell that a cable has two ends again. */
const isAsBefore = async (): Promise<void> => expect.poll(state, POLL).toBe(before);
/** A test after which the machine is as it was. */
const keeps =
  <T extends unknown[]>(test: (...given: T) => Promise<void>) =>
  async (...given: T): Promise<void> => {
    try {
      await test(...given);
      await isAsBefore();
    } catch (error) {
      // For the tests that come.
      await machine.start(["down", "--host", "office"]).ended;
      throw error;
    }
  };

//   a ─ br-ex ─ eth0 ├──── the gateway
const bridge = (): string =>
  netloom.file(
    "office.yaml",
    `name: office
root: { uplink: { interface: eth0, bridge: br-ex } }
hosts: { a: { interfaces: { eth0: { link: br-ex, address: 192.0.2.77/24 } }, gateway: 192.0.2.1 } }
`,
  );
//   n: wan ├──── the gateway
const node = (): string =>
  netloom.file(
    "node.yaml",
    `name: office
hosts: { n: { interfaces: { wan: { device: eth0, address: 192.0.2.30/24, mtu: 1400 } }, gateway: 192.0.2.1 } }
`,
  );

const ping = (from: string, to: string): Promise<string> =>
  machine.sh(`${from === "" ? "" : `ip netns exec ${from} `}ping -c1 -W1 ${to} >/dev/null && echo yes || echo no`);
const isPort = (): Promise<boolean> =>
  machine.sh("ip -br link show master br-ex 2>/dev/null || true").then((links) => /^eth0@/m.test(links));
/** The brackets keep the pattern from finding the shell that has it. */
const kill = (signal: string, pattern: string): Promise<string> => machine.sh(`pkill -${signal} -f '${pattern}'`);
const UP = "[u]p --host --confirm";
const WATCH = "[_]_watch office";

/** `up` that waits to be confirmed, for as long as it takes. */
async function waiting(file: string) {
  const up = machine.start(["up", "--host", "--confirm", "10m", file]);
  await expect.poll(() => up.seen.err, POLL).toContain("netloom confirm office");
  return up;
}

/** Says something on one connection over and over, and counts the echoes. */
const TALK = `
import { connect } from "node:net";
const socket = connect(7777, "192.0.2.1");
socket.on("data", () => console.log("echo"));
for (const event of ["error", "close"]) socket.on(event, () => console.log("broken"));
setInterval(() => socket.write("?"), 10);
`;
const ECHO = `
import { createServer } from "node:net";
createServer((socket) => socket.pipe(socket).on("error", () => {})).listen(7777, () => console.log("ready"));
`;

describe("a bridge in the place of the machine's interface", () => {
  it(
    "takes all that it has; nothing that runs is cut; and gives it back",
    keeps(async () => {
      const [echo, talk] = [netloom.file("echo.mjs", ECHO), netloom.file("talk.mjs", TALK)];
      const server = machine.background(`exec ip netns exec gw '${process.execPath}' '${echo}'`);
      await expect.poll(() => server.seen.out, POLL).toContain("ready");
      const talker = machine.background(`exec '${process.execPath}' '${talk}'`);
      const pings = machine.background("exec ping -n -i 0.01 192.0.2.1");
      const goOn = async (): Promise<void> => {
        for (const { seen } of [talker, pings]) {
          const sofar = seen.out.length;
          await expect.poll(() => seen.out.length, POLL).toBeGreaterThan(sofar + 100);
        }
      };
      await goOn();
      await machine.netloom(["up", "--host", bridge()]);
      await goOn();
      const [addresses, routes, six, other] = (
        await machine.sh(
          "ip addr show br-ex; echo ===; ip route; echo ===; ip -6 route; echo ===; ip route show table 77",
        )
      ).split("===");
      expect(addresses).toContain("link/ether 02:00:00:00:0e:00");
      expect(addresses).toContain("inet 192.0.2.10/24 brd 192.0.2.255 scope global br-ex\n");
      expect(addresses).toContain("inet 192.0.2.11/24 scope global secondary br-ex:1");
      expect(addresses).toMatch(/inet 192\.0\.2\.12\/24 scope global secondary dynamic br-ex\n +valid_lft 4\d{4}sec/);
      expect(addresses).toContain("inet 198.51.100.9/32 scope link br-ex");
      expect(addresses).toMatch(/inet6 2001:db8::10\/64 scope global \n/);
      expect(routes).toContain("default via 192.0.2.1 dev br-ex proto dhcp src 192.0.2.10 metric 100");
      expect(routes).toContain("203.0.113.0/25 via 192.0.2.1 dev br-ex mtu lock 1400");
      expect(six).toContain("default via 2001:db8::1 dev br-ex metric 50");
      expect(other).toContain("203.0.113.128/25 dev br-ex");
      const neighbours = await machine.sh("ip neigh show dev br-ex");
      expect(neighbours).toContain("192.0.2.50 lladdr 02:00:00:00:00:50 PERMANENT");
      expect(neighbours).toContain("192.0.2.1 lladdr 02:00:00:00:0e:01 REACHABLE");
      expect(await machine.sh("ip -br addr show eth0; ip route show dev eth0; ip neigh show dev eth0")).toMatch(
        /^eth0@if\d+ +UP *\n$/,
      );
      // Who is where: the lab's host on the machine's network, the machine where it was.
      expect(await ping("office-a", "192.0.2.1")).toBe("yes\n");
      expect(await ping("office-a", "192.0.2.10")).toBe("yes\n");
      expect(await ping("gw", "192.0.2.77")).toBe("yes\n");
      expect(await ping("gw", "2001:db8::10")).toBe("yes\n");
      await machine.netloom(["plan", "--host", bridge(), "--exit-code"]);
      expect((await machine.netloom(["up", "--host", bridge()])).err).toContain("nothing to change");
      expect((await machine.netloom(["inspect"])).out).toMatch(/root +eth0 +nic +up .* br-ex/);
      // What the machine gets meanwhile is its own, too.
      await machine.sh("ip addr add 192.0.2.99/24 dev br-ex");
      await machine.netloom(["plan", "--host", bridge(), "--exit-code"]);
      await machine.netloom(["down"]);
      expect(await machine.sh("ip -br addr show eth0")).toContain("192.0.2.99/24");
      await machine.sh("ip addr del 192.0.2.99/24 dev eth0");
      await goOn();
      await machine.sh("pkill -INT -x ping");
      expect((await pings.ended).out).toContain(" 0% packet loss");
      expect(talker.seen.out).not.toContain("broken");
      await machine.sh("pkill -f '[t]alk.mjs'; pkill -f '[e]cho.mjs'");
    }),
  );

  it.runIf(has("nft"))(
    "the gateway does not answer any more: everything is put back",
    keeps(async () => {
      await machine.sh("nft 'table bridge x { chain i { type filter hook input priority 0; ether type arp drop; }; }'");
      const { err } = await machine.netloom(["up", "--host", bridge()], { status: 1 });
      expect(err).toContain("the default gateway does not answer through br-ex");
      expect(err).toContain("everything was undone");
      await machine.sh("nft delete table bridge x");
    }),
  );

  it(
    "is confirmed in time: it stays; too late: it does not",
    keeps(async () => {
      const up = await waiting(bridge());
      expect(await isPort()).toBe(true);
      expect((await machine.netloom(["confirm"])).err).toContain("it stays");
      expect((await up.ended).code).toBe(0);
      expect((await machine.netloom(["confirm", "office"], { status: 1 })).err).toContain(
        "is not waiting for confirmation",
      );
      expect(await machine.sh("pgrep -f '[_]_watch' || true")).toBe("");
      expect(await isPort()).toBe(true);
      await machine.netloom(["down", "office"]);
      const { err } = await machine.netloom(["up", "--host", bridge(), "--confirm", "1s"], { status: 1 });
      expect(err).toContain("no confirmation came");
      await isAsBefore();
      expect((await machine.netloom(["confirm", "office"], { status: 1 })).err).toContain("no lab named");
    }),
  );

  it(
    "comes to a lab that runs, and leaves it; what is not confirmed changes nothing of it",
    keeps(async () => {
      const plain = netloom.file(
        "plain.yaml",
        "name: office\nhosts: { a: { interfaces: { eth0: { link: 'b:eth0', address: 10.9.0.1/30 } } }, b: { interfaces: { eth0: { address: 10.9.0.2/30 } } } }\n",
      );
      await machine.netloom(["up", "--host", plain]);
      const { err } = await machine.netloom(["up", "--host", bridge(), "--confirm", "1s"], { status: 1 });
      expect(err).toContain("everything was undone");
      await machine.netloom(["plan", "--host", plain, "--exit-code"]);
      await machine.netloom(["up", "--host", bridge()]);
      expect(await isPort()).toBe(true);
      await machine.netloom(["up", "--host", plain]);
      await machine.netloom(["plan", "--host", plain, "--exit-code"]);
      await machine.netloom(["down"]);
    }),
  );
});

describe("while nobody knows yet whether the machine can be reached", () => {
  it.each(["INT", "KILL"])(
    "SIG%s ends up: everything is put back",
    keeps(async (signal: string) => {
      const up = await waiting(bridge());
      expect(await isPort()).toBe(true);
      await kill(signal, UP);
      expect((await up.ended).code).not.toBe(0);
      await isAsBefore();
      expect(await machine.state("office")).toBe(null);
    }),
  );

  it(
    "the holder is killed: the interface is put back by itself, and the next command does the rest",
    keeps(async () => {
      const up = await waiting(bridge());
      await machine.killHolder("office");
      expect((await up.ended).code).toBe(1);
      await expect.poll(isPort, POLL).toBe(false);
      await expect.poll(() => ping("", "192.0.2.1"), POLL).toBe("yes\n");
      expect(await machine.sh("ip -br addr show eth0")).toContain("192.0.2.10/24");
      await machine.netloom(["up", "--host", bridge()]);
      expect(await isPort()).toBe(true);
      await machine.netloom(["down", "--host", "office"]);
    }),
  );

  it(
    "the holder and its watch are killed: the next command puts it back",
    keeps(async () => {
      for (const next of [["up", "--host", node(), "--confirm", "1s"], ["gc"]]) {
        const up = await waiting(bridge());
        await kill("KILL", WATCH);
        await machine.killHolder("office");
        expect((await up.ended).code).toBe(1);
        expect(await isPort()).toBe(true);
        await machine.netloom(next, { status: next[0] === "up" ? 1 : 0 });
        expect(await isPort()).toBe(false);
        await machine.netloom(["down", "--host", "office"]);
        await isAsBefore();
      }
    }),
  );

  it(
    "the holder is killed in the middle of the change",
    keeps(async () => {
      // Of most of these writes the interface has one part then, and the bridge the other.
      for (const write of [14, 19, 31, 45]) {
        const env = { NETLOOM_TEST_FAULT: netloom.file("fault", `kill ${write}`) };
        const up = await machine.start(["up", "--host", "--confirm", "10m", bridge()], env).ended;
        expect(up.err, `write ${write}`).toContain("lab office ended");
        await expect.poll(isPort, POLL).toBe(false);
        await machine.netloom(["down", "--host", "office"]);
        await isAsBefore();
      }
    }),
  );

  it(
    "what was written down is lost: down works from the marks",
    keeps(async () => {
      await machine.netloom(["up", "--host", bridge()]);
      await machine.killHolder("office");
      await machine.sh("rm -r /run/netloom");
      await machine.netloom(["down", "--host", "office"]);
      await machine.sh("mkdir -m 700 /run/netloom; ip link set eth0 alias 'to the office'");
    }),
  );
});

describe("the machine's interface in a node", () => {
  it(
    "is there under its name; and comes back with all that it had",
    keeps(async () => {
      const { err } = await machine.netloom(["up", "--host", node()], { status: 1 });
      expect(err).toContain("eth0 has this machine's default route");
      expect(err).toContain("nothing was changed");
      const up = await waiting(node());
      expect(await machine.sh("ip -n office-n -br addr show wan")).toMatch(/^wan@\S+ +UP +192\.0\.2\.30\/24 *\n$/);
      expect(await machine.sh("ip -n office-n link show wan")).toContain("mtu 1400");
      expect(await machine.sh("ip link show eth0 2>&1 || true")).toContain("does not exist");
      expect(await ping("office-n", "192.0.2.1")).toBe("yes\n");
      await machine.netloom(["confirm"]);
      expect((await up.ended).code).toBe(0);
      await machine.netloom(["plan", "--host", node(), "--exit-code"]);
      await machine.killHolder("office");
      await machine.netloom(["down", "office"]);
    }),
  );

  it(
    "moves to a bridge of the lab, and back; its name on the machine may be taken then",
    keeps(async () => {
      const confirmed = async (file: string): Promise<void> => {
        const up = await waiting(file);
        await machine.netloom(["confirm"]);
        expect((await up.ended).code).toBe(0);
      };
      await confirmed(node());
      await machine.netloom(["up", "--host", bridge()]);
      expect(await ping("office-a", "192.0.2.1")).toBe("yes\n");
      await confirmed(node());
      expect(await ping("office-n", "192.0.2.1")).toBe("yes\n");
      await machine.sh("ip link add eth0 type bridge");
      const { err } = await machine.netloom(["down"]);
      expect(err).toContain("eth0 is back on the machine as wan");
      await machine.sh("ip link del eth0; ip link del wan; ip netns del gw");
      await setUp();
    }),
  );
});

describe("what cannot be", () => {
  it.each([
    ["an interface that is not there", "true", "true", "it does not exist"],
    [
      "one that is a port already",
      "ip link add br9 type bridge; ip link set eth0 master br9",
      "ip link del br9",
      "it is already a port of br9",
    ],
    ["a bridge that is not ours", "ip link add br-ex type bridge", "ip link del br-ex", "switch br-ex cannot be made"],
    [
      "a gateway that is silent",
      "ip -n gw link set gw0 arp off; ip neigh flush dev eth0",
      "ip -n gw link set gw0 arp on",
      "no answer from the default gateway now",
    ],
  ])(
    "%s: refused, and nothing is changed",
    keeps(async (what: string, make: string, remove: string, said: string) => {
      await machine.sh(make);
      const there = await state();
      const file = what.includes("not there")
        ? netloom.file("eth7.yaml", "name: office\nroot: { uplink: { interface: eth7, bridge: br-ex } }\n")
        : bridge();
      const { err } = await machine.netloom(["up", "--host", file], { status: 1 });
      expect(err).toContain(said);
      expect(err).toContain("nothing was changed");
      expect(await state()).toBe(there);
      await machine.sh(remove);
    }),
  );

  it(
    "without --host, or a confirmation without a time",
    keeps(async () => {
      for (const command of ["up", "run", "plan"]) {
        const { code, err } = await netloom.run([command, bridge()]);
        expect([code, err]).toEqual([2, expect.stringContaining("which only a lab with --host can do")]);
      }
      expect((await netloom.run(["up", bridge(), "--confirm", "60s"])).code).toBe(2);
      expect((await machine.netloom(["up", "--host", bridge(), "--confirm", "soon"], { status: 2 })).err).toContain(
        "60s",
      );
      expect(netloom.files()).toEqual([]);
    }),
  );
});

//   gw: br0 192.0.2.1 ├── eth0, eth1 ┤ the machine
const SECOND = `
ip link add eth1 type veth peer name gw1 netns gw; ip -n gw link set gw0 down
ip -n gw link add br0 address 02:00:00:00:0e:01 type bridge; ip -n gw addr flush dev gw0
for link in gw0 gw1; do ip -n gw link set $link master br0; done
for link in br0 gw0 gw1; do ip -n gw link set $link up; done; ip link set eth1 up
ip -n gw addr add 192.0.2.1/24 dev br0
until ping -c1 -W1 192.0.2.1; do :; done`;

describe("examples for the machine itself", () => {
  const folder = join(ROOT_FOLDER, "examples", "host");

  it.each(readdirSync(folder))("%s is valid, and holds", async (name) => {
    const file = join(folder, name);
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, err: "" });
    await machine.sh(SECOND);
    try {
      expect((await machine.netloom(["run", "--host", file])).out).toContain("all 2 expectations hold");
      expect(await machine.sh("ip -br addr show eth0; ip -br link show eth1")).toMatch(/192\.0\.2\.10\/24[^]*eth1/);
    } finally {
      await machine.sh("ip link del eth1; ip link del eth0; ip netns del gw");
      await setUp();
    }
  });
});
