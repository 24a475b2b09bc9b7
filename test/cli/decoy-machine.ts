// A machine whose /etc, /run and /var are copies: what a lab writes into the machine that it runs on can be seen, and does no harm.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, expect } from "vitest";
import { NETLOOM, type Outcome, type Program } from "./program.ts";

/** Who runs netloom: root of the machine, or somebody who has nothing but an account. */
export type Account = "root" | "user";

export interface DecoyMachine {
  /** The program; fails the test unless it ends with this status. */
  netloom(account: Account, args: readonly string[], status?: number): Promise<Outcome>;
  /** A shell script as root of the machine. */
  sh(script: string): Promise<string>;
  /** Everything in /etc, /run and /var with its text, the namespace `a`, mounts and sysctls. And of the machine beneath, too. */
  snapshot(): Promise<string>;
}

const LABS = "/var/labs";

// Where netloom has files in a lab there are others of the same name in the machine.
const DECOYS = `
set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/etc && { cp -r /etc/. /mnt/etc 2>/dev/null || true; } && mount --bind /mnt/etc /etc
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /var
for node in a b c gw root; do mkdir -p /run/netloom/services/$node /run/netloom/netns/$node; done
mkdir -p /run/netloom/etc /run/netloom/services/.events /run/netns /run/dhcpcd /var/lib/dhcpcd
for file in etc/hosts etc/resolv.conf hosts resolv.conf services/gw/hosts services/gw/leases services/gw/dnsmasq.log \\
  netns/a/hosts netns/a/resolv.conf netns/b/hosts netns/root/resolv.conf; do echo decoy > /run/netloom/$file; done
echo decoy > /etc/decoy; echo decoy > /run/decoy; echo victim > /var/victim; chmod 666 /var/victim
`;

// The machine has a namespace that is called as a node of the lab. Its mounts are shared, as systemd makes them.
const READY = `${DECOYS}
ip link set lo up; ip netns add a; ip -n a link add one type veth peer name two
mkdir -m 700 /var/labs /var/labs/root; chmod 755 /var/labs; mkdir -m 700 /var/labs/user
mount --make-rshared /
unshare --user --map-user=1000 --map-group=1000 sleep infinity &
echo ready $!; exec sleep infinity`;

const FILES = `find /etc /run /var -path ${LABS} -prune -o -print | sort
find /etc /run /var -path ${LABS} -prune -o -type f -print | sort | xargs cksum 2>/dev/null; true`;
const SNAPSHOT = `${FILES}
ip -n a -br link | cut -d' ' -f1; ip -n a -br address | wc -l; ip -br link; cut -d' ' -f5,6 /proc/self/mountinfo | sort
grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/*/forwarding /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/kernel/hostname`;

/** Call in beforeAll. The machine stands on another one of its kind, so that what uncovers its own decoys finds decoys beneath. */
export async function decoyMachine(netloom: Program): Promise<DecoyMachine> {
  const inner = ["unshare", "-Urnm", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", '"$0"'];
  const keeper = spawn("unshare", ["-Urm", "sh", "-c", `${DECOYS}\n${inner.join(" ")} & wait`, READY], {
    env: netloom.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterAll(async () => {
    for (const pid of [first, keeper.pid!]) process.kill(pid, "SIGKILL");
    await once(keeper, "exit");
  });
  const said = String((await once(keeper.stdout, "data"))[0]);
  const account = /^ready (\d+)$/m.exec(said)![1]!;
  const childOf = (pid: number): number =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ")[0]);
  const first = childOf(childOf(keeper.pid!));
  const enter = (pid: number | string, ...more: string[]): string[] => [
    "--target",
    String(pid),
    "--user",
    "--preserve-credentials",
    ...more,
  ];
  const inside = [...enter(first, "--net", "--mount", "--pid"), "--"];
  const run = (args: readonly string[], as: Account = "root"): Promise<Outcome> =>
    netloom.start(args, { command: "nsenter", env: { NETLOOM_RUNTIME_DIR: `${LABS}/${as}` }, cwd: "/" }).ended;
  const sh = async (script: string, where = inside): Promise<string> => {
    const { out, err, code } = await run([...where, "sh", "-c", script]);
    if (code !== 0) throw new Error(`${script}: ${err}`);
    return out;
  };
  return {
    sh,
    netloom: async (as, args, status = 0) => {
      const who = as === "root" ? [] : ["nsenter", ...enter(account), "--"];
      const outcome = await run([...inside, ...who, NETLOOM, ...args], as);
      expect(outcome.code, `netloom ${args.join(" ")}: ${outcome.err}${outcome.out}`).toBe(status);
      return outcome;
    },
    snapshot: async () => (await sh(SNAPSHOT)) + (await sh(FILES, [...enter(keeper.pid!, "--mount"), "--"])),
  };
}
