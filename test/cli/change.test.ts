// A change of a lab that runs is stopped at one of its writes (src/kernel/fault.ts), and somebody dies there. On the machine
// itself, where the network outlives its holder, see host-death.test.ts and test/laws/killed.kernel.test.ts.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { POLL, program, until, type Running } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const fault = join(netloom.folder, "fault");
const reached = `${fault}.reached`;

//   a ─┐                 ┌─ c (masqueraded)
//   b ─┴─ lan ── gw ── wan
const NETWORK = `
name: office
switches: { lan: { subnet: 10.0.0.0/24 }, wan: { subnet: 10.9.0.0/24 } }
hosts:
  a: { interfaces: { eth0: lan }, run: [{ command: [sleep, "1000000"] }] }
  b: { interfaces: { eth0: lan } }
  c: { interfaces: { eth0: wan } }
routers:
  gw:
    interfaces: { eth0: { link: lan, address: 10.0.0.254/24 }, eth1: { link: wan, address: 10.9.0.254/24 } }
    nat: [{ masquerade: eth1 }]
    firewall: { forward: drop, rules: [allow established, allow icmp from lan] }
`;
const LEASED = NETWORK.replace(
  "b: { interfaces: { eth0: lan } }",
  "b: { interfaces: { eth0: { link: lan, address: dhcp } } }",
).replace("address: 10.0.0.254/24 }", "address: 10.0.0.254/24, dhcp: true }");
const file = netloom.file("office.yaml", NETWORK);
/** b elsewhere, c gone, other rules, another MTU. */
const changed = netloom.file(
  "changed.yaml",
  NETWORK.replace("b: { interfaces: { eth0: lan } }", "b: { interfaces: { eth0: { link: wan, mtu: 1400 } } }")
    .replace("  c: { interfaces: { eth0: wan } }\n", "")
    .replace(", allow icmp from lan", ""),
);

const env = { NETLOOM_TEST_FAULT: fault };
const differs = async (path: string): Promise<boolean> => (await netloom.run(["plan", path, "--exit-code"])).code !== 0;

beforeEach(async () => {
  expect(await netloom.run(["up", file], { env })).toMatchObject({ code: 0 });
});
afterEach(async () => {
  rmSync(reached, { force: true });
  expect((await netloom.run(["down", "--all"])).code).toBe(0);
  await netloom.clean();
});

/** Begins to change the lab, and stops when that write is due. */
async function begin(write: number): Promise<Running> {
  writeFileSync(fault, `wait ${write}`);
  const running = netloom.start(["up", changed]);
  await until(() => existsSync(reached) || running.over());
  expect({ reached: existsSync(reached), said: running.seen.err }).toMatchObject({ reached: true });
  return running;
}

test("up again writes nothing at all: not to the kernel, and nowhere else", async () => {
  const services = netloom.file("leased.yaml", has("dnsmasq", "udhcpc", "ip") ? LEASED : NETWORK);
  expect((await netloom.run(["up", services])).code).toBe(0);
  writeFileSync(fault, "wait 1");
  // A write would make it wait, and this test fail by its time.
  expect(await netloom.run(["up", services])).toMatchObject({
    code: 0,
    err: "office is already up, nothing to change\n",
  });
  expect([existsSync(fault), existsSync(reached)]).toEqual([false, false]);
  // The control: where there is something to do, the first write is one.
  const running = await begin(1);
  rmSync(reached);
  expect((await running.ended).code).toBe(0);
  expect(await differs(changed)).toBe(false);
});

describe("in the middle of a change", () => {
  test.each([1, 5, 8])("up is killed at write %i: the holder finishes or goes back", async (write) => {
    const running = await begin(write);
    running.child.kill("SIGKILL");
    await running.ended;
    rmSync(reached);
    await expect.poll(async () => !(await differs(file)) || !(await differs(changed)), POLL).toBe(true);
    expect((await netloom.run(["verify", "--pairs"])).out).toContain("office");
    expect((await netloom.run(["up", changed])).code).toBe(0);
    expect(await differs(changed)).toBe(false);
  });

  test("Ctrl-C: everything is as it was, status 130", async () => {
    const running = await begin(5);
    running.child.kill("SIGINT");
    rmSync(reached);
    expect((await running.ended).code).toBe(130);
    await expect.poll(() => differs(file), POLL).toBe(false);
  });

  test.each([2, 7])("the holder is killed at write %i: all of the lab goes with it", async (write) => {
    const running = await begin(write);
    const { holder } = JSON.parse(readFileSync(join(netloom.labs, "office.json"), "utf8")) as {
      holder: { pid: number };
    };
    process.kill(holder.pid, "SIGKILL");
    expect(await running.ended).toMatchObject({ code: 1, err: expect.stringMatching(/^error\[sandbox\.lab-died\]/) });
    await until(() => netloom.processes().length === 0);
    expect((await netloom.run(["ls"])).out).toMatch(/office.*stale/);
    rmSync(reached);
    expect((await netloom.run(["up", changed])).code).toBe(0);
    expect(await differs(changed)).toBe(false);
  });
});
