// A node's own files: /etc/hosts, /etc/resolv.conf and /sys in what exec runs there, /etc of the lab, and the machine's untouched.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { machine, NETLOOM, POLL, program, textOf } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const before = { hosts: textOf("/etc/hosts"), resolver: textOf("/etc/resolv.conf"), machine: machine() };

const exec = async (node: string, script: string): Promise<string> => {
  const { out, err, code } = await netloom.run(["exec", "--lab", "inn", node, "--", "sh", "-c", script]);
  if (code !== 0) throw new Error(`exec ${node}: ${code}: ${err}`);
  return out;
};

//   a ── lan ── gw ── wan ── b
beforeAll(async () => {
  const file = netloom.file(
    "inn.yaml",
    `switches:
  dmz: { subnet: 10.0.0.0/24 }
  lan: { subnet: 10.0.1.0/24 }
  wan: { subnet: 10.0.2.0/24 }
hosts:
  a: { interfaces: { eth0: lan } }
  b: { interfaces: { eth0: wan } }
routers:
  gw: { interfaces: { eth0: dmz, eth1: lan, eth2: wan } }
`,
  );
  expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
});

describe("names", () => {
  test("of a node with several addresses the nearest is known", async () => {
    const first = (text: string): string => text.split(/\s/)[0]!;
    expect(first(await exec("a", "getent hosts gw"))).toBe("10.0.1.1");
    expect(first(await exec("b", "getent hosts gw"))).toBe("10.0.2.1");
    expect(await exec("a", "ping -c1 -W5 gw | head -n1")).toContain("(10.0.1.1)");
    // The lab as a whole is nowhere in particular.
    expect(first(await exec("root", "getent hosts gw"))).toBe("10.0.0.1");
    // What the machine called by name before still has its name.
    expect((await exec("a", "cat /etc/hosts")).endsWith(before.hosts)).toBe(true);
    expect(await exec("a", "getent hosts nosuch.example || echo unknown")).toBe("unknown\n");
  });

  test("a node's resolv.conf is its own, in exec and in ip netns exec", async () => {
    await exec("a", "echo nameserver 192.0.2.1 > /etc/resolv.conf");
    expect(await exec("a", "cat /etc/resolv.conf")).toBe("nameserver 192.0.2.1\n");
    expect(await exec("root", "ip netns exec a cat /etc/resolv.conf")).toBe("nameserver 192.0.2.1\n");
    for (const node of ["b", "root"])
      expect(await exec(node, "cat /etc/resolv.conf")).toContain("nameserver 127.0.0.1");
  });
});

describe("/sys", () => {
  test("shows the node's links, and root's in root", async () => {
    expect(await exec("gw", "ls /sys/class/net")).toBe("eth0\neth1\neth2\nlo\n");
    expect(await exec("root", "ls /sys/class/net")).toContain("lan\n");
    expect(await exec("gw", "[ -d /sys/fs/cgroup ] && ls /sys/fs/cgroup")).toBe(
      await exec("root", "ls /sys/fs/cgroup"),
    );
  });

  test.skipIf(!has("brctl"))("brctl show is about the node", async () => {
    expect(await exec("root", "brctl show")).toMatch(/^lan\s/m);
    expect(await exec("a", "ip link add inner type bridge && brctl show")).toMatch(/^inner\s/m);
    expect(await exec("a", "brctl show")).not.toMatch(/^lan\s/m);
    expect(await exec("root", "brctl show")).not.toMatch(/^inner\s/m);
    await exec("a", "ip link delete inner");
  });

  if (process.geteuid!() === 0)
    test("of the real machine stays out of root's reach", async () => {
      // Each is opened for writing only: nothing is written, should the protection fail.
      const files = "/sys/kernel/mm/ksm/run /sys/kernel/profiling /sys/kernel/rcu_expedited";
      const count = `n=0; for f in ${files}; do [ -e $f ] && n=$((n+1)); done; echo $n`;
      const open = `n=0; for f in ${files}; do (: >> $f) 2>/dev/null && n=$((n+1)); done; echo $n`;
      expect(Number(await exec("a", count))).toBeGreaterThan(0);
      expect(await exec("a", open)).toBe("0\n");
      // What is the lab's own may be written.
      const setting = "/sys/class/net/own/bridge/ageing_time";
      const own = `ip link add own type bridge; echo 2000 > ${setting}; cat ${setting}; ip link delete own`;
      expect(await exec("a", own)).toBe("2000\n");
    });
});

test("one enters other nodes, and root, from a node, each with its own files", async () => {
  const script = (node: string): string =>
    `exec ${NETLOOM} exec ${node} sh -c 'ls /sys/class/net; getent hosts gw | head -n1'`;
  expect(await exec("a", script("b"))).toMatch(/^eth0\nlo\n10\.0\.2\.1 /);
  expect(await exec("a", script("root"))).toMatch(/lan\n[^]*10\.0\.0\.1 /);
});

test("ip netns works in a node as in root", async () => {
  expect(await exec("a", "ip netns list | sort")).toBe("a\nb\ngw\n");
});

test("a namespace made by hand has a room, and another one when it is made anew", async () => {
  await exec("root", "ip netns add red; ip -n red link add one type veth peer name two");
  expect(await exec("red", "ls /sys/class/net")).toBe("lo\none\ntwo\n");
  await exec("root", "ip netns del red; ip netns add red; ip -n red link add three type veth peer name four");
  expect(await exec("red", "ls /sys/class/net")).toBe("four\nlo\nthree\n");
  await exec("root", "ip netns del red");
});

test("a tutorial's resolv.conf of a namespace is used, by ip netns exec and by netloom exec", async () => {
  const script = "ip netns add blue; mkdir -p /etc/netns/blue; echo nameserver 192.0.2.7 > /etc/netns/blue/resolv.conf";
  await exec("root", script);
  for (const text of [
    await exec("root", "ip netns exec blue cat /etc/resolv.conf"),
    await exec("blue", "cat /etc/resolv.conf"),
  ])
    expect(text).toBe("nameserver 192.0.2.7\n");
  await exec("root", "ip netns del blue");
});

test("what is written in /etc stays in the lab", async () => {
  const script = `echo 192.0.2.9 elsewhere >> /etc/hosts; echo nameserver 192.0.2.8 > /etc/resolv.conf
    echo mine > /etc/netloom-test; mkdir -p /etc/netns/red; getent hosts elsewhere; cat /etc/netloom-test`;
  const { out, code } = await netloom.run(["sandbox", "--", "sh", "-c", script]);
  expect({ out, code }).toEqual({ out: expect.stringMatching(/^192\.0\.2\.9 +elsewhere\nmine\n$/), code: 0 });
  expect(textOf("/etc/hosts")).toBe(before.hosts);
  expect(textOf("/etc/resolv.conf")).toBe(before.resolver);
  expect(textOf("/etc/netloom-test")).toBe("");
  expect(textOf("/etc/netns/red")).toBe("");
});

test("below a container's own mounts in /etc, where no layer can be laid over it, names work all the same", async () => {
  const inside = `grep -c ' /etc overlay ' /proc/self/mounts; ip netns exec h1 getent hosts h2
    ${NETLOOM} exec h1 sh -c 'getent hosts h2; ls /sys/class/net; grep nameserver /etc/resolv.conf'`;
  const outside = `mount --bind /etc/hosts /etc/hosts && exec "$@"`;
  const words = ["-Urm", "sh", "-c", outside, "sh", NETLOOM, "run", "star:2", "--", "sh", "-c", inside];
  const { out, err, code } = await netloom.run(words, { command: "unshare" });
  expect({ out, err, code }).toEqual({
    out: expect.stringMatching(/^0\n(10\.0\.0\.2 +h2\n){2}eth0\nlo\nnameserver 127\.0\.0\.1\n$/),
    err: "",
    code: 0,
  });
  expect(textOf("/etc/hosts")).toBe(before.hosts);
});

test("a command runs without its room when the holder does not answer, and says so", async () => {
  const record = JSON.parse(readFileSync(`${netloom.labs}/inn.json`, "utf8")) as { holder: { pid: number } };
  await exec("b", "true");
  process.kill(record.holder.pid, "SIGSTOP");
  try {
    const { out, err, code } = await netloom.run([
      "exec",
      "b",
      "sh",
      "-c",
      "ip -br address show eth0; ls /sys/class/net",
    ]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/10\.0\.2\.2\/24[^]*\nlan\n/) });
    expect(err).toMatch(/warning.*b has no \/etc\/hosts[^]*no answer within 2 seconds/);
  } finally {
    process.kill(record.holder.pid, "SIGCONT");
  }
  expect(await exec("b", "ls /sys/class/net")).toBe("eth0\nlo\n");
});

test("a lab with rooms vanishes without a trace when its holder is killed", async () => {
  const { child, seen } = netloom.start(["exec", "gw", "sh", "-c", "echo runs; exec sleep 1000000"]);
  await expect.poll(() => seen.out, POLL).toBe("runs\n");
  const record = JSON.parse(readFileSync(`${netloom.labs}/inn.json`, "utf8")) as { holder: { pid: number } };
  process.kill(record.holder.pid, "SIGKILL");
  await expect.poll(() => child.exitCode, POLL).toBe(137);
  await netloom.run(["down", "--all"]);
  await netloom.clean();
  expect(machine()).toEqual(before.machine);
});
