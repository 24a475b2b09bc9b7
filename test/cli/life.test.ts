/*
 *      a ── lan ── b          10.0.0.0/24, b has no way to answer when a file says otherwise
 */

import { describe, expect, it } from "vitest";
import { program } from "./program.ts";

const netloom = program();
const OFFICE =
  "name: office\nswitches:\n  lan: { subnet: 10.0.0.0/24 }\nhosts:\n  a: { interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lan } }\n";

describe("the life of a lab", () => {
  it("comes up, is listed, looked into, proven, and goes", async () => {
    const file = netloom.file("office.yaml", OFFICE);
    const up = await netloom.run(["up", file]);
    expect(up).toMatchObject({ code: 0, out: "" });
    expect(up.err).toMatch(/^office is up: 2 hosts, 1 switch, 2 links in [\d.]+ m?s\n$/);

    const { labs } = await netloom.json<{ labs: object[] }>(["ls"]);
    expect(labs).toEqual([expect.objectContaining({ name: "office", state: "up", nodes: 2, file })]);

    expect(await netloom.run(["up", file])).toMatchObject({
      code: 0,
      err: "office is already up, nothing to change\n",
    });

    const changed = netloom.file(
      "changed.yaml",
      OFFICE.replace("a: { interfaces: { eth0: lan } }", "a: { interfaces: { eth0: { link: lan, mtu: 1400 } } }"),
    );
    const planned = await netloom.run(["plan", changed, "--exit-code"]);
    expect(planned.code).toBe(3);
    expect(planned.out).toMatch(/~ a link eth0: mtu is 1500, should be 1400/);
    expect(planned.out).toMatch(/^office: 3 changes, 3 to change$/m);
    const altered = await netloom.run(["up", changed]);
    expect(altered.code).toBe(0);
    expect(altered.err).toMatch(/~ a link eth0: .*1400/);
    expect(altered.err).toMatch(/^office is up: 3 changes in/m);
    expect((await netloom.run(["plan", changed, "--exit-code"])).code).toBe(0);
    expect(await netloom.json(["plan", file])).toMatchObject({
      kind: "plan",
      running: true,
      changes: expect.arrayContaining([]),
    });
    await netloom.run(["up", file]);

    const inspected = await netloom.run(["inspect"]);
    expect(inspected.out).toMatch(/^a +eth0 +veth +up +1500 +\S+ +10\.0\.0\.1\/24 +lan/m);
    const document = await netloom.json<{ model: { namespaces: { name: string }[] } }>(["inspect", "office"]);
    expect(document.model.namespaces.map(({ name }) => name)).toEqual(["root", "a", "b"]);
    expect((await netloom.run(["inspect", "--node", "a"])).out).toMatch(/^a +lo +loopback +up/m);

    const verified = await netloom.run(["verify", file]);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toMatch(/✓ office: all 2 pairs hold/);

    expect(await netloom.run(["down", file])).toMatchObject({ code: 0, out: "", err: "office is down\n" });
    expect(await netloom.run(["down", "office"])).toMatchObject({ code: 0, err: "office was not up\n" });
    expect(await netloom.run(["down"])).toMatchObject({ code: 0, err: "no lab is up\n" });
    expect(netloom.files()).toEqual([]);
  });

  it("says that a lab is stopped instead of waiting for it, and asks it once it goes on", async () => {
    await netloom.run(["up", "star:2", "--name", "halted"]);
    const { labs } = await netloom.json<{ labs: { name: string; pid: number }[] }>(["ls"]);
    const { pid } = labs.find(({ name }) => name === "halted")!;
    process.kill(pid, "SIGSTOP");
    const asked = await netloom.run(["verify", "halted"]);
    process.kill(pid, "SIGCONT");
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining(`kill -CONT ${pid}`) });
    expect(await netloom.run(["verify", "halted"])).toMatchObject({ code: 0 });
    await netloom.run(["down", "halted"]);
  });

  it("takes a port on which nobody listens for one that lets nothing through, and says why", async () => {
    const served = `${OFFICE.replace("b: { interfaces: { eth0: lan } }", 'b: { interfaces: { eth0: lan }, run: [{ command: [node, -e, "net.createServer().listen(80)"] }] }')}expect: `;
    const good = netloom.file("served.yaml", `${served}[a -> b tcp/80, a -x> b tcp/81, b -x> a udp/53]\n`);
    const { code, out } = await netloom.run(["run", good]);
    expect(out).toMatch(/✓ +b -x> a udp\/53 +nothing listens there; the network would let it through/);
    expect(code).toBe(0);
    // Until the server listens, the port is one on which nobody does.
    const bad = netloom.file("unserved.yaml", `${served}[a -x> b tcp/80]\n`);
    await netloom.run(["up", bad]);
    await expect.poll(async () => (await netloom.run(["verify", bad])).code).toBe(1);
    await netloom.run(["down", bad]);
  });

  it("fails to verify what does not hold, beside what does", async () => {
    const file = netloom.file(
      "wrong.yaml",
      `${OFFICE.replace("office", "wrong")}expect: [a -> b icmp, a -x> b icmp, a -> 10.0.0.99 icmp]\n`,
    );
    await netloom.run(["up", file]);
    const { code, out } = await netloom.run(["verify", "wrong"]);
    expect(code).toBe(1);
    expect(out).toMatch(/✓ +a -> b icmp +answered/);
    expect(out).toMatch(/✗ +a -x> b icmp +answered in .* but must not get through/);
    expect(out).toMatch(/✗ +a -> 10\.0\.0\.99 icmp/);
    expect(out).toContain("✗ wrong: 2 of 3 expectations do not hold");
    const document = await netloom.json<{ verification: { holds: boolean } }>(["verify", "wrong"]);
    expect(document).toMatchObject({ kind: "verification", verification: { holds: false, kind: "expect" } });
    expect((await netloom.run(["verify", "--pairs"])).code).toBe(0);
    await netloom.run(["down", "wrong"]);
  });

  it("wants to know which lab, when it cannot tell", async () => {
    for (const args of [["inspect"], ["verify"], ["exec", "a", "true"], ["shell"]]) {
      const none = await netloom.run(args);
      expect(none.code).toBe(1);
      expect(none.err).toContain("error[cli.no-lab]: no lab is up");
    }
    await netloom.run(["up", "star:2", "--name", "one"]);
    await netloom.run(["up", "star:2", "--name", "two"]);
    const which = await netloom.run(["exec", "h1", "true"]);
    expect(which.code).toBe(2);
    expect(which.err).toContain("cause: running: one, two");
    expect((await netloom.run(["exec", "--lab", "two", "h1", "true"])).code).toBe(0);
    const misspelt = await netloom.run(["inspect", "onw"]);
    expect(misspelt.err).toContain('help: did you mean "one"?');
    const unbuilt = await netloom.run(["verify", "star:9"]);
    expect(unbuilt.err).toContain("netloom run star:9");
    expect(await netloom.run(["down", "--all"])).toMatchObject({ code: 0, err: "one and two are down\n" });
  });

  it("has two labs with the same addresses at once, and one of two simultaneous ups of one lab waits", async () => {
    const [first, second, other] = await Promise.all([
      netloom.run(["up", "star:3"]),
      netloom.run(["up", "star:3"]),
      netloom.run(["up", "star:3", "--name", "other"]),
    ]);
    expect([first.code, second.code, other.code]).toEqual([0, 0, 0]);
    expect([first.err, second.err].filter((text) => text.includes("nothing to change"))).toHaveLength(1);
    await netloom.run(["down", "--all"]);
    expect(netloom.files()).toEqual([]);
  });
});
