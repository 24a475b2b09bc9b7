import { describe, expect, it } from "vitest";
import { NETLOOM, program, until } from "./program.ts";

const netloom = program();

describe("run", () => {
  it("proves a network and takes it down", async () => {
    const { code, out, err } = await netloom.run(["run", "star:4"]);
    expect(code).toBe(0);
    expect(err).toMatch(/^star-4 is up: 4 hosts, 1 switch, 4 links in/);
    expect(out).toMatch(/h1 +· +✓ +✓ +✓\n/);
    expect(out).toMatch(/\n✓ star-4: all 12 pairs hold, /);
    expect(netloom.files()).toEqual([]);
  });

  it("has status 1 and says why when it does not hold", async () => {
    const file = netloom.file(
      "deaf.yaml",
      "hosts:\n  a: { interfaces: { eth0: { link: b:eth0, address: 10.0.0.1/24 } } }\n  b: { interfaces: { eth0: { address: 10.0.1.1/24, link: a:eth0 } } }\n",
    );
    const { code, out } = await netloom.run(["run", file]);
    expect(code).toBe(1);
    expect(out).toContain("✗ deaf: 2 of 2 pairs do not hold");
    const document = await netloom.json<{ verification: { lab: string } }>(["run", file]);
    expect(document).toMatchObject({ netloom: 1, kind: "verification", verification: { lab: "deaf", holds: false } });
  });

  it("runs a command in the root namespace and ends with its status", async () => {
    const { code, out } = await netloom.run(["run", "star:2", "--", "sh", "-c", "ls /run/netns; exit 5"]);
    expect({ code, out }).toEqual({ code: 5, out: "h1\nh2\n" });
    expect(netloom.files()).toEqual([]);
  });

  it("runs the same file twice at once", async () => {
    const both = await Promise.all([
      netloom.run(["run", "star:2", "--", "true"]),
      netloom.run(["run", "star:2", "--", "true"]),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGKILL", null],
  ] as const)("leaves nothing behind after %s", async (signal, code) => {
    const running = netloom.start(["run", "star:3", "--", "sh", "-c", "echo ready; exec sleep 1000"]);
    await until(() => running.seen.out.includes("ready"));
    expect(netloom.files().length).toBeGreaterThan(0);
    running.child.kill(signal);
    expect((await running.ended).code).toBe(code);
    // The holder itself puts its files away when whoever launched it is gone.
    await until(() => netloom.files().length === 0);
    expect(netloom.files()).toEqual([]);
  });

  it("survives a reader that leaves early", async () => {
    const script = '"$0" validate star:1000 --json | head -c 10; "$0" ls';
    const { code, out, err } = await netloom.run(["-c", script, NETLOOM], { command: "sh" });
    expect({ code, out, err }).toEqual({ code: 0, out: '{"netloom"no lab is up\n', err: "" });
  });
});

describe("sandbox", () => {
  it("is an empty machine of one's own", async () => {
    const script =
      "ls /run/netns 2>/dev/null; id -u; echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward; cat /sys/class/net/lo/operstate; ls /sys/class/net; exit 4";
    const { code, out } = await netloom.run(["sandbox", "--", "sh", "-c", script]);
    expect({ code, out }).toEqual({ code: 4, out: "0\n1\nunknown\nlo\n" });
    expect(netloom.files()).toEqual([]);
  });

  it("opens a shell without a command", async () => {
    const { code, out } = await netloom.run(["sandbox"], {
      input: "echo in $NETLOOM_LAB\nexit 6\n",
      env: { SHELL: "/bin/sh" },
    });
    expect(code).toBe(6);
    expect(out).toMatch(/^in sandbox-\d+\n$/);
  });
});
