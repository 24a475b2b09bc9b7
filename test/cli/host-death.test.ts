// --host: the process that holds a lab dies, at rest or in the middle of a change; the network does not.

import { beforeAll, describe, expect, it } from "vitest";
import { CHANGED, type HostMachine, hostMachine, OFFICE } from "./host-machine.ts";
import { program } from "./program.ts";

const netloom = program();
let machine: HostMachine;
beforeAll(async () => {
  machine = await hostMachine(netloom);
});

const office = (): string => netloom.file("office.yaml", OFFICE);
const changed = (): string => netloom.file("changed.yaml", CHANGED);

/** Nothing to do, and packets pass. */
async function equals(file: string): Promise<void> {
  await machine.netloom(["plan", "--host", file, "--exit-code"]);
  expect((await machine.netloom(["verify", "--host", "office"])).out).toContain("✓ office");
}

/** Its holder dies when that write of the change is due. */
async function killed(file: string, write: number): Promise<void> {
  await machine.fault(`kill ${write}`);
  const { err } = await machine.netloom(["up", "--host", file], { status: 1 });
  expect(err).toContain("lab office ended");
  expect(await machine.state("office")).toBe("broken");
}

describe("the holder dies", () => {
  it("the network stays: it is adopted as it is, and no packet is lost", async () => {
    const before = await machine.snapshot();
    await machine.netloom(["up", "--host", office()]);
    const traffic = machine.background("exec ip netns exec office-a ping -n -i 0.01 10.60.0.2");
    await expect.poll(() => traffic.seen.out.split("\n").length).toBeGreaterThan(5);
    await machine.killHolder("office");
    expect(await machine.state("office")).toBe("unwatched");
    await machine.netloom(["up", "--host", office()]);
    expect(await machine.state("office")).toBe("up");
    await equals(office());
    const seen = traffic.seen.out.split("\n").length;
    await expect.poll(() => traffic.seen.out.split("\n").length).toBeGreaterThan(seen + 5);
    await machine.sh("pkill -INT -x ping");
    expect((await traffic.ended).out).toContain(" 0% packet loss");
    await machine.netloom(["down", "office"]);
    expect(await machine.snapshot()).toBe(before);
  });

  it("a command that needs one starts another", async () => {
    await machine.netloom(["up", "--host", office()]);
    await machine.killHolder("office");
    expect((await machine.netloom(["exec", "a", "hostname", "-I"])).out).toContain("10.50.0.2");
    expect(await machine.state("office")).toBe("up");
    await machine.netloom(["down"]);
  });

  it("what was written down is lost: down works from the marks", async () => {
    const before = await machine.snapshot();
    await machine.netloom([
      "up",
      "--host",
      netloom.file("plain.yaml", OFFICE.replace("forwarding: true", "forwarding: false")),
    ]);
    await machine.killHolder("office");
    await machine.sh("rm -r /run/netloom");
    expect(await machine.state("office")).toBe("broken");
    await machine.netloom(["down", "--host", "office"]);
    expect(await machine.state("office")).toBe(null);
    await machine.sh("mkdir -m 700 /run/netloom");
    expect(await machine.snapshot()).toBe(before);
  });
});

describe("what is left", () => {
  it("of a lab that nobody watches is in use: gc spares it unless it is told otherwise", async () => {
    const before = await machine.snapshot();
    expect((await machine.netloom(["gc"])).err).toContain("no dead lab has left anything");
    await machine.netloom(["up", "--host", office()]);
    expect((await machine.netloom(["gc", "--unwatched"])).err).toContain("no dead lab has left anything");
    await machine.killHolder("office");
    expect((await machine.netloom(["gc"])).err).toContain("office is unwatched but complete, so it stays");
    expect(await machine.state("office")).toBe("unwatched");
    expect((await machine.netloom(["gc", "--unwatched", "--dry-run"])).err).toContain("left of dead labs: office");
    expect(await machine.state("office")).toBe("unwatched");
    expect((await machine.netloom(["gc", "--unwatched"])).err).toContain("removed what was left of: office");
    expect(await machine.snapshot()).toBe(before);
  });

  it("after the machine has been started anew is files alone: up builds, gc removes them", async () => {
    const before = await machine.snapshot();
    for (const mend of ["up", "gc"]) {
      await machine.netloom(["up", "--host", office()]);
      await killed(changed(), 8);
      // What a new kernel has: nothing. The boot that files speak of is another one by then.
      await machine.sh(`
        for name in $(ls /run/netns); do ip netns del $name; done
        for link in $(ip -br link | sed -n 's/^\\([^@ ]*\\).*/\\1/p' | grep -v '^lo$'); do ip link del $link 2>/dev/null; done
        echo 0 > /proc/sys/net/ipv4/ip_forward
        sed -i "s/$(cat /proc/sys/kernel/random/boot_id)/11111111-2222-3333-4444-555555555555/g" /run/netloom/office.json /run/netloom/office.state /run/netloom/office.journal`);
      expect(await machine.state("office")).toBe("stale");
      if (mend === "gc") expect((await machine.netloom(["gc"])).err).toContain("removed what was left of: office");
      else {
        await machine.netloom(["up", "--host", office()]);
        await equals(office());
        await machine.netloom(["down"]);
      }
      expect(await machine.snapshot()).toBe(before);
    }
  });
});

// Every write of ten changes, and what is left then, is looked at by test/laws/killed.kernel.test.ts; here, the commands.
describe("the holder is killed in the middle of a change", () => {
  it.each([
    [4, "up"],
    [9, "down"],
    [14, "inspect"],
    [19, "gc"],
    [24, "up"],
  ])("that makes it, at write %i: %s mends it", async (write, mend) => {
    const before = await machine.snapshot();
    await killed(office(), write);
    if (mend === "up") {
      await machine.netloom(["up", "--host", office()]);
      await equals(office());
    }
    if (mend === "gc") expect((await machine.netloom(["gc"])).err).toContain("removed what was left of: office");
    // Half a lab that is not wanted: looking into it undoes it.
    else if (mend === "inspect")
      expect((await machine.netloom(["inspect", "office"], { status: 1 })).err).toContain("no lab named");
    else await machine.netloom(["down", "--host", "office"]);
    expect(await machine.snapshot()).toBe(before);
  });

  it.each([
    [5, "up"],
    [9, "inspect"],
    [13, "down"],
    [8, "gc"],
  ])("that changes it, at write %i: %s mends it", async (write, mend) => {
    const before = await machine.snapshot();
    await machine.netloom(["up", "--host", office()]);
    await killed(changed(), write);
    if (mend === "up") {
      await machine.netloom(["up", "--host", changed()]);
      await equals(changed());
    } else if (mend === "inspect") {
      // And is itself killed on the way.
      await machine.fault("kill 2");
      await machine.netloom(["inspect", "office"], { status: 1 });
      await machine.netloom(["inspect", "office"]);
      await equals(office());
    }
    await machine.netloom(mend === "gc" ? ["gc"] : ["down", "--host", "office"]);
    expect(await machine.snapshot()).toBe(before);
  });
});
