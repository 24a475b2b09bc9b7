// Whatever a lab's inhabitants mount, unmount or link, netloom writes nothing into the machine that the lab runs on.

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Account, type DecoyMachine, decoyMachine } from "./decoy-machine.ts";
import { has } from "../support/witnesses.ts";
import { program } from "./program.ts";

const netloom = program();
const SERVICES = has("dnsmasq", "udhcpc");

//   a ── lan ── gw (DHCP)          after the change: another address for a, a node c, another range of gw's
//   b ── lan
const topology = (more: string, sysctl: number, last: number): string => `name: den
switches:
  lan: { subnet: 10.0.0.0/24 }
hosts:
  a: { interfaces: { eth0: { link: lan, address: 10.0.0.${10 + sysctl}/24 } }, sysctls: { net.ipv4.conf.all.rp_filter: ${sysctl} } }
  b: { interfaces: { eth0: { link: lan, address: ${SERVICES ? "dhcp" : "10.0.0.12/24"} } } }
${more}
routers:
  gw:
    interfaces:
      eth0: { link: lan, address: 10.0.0.1/24${SERVICES ? `, dhcp: { range: [10.0.0.100, 10.0.0.${last}] }` : ""} }
`;

let machine: DecoyMachine;
let file: string;
let changed: string;
beforeAll(async () => {
  machine = await decoyMachine(netloom);
  file = netloom.file("den.yaml", topology("", 1, 150));
  changed = netloom.file(
    "changed.yaml",
    topology("  c: { interfaces: { eth0: { link: lan, address: 10.0.0.13/24 } } }", 2, 160),
  );
});

let account: Account = "root";
const exec = async (node: string, script: string): Promise<string> =>
  (await machine.netloom(account, ["exec", "--lab", "den", node, "--", "sh", "-c", script])).out;
afterEach(async () => void (await machine.netloom(account, ["down", "--all"])));

/** Every command that writes: files of names, namespaces, sysctls, rooms, services. */
async function everything(): Promise<void> {
  await machine.netloom(account, ["up", changed]);
  await machine.netloom(account, ["plan", changed, "--exit-code"]);
  expect(await exec("c", "ip -br address show eth0")).toContain("10.0.0.");
  expect(await exec("a", "cat /proc/sys/net/ipv4/conf/all/rp_filter")).toBe("2\n");
  await exec("root", "true");
  await machine.netloom(account, ["inspect", "den"]);
  await machine.netloom(account, ["verify", "den"]);
  await machine.netloom(account, ["up", file]);
}

/** Mount points of a lab's root that are its own, those in others first. */
const MOUNTS = `tac /proc/self/mountinfo | cut -d' ' -f5 | grep -E '^/(etc|run|proc|sys)(/|$)' | grep -v ^/run/netns/`;
const COVER = (what: string): string => `for place in $(${MOUNTS}); do [ ! -d $place ] || ${what}; done`;
// Another view of the whole, in which the machine's own files are uncovered.
const REVEAL = `mount --rbind / /mnt && mount --make-rprivate /mnt && umount -l /mnt/etc /mnt/run`;

/** By what is done, and the node that it is done in. */
const ATTACKS: Readonly<Record<string, readonly [node: string, script: string]>> = {
  "every mount of the lab is taken away, one by one": [
    "root",
    `for place in $(${MOUNTS}); do umount -l $place; done; true`,
  ],
  "umount -a -l": ["root", "umount -a -l; true"],
  "every mount of a node is taken away": ["gw", "umount -a -l; true"],
  "every mount is covered": ["root", COVER("mount -t tmpfs cover $place")],
  "the machine's own are put in the place of the lab's": [
    "root",
    `${REVEAL}; for place in /etc /run /run/netns; do mount --rbind /mnt$place $place; done; grep decoy /run/decoy`,
  ],
  "the machine's own are put in the place of a node's": [
    "gw",
    `${REVEAL}; mount --rbind /mnt/etc /etc; mount --rbind /mnt/run /run; grep decoy /run/decoy`,
  ],
};

for (const who of ["root", "user"] as const)
  describe.skipIf(!has("ip"))(`as ${who}`, () => {
    beforeAll(() => void (account = who));

    // A dozen commands each.
    test.each(Object.entries(ATTACKS))("%s", { timeout: 120_000 }, async (_, [node, attack]) => {
      const before = await machine.snapshot();
      await machine.netloom(account, ["up", file]);
      await exec(node, attack);
      await everything();
      await machine.netloom(account, ["down", "den"]);
      expect(await machine.snapshot()).toBe(before);
    });

    test("control: what is taken away uncovers the machine, and writing there is seen", async () => {
      const before = await machine.snapshot();
      await machine.netloom(account, ["up", file]);
      expect(await exec("root", "umount -l /etc /run; cat /run/decoy /etc/decoy")).toBe("decoy\ndecoy\n");
      await exec("root", "echo here > /run/netloom/hosts");
      expect(await machine.snapshot()).not.toBe(before);
      await machine.sh("echo decoy > /run/netloom/hosts");
      expect(await machine.snapshot()).toBe(before);
    });

    test("even the mounts of the holder itself", async () => {
      const before = await machine.snapshot();
      await machine.netloom(account, ["up", file]);
      await exec("root", `nsenter --target 1 --mount umount -l /etc /run; true`);
      // Names cannot be made where they would not be found. Nothing else can be told in advance but what is not written.
      const { err } = await machine.netloom(account, ["up", changed], 1);
      expect(err).toContain("cannot");
      await machine.netloom(account, ["down", "den"]);
      expect(await machine.snapshot()).toBe(before);
    });

    test("links and pipes that were put where netloom writes are left alone, and it says so", async () => {
      const before = await machine.snapshot();
      await machine.netloom(account, ["up", file]);
      await exec("a", "true");
      const links = ["/etc/hosts", "/etc/resolv.conf", "/etc/netns/a/hosts"].map(
        (each) => `ln -sf /var/victim ${each}`,
      );
      await exec("root", `${links.join("; ")}; rm -f /etc/netns/a/resolv.conf; mkfifo /etc/netns/a/resolv.conf`);
      const { err } = await machine.netloom(account, ["up", changed]);
      expect(err).toMatch(/warning.*nodes do not know each other by name[^]*not followed/);
      expect(await exec("c", "ip -br address show eth0")).toContain("10.0.0.");
      await machine.netloom(account, ["down", "den"]);
      expect(await machine.snapshot()).toBe(before);
      expect(await machine.sh("cat /var/victim")).toBe("victim\n");
    });
  });

describe.skipIf(!has("ip"))("on the machine itself", () => {
  beforeAll(() => void (account = "root"));

  test("what is unmounted in a node stays mounted in the machine, and everything goes on", async () => {
    const before = await machine.snapshot();
    await machine.netloom(account, ["up", "--host", file]);
    const during = await machine.sh("cut -d' ' -f5 /proc/self/mountinfo | sort");
    await exec("gw", "umount -a -l; true");
    await exec("a", `umount -l /etc /run/netns /run; mount -t tmpfs cover /etc; true`);
    expect(await machine.sh("cut -d' ' -f5 /proc/self/mountinfo | sort")).toBe(during);
    await machine.netloom(account, ["up", "--host", changed]);
    await machine.netloom(account, ["plan", "--host", changed, "--exit-code"]);
    expect(await exec("c", "ip -br address show eth0")).toContain("10.0.0.");
    await machine.netloom(account, ["up", "--host", file]);
    await machine.netloom(account, ["down", "--host", "den"]);
    expect(await machine.snapshot()).toBe(before);
  });
});
