// A private network namespace that stands for the real machine: what --host does to it, it does to nothing else.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, expect } from "vitest";
import { NETLOOM, POLL, type Outcome, type Program, type Running } from "./program.ts";

/** Where labs are written down, in the machine's own /run. */
const LABS = "/run/netloom";
const FAULT = "/run/fault";

//            the machine
//   a ─ lan 10.50.0.1 ┤ forwards ├ 10.60.0.1 dmz ─ a-host-of-long-name
export const OFFICE = `
name: office
root: { forwarding: true }
switches:
  lan: { subnet: 10.50.0.0/24, address: 10.50.0.1/24 }
  dmz: { subnet: 10.60.0.0/24, address: 10.60.0.1/24 }
hosts:
  a: { interfaces: { eth0: lan } }
  a-host-of-long-name: { interfaces: { eth0: dmz } }
`;
/** Another host, the long one gone, another address for the machine. */
export const CHANGED = `
name: office
root: { forwarding: true }
switches:
  lan: { subnet: 10.50.0.0/24, address: 10.50.0.9/24 }
  dmz: { subnet: 10.60.0.0/24, address: 10.60.0.1/24 }
hosts:
  a: { interfaces: { eth0: lan } }
  b: { interfaces: { eth0: lan } }
`;

export interface HostMachine {
  /** The program, as root of the machine; fails the test unless it ends with this status. */
  netloom(args: readonly string[], options?: { status?: number; env?: Record<string, string> }): Promise<Outcome>;
  start(args: readonly string[], env?: Record<string, string>): Running;
  /** A shell script in the machine; its output. */
  sh(script: string): Promise<string>;
  /** Runs until it is stopped. */
  background(script: string): Running;
  /** All that a lab could have changed: links, addresses, routes, rules, namespaces, settings, files. */
  snapshot(): Promise<string>;
  /** SIGKILL, and waits for its end. */
  killHolder(lab: string): Promise<void>;
  state(lab: string): Promise<string | null>;
  /** The next change that anything here makes stops at a write: `kill 9` (see src/kernel/fault.ts). */
  fault(what: string): Promise<void>;
}

// `ip netns` makes /run/netns a mount of its own when it is first used, and leaves it so.
const READY = `mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && ip netns add x && ip netns del x &&
  mkdir -m 700 ${LABS} && echo ready && exec sleep infinity`;

const SNAPSHOT = `
ip -d link | sed 's/ gc_timer.*group_fwd/ group_fwd/; s/ hello_timer.*//'
ip -br addr; ip route show table all; ip -6 route show table all; ip rule; ip neigh
ls -l /run/netns 2>/dev/null | wc -l; ls /run/netns 2>/dev/null; grep -c nsfs /proc/self/mounts
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/default/disable_ipv6
! command -v nft >/dev/null || nft list ruleset
ls ${LABS} 2>/dev/null; cat /etc/hosts /etc/resolv.conf; true`;

export async function hostMachine(netloom: Program): Promise<HostMachine> {
  const keeper = spawn("unshare", ["-Urnm", "--pid", "--fork", "--mount-proc", "sh", "-c", READY], {
    env: netloom.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(keeper.stdout, "data");
  const pid = Number(readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "latin1"));
  afterAll(async () => {
    process.kill(pid, "SIGKILL");
    await once(keeper, "exit");
  });
  const enter = ["--target", String(pid), "--user", "--preserve-credentials", "--net", "--mount", "--pid", "--"];
  const run = (command: readonly string[], env: Record<string, string> = {}): Running =>
    netloom.start([...enter, ...command], {
      command: "nsenter",
      env: { NETLOOM_RUNTIME_DIR: LABS, NETLOOM_TEST_FAULT: FAULT, ...env },
      cwd: "/",
    });
  const sh = async (script: string): Promise<string> => {
    const { out, err, code } = await run(["sh", "-c", script]).ended;
    if (code !== 0) throw new Error(`${script}: ${err}`);
    return out;
  };
  const labs = async (): Promise<{ name: string; state: string; pid: number }[]> => {
    const { out } = await run([NETLOOM, "ls", "--json"]).ended;
    return (JSON.parse(out) as { labs: { name: string; state: string; pid: number }[] }).labs;
  };
  const state: HostMachine["state"] = async (lab) => (await labs()).find(({ name }) => name === lab)?.state ?? null;
  return {
    sh,
    state,
    start: (args, env) => run([NETLOOM, ...args], env),
    background: (script) => run(["sh", "-c", script]),
    netloom: async (args, { status = 0, env = {} } = {}) => {
      const outcome = await run([NETLOOM, ...args], env).ended;
      expect(outcome.code, `netloom ${args.join(" ")}: ${outcome.err}${outcome.out}`).toBe(status);
      return outcome;
    },
    snapshot: () => sh(SNAPSHOT),
    fault: async (what) => void (await sh(`echo ${what} > ${FAULT}`)),
    killHolder: async (lab) => {
      const holder = (await labs()).find(({ name }) => name === lab)!.pid;
      await sh(`kill -9 ${holder}`);
      await expect.poll(() => state(lab), POLL).not.toBe("up");
    },
  };
}
