/*
 *      a ── lan ── b          10.0.0.0/24, b has no way to answer when a file says otherwise
 */

import { describe, expect, it } from "vitest";
import { Bench } from "./netloom.ts";

const bench = new Bench();
const OFFICE =
  "name: office\nswitches:\n  lan: { subnet: 10.0.0.0/24 }\nhosts:\n  a: { interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lan } }\n";

describe("the life of a lab", () => {
  it("comes up, is listed, looked into, proven, and goes", async () => {
    const file = bench.file("office.yaml", OFFICE);
    const up = await bench.run("up", file);
    expect(up).toMatchObject({ status: 0, stdout: "" });
    expect(up.stderr).toMatch(/^office is up: 2 hosts, 1 switch, 2 links in [\d.]+ m?s\n$/);

    const { labs } = await bench.json<{ labs: object[] }>("ls");
    expect(labs).toEqual([expect.objectContaining({ name: "office", state: "up", nodes: 2, file })]);

    expect(await bench.run("up", file)).toMatchObject({
      status: 0,
      stderr: "office is already up, nothing to change\n",
    });

    const changed = bench.file(
      "changed.yaml",
      OFFICE.replace("a: { interfaces: { eth0: lan } }", "a: { interfaces: { eth0: { link: lan, mtu: 1400 } } }"),
    );
    const planned = await bench.run("plan", changed, "--exit-code");
    expect(planned.status).toBe(3);
    expect(planned.stdout).toMatch(/~ a link eth0: mtu is 1500, should be 1400/);
    expect(planned.stdout).toMatch(/^office: 3 changes, 3 to change$/m);
    const altered = await bench.run("up", changed);
    expect(altered.status).toBe(0);
    expect(altered.stderr).toMatch(/~ a link eth0: .*1400/);
    expect(altered.stderr).toMatch(/^office is up: 3 changes in/m);
    expect((await bench.run("plan", changed, "--exit-code")).status).toBe(0);
    expect(await bench.json("plan", file)).toMatchObject({
      kind: "plan",
      running: true,
      changes: expect.arrayContaining([]),
    });
    await bench.run("up", file);

    const inspected = await bench.run("inspect");
    expect(inspected.stdout).toMatch(/^a +eth0 +veth +up +1500 +\S+ +10\.0\.0\.1\/24 +lan/m);
    const document = await bench.json<{ model: { namespaces: { name: string }[] } }>("inspect", "office");
    expect(document.model.namespaces.map(({ name }) => name)).toEqual(["root", "a", "b"]);
    expect((await bench.run("inspect", "--node", "a")).stdout).toMatch(/^a +lo +loopback +up/m);

    const verified = await bench.run("verify", file);
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toMatch(/✓ office: all 2 pairs hold/);

    expect(await bench.run("down", file)).toMatchObject({ status: 0, stdout: "", stderr: "office is down\n" });
    expect(await bench.run("down", "office")).toMatchObject({ status: 0, stderr: "office was not up\n" });
    expect(await bench.run("down")).toMatchObject({ status: 0, stderr: "no lab is up\n" });
    expect(bench.left()).toEqual([]);
  });

  it("says that a lab is stopped instead of waiting for it, and asks it once it goes on", async () => {
    await bench.run("up", "star:2", "--name", "halted");
    const { labs } = await bench.json<{ labs: { name: string; pid: number }[] }>("ls");
    const { pid } = labs.find(({ name }) => name === "halted")!;
    process.kill(pid, "SIGSTOP");
    const asked = await bench.run("verify", "halted");
    process.kill(pid, "SIGCONT");
    expect(asked).toMatchObject({ status: 1, stderr: expect.stringContaining(`kill -CONT ${pid}`) });
    expect(await bench.run("verify", "halted")).toMatchObject({ status: 0 });
    await bench.run("down", "halted");
  });

  it("takes a port on which nobody listens for one that lets nothing through, and says why", async () => {
    const served = `${OFFICE.replace("b: { interfaces: { eth0: lan } }", 'b: { interfaces: { eth0: lan }, run: [{ command: [node, -e, "net.createServer().listen(80)"] }] }')}expect: `;
    const good = bench.file("served.yaml", `${served}[a -> b tcp/80, a -x> b tcp/81, b -x> a udp/53]\n`);
    const { status, stdout } = await bench.run("run", good);
    expect(stdout).toMatch(/✓ +b -x> a udp\/53 +nothing listens there; the network would let it through/);
    expect(status).toBe(0);
    // Until the server listens, the port is one on which nobody does.
    const bad = bench.file("unserved.yaml", `${served}[a -x> b tcp/80]\n`);
    await bench.run("up", bad);
    await expect.poll(async () => (await bench.run("verify", bad)).status).toBe(1);
    await bench.run("down", bad);
  });

  it("fails to verify what does not hold, beside what does", async () => {
    const file = bench.file(
      "wrong.yaml",
      `${OFFICE.replace("office", "wrong")}expect: [a -> b icmp, a -x> b icmp, a -> 10.0.0.99 icmp]\n`,
    );
    await bench.run("up", file);
    const { status, stdout } = await bench.run("verify", "wrong");
    expect(status).toBe(1);
    expect(stdout).toMatch(/✓ +a -> b icmp +answered/);
    expect(stdout).toMatch(/✗ +a -x> b icmp +answered in .* but must not get through/);
    expect(stdout).toMatch(/✗ +a -> 10\.0\.0\.99 icmp/);
    expect(stdout).toContain("✗ wrong: 2 of 3 expectations do not hold");
    const document = await bench.json<{ verification: { holds: boolean } }>("verify", "wrong");
    expect(document).toMatchObject({ kind: "verification", verification: { holds: false, kind: "expect" } });
    expect((await bench.run("verify", "--pairs")).status).toBe(0);
    await bench.run("down", "wrong");
  });

  it("wants to know which lab, when it cannot tell", async () => {
    for (const args of [["inspect"], ["verify"], ["exec", "a", "true"], ["shell"]]) {
      const none = await bench.run(...args);
      expect(none.status).toBe(1);
      expect(none.stderr).toContain("error[cli.no-lab]: no lab is up");
    }
    await bench.run("up", "star:2", "--name", "one");
    await bench.run("up", "star:2", "--name", "two");
    const which = await bench.run("exec", "h1", "true");
    expect(which.status).toBe(2);
    expect(which.stderr).toContain("cause: running: one, two");
    expect((await bench.run("exec", "--lab", "two", "h1", "true")).status).toBe(0);
    const misspelt = await bench.run("inspect", "onw");
    expect(misspelt.stderr).toContain('help: did you mean "one"?');
    const unbuilt = await bench.run("verify", "star:9");
    expect(unbuilt.stderr).toContain("netloom run star:9");
    expect(await bench.run("down", "--all")).toMatchObject({ status: 0, stderr: "one and two are down\n" });
  });

  it("has two labs with the same addresses at once, and one of two simultaneous ups of one lab waits", async () => {
    const [first, second, other] = await Promise.all([
      bench.run("up", "star:3"),
      bench.run("up", "star:3"),
      bench.run("up", "star:3", "--name", "other"),
    ]);
    expect([first.status, second.status, other.status]).toEqual([0, 0, 0]);
    expect([first.stderr, second.stderr].filter((text) => text.includes("nothing to change"))).toHaveLength(1);
    await bench.run("down", "--all");
    expect(bench.left()).toEqual([]);
  });
});
