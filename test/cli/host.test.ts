// --host, on a machine that is a network namespace of its own.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CHANGED, type HostMachine, hostMachine, OFFICE } from "./host-machine.ts";
import { POLL, program, ROOT_FOLDER } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
let machine: HostMachine;
beforeAll(async () => {
  machine = await hostMachine(netloom);
});

const office = (): string => netloom.file("office.yaml", OFFICE);
const changed = (): string => netloom.file("changed.yaml", CHANGED);

const ping = (from: string, to: string): Promise<string> =>
  machine.sh(`ip netns exec ${from} ping -c1 -W1 ${to} >/dev/null && echo yes || echo no`);

/** Nothing to do, and packets pass. */
async function equals(file: string): Promise<void> {
  await machine.netloom(["plan", "--host", file, "--exit-code"]);
  expect((await machine.netloom(["verify", "--host", "office"])).out).toContain("✓ office");
}

describe("a lab on the machine itself", () => {
  it("is up, looked into, and gone without a trace", async () => {
    const before = await machine.snapshot();
    await machine.netloom(["up", "--host", office()]);
    expect(await machine.snapshot()).not.toBe(before);
    // iproute2, the witness: names, marks, packets.
    expect((await machine.sh("ls /run/netns")).split("\n")).toEqual(["office-a", "office-a-host-of-long-name", ""]);
    expect(await machine.sh("ip -n office-a link show lo")).toContain("alias netloom:office");
    for (const link of ["lan", "dmz", "a-eth0", "a-host-of-long-name-eth0"]) {
      expect(await machine.sh(`ip link show ${link}`)).toContain("alias netloom:office");
    }
    expect(await ping("office-a", "10.60.0.2")).toBe("yes\n");
    expect(await machine.sh("cat /proc/sys/net/ipv4/ip_forward")).toBe("1\n");
    await equals(office());
    expect((await machine.netloom(["exec", "--host", "a", "ip", "-br", "address"])).out).toContain("10.50.0.2/24");
    expect((await machine.netloom(["exec", "a", "getent", "hosts", "a-host-of-long-name"])).out).toContain("10.60.0.2");
    expect((await machine.netloom(["inspect", "office"])).out).toContain("a-host-of-long-name");
    expect((await machine.netloom(["up", "--host", office()])).err).toContain("nothing to change");
    await machine.netloom(["down", "--host", "office"]);
    expect(await machine.snapshot()).toBe(before);
    expect((await machine.netloom(["down", "--host", "office"])).err).toContain("was not up");
  });

  it("is changed in place, and run for one command", async () => {
    const before = await machine.snapshot();
    await machine.netloom(["up", "--host", office()]);
    const index = await machine.sh("cat /sys/class/net/lan/ifindex; ip -n office-a -br link show eth0");
    expect((await machine.netloom(["up", "--host", changed()])).err).toContain("+ node b");
    expect(await machine.sh("cat /sys/class/net/lan/ifindex; ip -n office-a -br link show eth0")).toBe(index);
    expect(await ping("office-b", "10.50.0.9")).toBe("yes\n");
    await machine.netloom(["down"]);
    expect(await machine.snapshot()).toBe(before);
    const { out } = await machine.netloom(["run", "--host", office(), "--", "ls", "/run/netns"]);
    expect(out).toMatch(/^office-\d+-a$/m);
    expect(await machine.snapshot()).toBe(before);
  });

  it("has the prefix that was asked for, and is one lab with one place", async () => {
    const before = await machine.snapshot();
    await machine.sh("ip netns add somebody");
    await machine.netloom(["up", "--host", "--prefix", "", office()]);
    expect((await machine.sh("ls /run/netns")).split("\n")).toEqual(["a", "a-host-of-long-name", "somebody", ""]);
    await machine.netloom(["exec", "a", "true"]);
    expect((await machine.netloom(["exec", "somebody", "true"], { status: 2 })).err).toContain("no node");
    expect((await machine.netloom(["up", "--host", office(), "--prefix", "x-"], { status: 1 })).err).toContain("begin");
    expect((await machine.netloom(["up", office()], { status: 1 })).err).toContain("on the machine itself");
    await machine.netloom(["down", "office"]);
    expect(await machine.sh("ls /run/netns")).toBe("somebody\n");
    await machine.sh("ip netns del somebody");
    expect(await machine.snapshot()).toBe(before);
    expect((await machine.netloom(["up", office(), "--prefix", "x"], { status: 2 })).err).toContain("--host");
  });

  // The ordinary user that all of this file is tested as, too.
  if (process.geteuid!() !== 0) {
    it("is for root only", async () => {
      const { code, err } = await netloom.run(["up", "--host", office()]);
      expect([code, err]).toEqual([1, expect.stringContaining("only root")]);
      expect(netloom.files()).toEqual([]);
    });
  }
});

describe("what is not ours", () => {
  it.each([
    ["an interface with a switch's name", "ip link add lan type bridge", "ip link del lan", "switch lan"],
    ["a namespace with a node's name", "ip netns add office-a", "ip netns del office-a", "/run/netns/office-a"],
    [
      "a network that the machine is in",
      "ip link add br7 type bridge; ip addr add 10.50.0.7/24 dev br7; ip link set br7 addrgenmode none; ip link set br7 up",
      "ip link del br7",
      "10.50.0.1/24",
    ],
  ])("%s is in the way: refused, and left as it was", async (_, make, remove, named) => {
    await machine.sh(make);
    const before = await machine.snapshot();
    const { err } = await machine.netloom(["up", "--host", office()], { status: 1 });
    expect(err).toContain(named);
    expect(err).toContain("nothing was changed");
    expect(await machine.snapshot()).toBe(before);
    await machine.sh(remove);
    await machine.netloom(["up", "--host", office()]);
    await machine.netloom(["down", "office"]);
  });

  it("has the name of a cable's end: that has another one, and keeps it", async () => {
    const make = "ip link add a-eth0 address 02:00:00:00:00:07 type bridge";
    const snapshot = async (): Promise<string> => (await machine.snapshot()).replace(/^\d+: /gm, "");
    await machine.sh(make);
    const before = await snapshot();
    await machine.netloom(["up", "--host", office()]);
    const name = /^(a-eth0-[0-9a-f]{6})@/m.exec(await machine.sh("ip -br link show type veth"))![1]!;
    expect(await machine.sh(`ip link show ${name}`)).toContain("altname office-a-eth0");
    await equals(office());
    await machine.sh("ip link del a-eth0");
    expect((await machine.netloom(["up", "--host", office()])).err).toContain("nothing to change");
    await machine.sh(make);
    await machine.netloom(["down", "office"]);
    expect(await snapshot()).toBe(before);
    await machine.sh("ip link del a-eth0");
  });

  it("two labs that need the same setting: the last to go puts back what the machine had", async () => {
    const other = netloom.file(
      "other.yaml",
      "name: other\nroot: { forwarding: true }\nswitches: { net7: { subnet: 10.70.0.0/24, address: 10.70.0.1/24 } }\nhosts: { a: { interfaces: { eth0: net7 } } }\n",
    );
    const forwarding = (): Promise<string> => machine.sh("cat /proc/sys/net/ipv4/ip_forward");
    const before = await machine.snapshot();
    for (const first of ["office", "other"]) {
      await machine.netloom(["up", "--host", office()]);
      await machine.netloom(["up", "--host", other]);
      expect(await ping("other-a", "10.50.0.2")).toBe("yes\n");
      await machine.netloom(["down", first]);
      expect(await forwarding()).toBe("1\n");
      await machine.netloom(["down", first === "office" ? "other" : "office"]);
      expect(await machine.snapshot()).toBe(before);
    }
  });

  it.runIf(has("nft"))("rules of others stay, ours have the lab's name", async () => {
    await machine.sh("nft add table inet theirs; nft add table ip netloomish");
    const before = await machine.snapshot();
    const nat = netloom.file(
      "nat.yaml",
      "name: office\nroot: { nat: [{ masquerade: wan }] }\nswitches: { lan: { subnet: 10.50.0.0/24, address: 10.50.0.1/24 }, wan: { subnet: 10.60.0.0/24, address: 10.60.0.1/24 } }\nhosts: { a: { interfaces: { eth0: lan } } }\n",
    );
    await machine.netloom(["up", "--host", nat]);
    expect(await machine.sh("nft list table inet netloom-office")).toContain("masquerade");
    await machine.netloom(["plan", "--host", nat, "--exit-code"]);
    await machine.netloom(["up", "--host", office()]);
    expect(await machine.sh("nft list tables")).toBe("table inet theirs\ntable ip netloomish\n");
    await machine.netloom(["up", "--host", nat]);
    await machine.netloom(["down"]);
    expect(await machine.snapshot()).toBe(before);
    await machine.sh("nft delete table inet theirs; nft delete table ip netloomish");
  });
});

describe("an operator", () => {
  it.skipIf(!has("nft"))("finds nothing written by a second up, and the journal of a change private", async () => {
    const nat = netloom.file("office.yaml", OFFICE.replace("true }", "true, nat: [{ masquerade: dmz }] }"));
    await machine.netloom(["up", "--host", nat]);
    await machine.fault("kill 1");
    expect((await machine.netloom(["up", "--host", nat])).err).toContain("nothing to change");
    expect(await machine.sh("ls /run/fault 2>/dev/null; true")).toBe("");
    await machine.fault("wait 6");
    const running = machine.start(["up", "--host", changed()]);
    await machine.sh("while ! test -e /run/fault.reached; do sleep 0.01; done");
    expect(await machine.sh("stat -c '%a %n' /run/netloom /run/netloom/office.journal /run/netloom/office.state")).toBe(
      "700 /run/netloom\n600 /run/netloom/office.journal\n600 /run/netloom/office.state\n",
    );
    await machine.sh("rm /run/fault.reached");
    expect((await running.ended).code).toBe(0);
    expect(await machine.sh("ls /run/netloom")).not.toContain("journal");
    await machine.netloom(["down"]);
  });

  it("sees drift as it comes, and nothing of what is not the lab's", async () => {
    await machine.netloom(["up", "--host", office()]);
    const watch = machine.start(["plan", "--host", office(), "--watch"]);
    const said = (text: string): Promise<unknown> => expect.poll(() => watch.seen.out, POLL).toContain(text);
    await said("office is equal to the file");
    await machine.sh("ip link add theirs type bridge; ip netns add theirs; ip -n office-a link set eth0 mtu 1300");
    await said("~ a link eth0: mtu is 1300, should be 1500");
    await machine.sh("ip link del a-eth0");
    await said("+ root link a-eth0");
    await machine.netloom(["up", "--host", office()]);
    await said("office is equal to the file again");
    expect(watch.seen.out).not.toContain("theirs");
    await machine.netloom(["down"]);
    expect((await watch.ended).code).toBe(1);
    await machine.sh("ip link del theirs; ip netns del theirs");
  });

  it("has it brought up at boot by the unit, and changed by a reload", async () => {
    const unit = readFileSync(join(ROOT_FOLDER, "examples", "systemd", "netloom@.service"), "utf8");
    const command = (key: string): string[] =>
      new RegExp(`^${key}=/usr/bin/env netloom (.*)$`, "m")
        .exec(unit)![1]!
        .replaceAll("/etc/netloom/%i", join(netloom.folder, "unit"))
        .replaceAll("%i", "office")
        .split(" ");
    const before = await machine.snapshot();
    netloom.file("unit.yaml", OFFICE.replace("name: office", "name: another"));
    await machine.netloom(command("ExecStart"));
    await machine.netloom(command("ExecStart"));
    expect(await ping("office-a", "10.60.0.2")).toBe("yes\n");
    netloom.file("unit.yaml", CHANGED);
    expect((await machine.netloom(command("ExecReload"))).err).toContain("+ node b");
    // Also of a file that is gone or broken by then.
    netloom.file("unit.yaml", "{");
    await machine.netloom(command("ExecStop"));
    await machine.netloom(command("ExecStop"));
    expect(await machine.snapshot()).toBe(before);
  });

  it.runIf(has("systemd-analyze"))("has a unit that systemd understands", async () => {
    const unit = join(ROOT_FOLDER, "examples", "systemd", "netloom@.service");
    const { code, err } = await netloom.run(["verify", unit], { command: "systemd-analyze" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });
});
