import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Bench, outcome, PROGRAM, says, until } from "./netloom.ts";

const bench = new Bench();

describe("run", () => {
  it("proves a network and takes it down", async () => {
    const { status, stdout, stderr } = await bench.run("run", "star:4");
    expect(status).toBe(0);
    expect(stderr).toMatch(/^star-4 is up: 4 hosts, 1 switch, 4 links in/);
    expect(stdout).toMatch(/h1 +· +✓ +✓ +✓\n/);
    expect(stdout).toMatch(/\n✓ star-4: all 12 pairs hold, /);
    expect(bench.left()).toEqual([]);
  });

  it("has status 1 and says why when it does not hold", async () => {
    const file = bench.file(
      "deaf.yaml",
      "hosts:\n  a: { interfaces: { eth0: { link: b:eth0, address: 10.0.0.1/24 } } }\n  b: { interfaces: { eth0: { address: 10.0.1.1/24, link: a:eth0 } } }\n",
    );
    const { status, stdout } = await bench.run("run", file);
    expect(status).toBe(1);
    expect(stdout).toContain("✗ deaf: 2 of 2 pairs do not hold");
    const document = await bench.json<{ verification: { lab: string } }>("run", file);
    expect(document).toMatchObject({ netloom: 1, kind: "verification", verification: { lab: "deaf", holds: false } });
  });

  it("runs a command in the root namespace and ends with its status", async () => {
    const { status, stdout } = await bench.run("run", "star:2", "--", "sh", "-c", "ls /run/netns; exit 5");
    expect({ status, stdout }).toEqual({ status: 5, stdout: "h1\nh2\n" });
    expect(bench.left()).toEqual([]);
  });

  it("runs the same file twice at once", async () => {
    const both = await Promise.all([
      bench.run("run", "star:2", "--", "true"),
      bench.run("run", "star:2", "--", "true"),
    ]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGKILL", null],
  ] as const)("leaves nothing behind after %s", async (signal, status) => {
    const child = bench.start(["run", "star:3", "--", "sh", "-c", "echo ready; exec sleep 1000"]);
    const ended = outcome(child);
    await says(child, "ready");
    expect(bench.left().length).toBeGreaterThan(0);
    child.kill(signal);
    expect((await ended).status).toBe(status);
    // The holder itself puts its files away when whoever launched it is gone.
    await until(() => bench.left().length === 0);
    expect(bench.left()).toEqual([]);
  });

  it("survives a reader that leaves early", async () => {
    const shell = spawn("sh", ["-c", '"$0" validate star:1000 --json | head -c 10; "$0" ls', PROGRAM], {
      env: { ...process.env, NETLOOM_RUNTIME_DIR: bench.labs },
      stdio: "pipe",
    });
    const { status, stdout, stderr } = await outcome(shell);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '{"netloom"no lab is up\n', stderr: "" });
  });
});

describe("sandbox", () => {
  it("is an empty machine of one's own", async () => {
    const script =
      "ls /run/netns 2>/dev/null; id -u; echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward; cat /sys/class/net/lo/operstate; ls /sys/class/net; exit 4";
    const { status, stdout } = await bench.run("sandbox", "--", "sh", "-c", script);
    expect({ status, stdout }).toEqual({ status: 4, stdout: "0\n1\nunknown\nlo\n" });
    expect(bench.left()).toEqual([]);
  });

  it("opens a shell without a command", async () => {
    const { status, stdout } = await bench.run("sandbox", {
      input: "echo in $NETLOOM_LAB\nexit 6\n",
      env: { SHELL: "/bin/sh" },
    });
    expect(status).toBe(6);
    expect(stdout).toMatch(/^in sandbox-\d+\n$/);
  });
});
