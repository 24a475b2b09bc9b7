// SIGKILL at the k-th write of a change on the machine itself: what is there afterwards is neither before nor after, and the
// next command makes it one of both. Writes are those to the kernel, to the journal and to what is written down of the lab.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NetloomError } from "../../src/diagnostic.ts";
import { difference } from "../../src/engine/index.ts";
import { HostLab, readState, removeMarked } from "../../src/host/index.ts";
import { readJournal } from "../../src/host/state.ts";
import { setWriteGate } from "../../src/kernel/gate.ts";
import { readSysctl } from "../../src/kernel/index.ts";
import type { Model } from "../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";
import { bundle } from "../sandbox/support.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { asTopology, heldLab, LAB } from "./held.ts";

const folder = mkdtempSync(join(tmpdir(), "netloom-killed-"));
const victim = join(folder, "victim.cjs");
const {
  context,
  host: { files, prefix },
} = heldLab(folder);

beforeAll(async () => {
  ownMachine();
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  await bundle("../laws/victim.ts", victim);
});
afterEach(() => {
  setWriteGate(null);
  removeMarked(LAB, files, prefix);
  forget();
  wipe();
});
afterAll(() => rmSync(folder, { recursive: true }));

//        ┌──────── the machine ────────┐
//   a ─┐ │ forwards, translates        │ ┌─ c
//   b ─┴─┤ lan 10.50.0.1   wan 10.60…  ├─┴─ gw ── lan
//        └─────────────────────────────┘          p ── q (a cable)
const BASE = {
  root: { forwarding: true, nat: [{ masquerade: "wan", from: "10.50.0.0/24" }] },
  switches: {
    lan: { subnet: ["10.50.0.0/24", "2001:db8::/64"], address: ["10.50.0.1/24", "2001:db8::1/64"] },
    wan: { subnet: "10.60.0.0/24", address: "10.60.0.1/24" },
  },
  hosts: {
    a: { interfaces: { eth0: { link: "lan", address: ["10.50.0.11", "2001:db8::11"] } } },
    b: { interfaces: { eth0: { link: "lan", address: ["10.50.0.12", "2001:db8::12"] } } },
    c: { interfaces: { eth0: { link: "wan", address: "10.60.0.11" } } },
    p: { interfaces: { eth0: { link: "q:eth0", address: "10.5.0.1/30" } } },
    q: { interfaces: { eth0: { link: "p:eth0", address: "10.5.0.2/30" } } },
  },
  routers: {
    gw: {
      interfaces: { eth0: { link: "lan", address: "10.50.0.254" }, eth1: { link: "wan", address: "10.60.0.254" } },
      nat: [{ masquerade: "eth1" }],
    },
  },
} satisfies Topology;

type Loose = { [key: string]: Loose } & { root: Loose; switches: Loose; hosts: Loose; routers: Loose };

const CHANGES: [string, (topology: Loose) => void][] = [
  ["a host more", (t) => Object.assign(t.hosts, { d: { interfaces: { eth0: "lan" } } })],
  ["a host less", (t) => delete t.hosts["b"]],
  [
    "another switch",
    (t) => Object.assign(t.hosts["b"]!, { interfaces: { eth0: { link: "wan", address: "10.60.0.7" } } }),
  ],
  [
    "another interface name",
    (t) => Object.assign(t.hosts["a"]!, { interfaces: { net7: { link: "lan", address: "10.50.0.11" } } }),
  ],
  [
    "other addresses, of the machine too",
    (t) => {
      Object.assign(t.switches["lan"]!, { address: ["10.50.0.2/24", "2001:db8::2/64"] });
      Object.assign(t.hosts["a"]!, { interfaces: { eth0: { link: "lan", address: "10.50.0.71" } } });
    },
  ],
  ["another MTU everywhere", (t) => Object.assign(t.switches["lan"]!, { mtu: 1400 })],
  [
    "routes, sysctls, no forwarding",
    (t) => {
      t.root = { forwarding: false } as never;
      Object.assign(t.hosts["a"]!, {
        routes: [{ to: "10.77.0.0/16", via: "10.50.0.12" }],
        sysctls: { "net.ipv4.conf.eth0.arp_filter": 1 },
      });
    },
  ],
  [
    "other rules of the machine and of a router",
    (t) => {
      Object.assign(t.root, { nat: [{ masquerade: "wan" }], firewall: { rules: ["drop udp/53"] } });
      Object.assign(t.routers["gw"]!, { nat: [] });
    },
  ],
  [
    "a cable to another node",
    (t) => {
      Object.assign(t.hosts["p"]!, { interfaces: { eth0: { link: "c:eth9", address: "10.5.0.1/30" } } });
      Object.assign(t.hosts["q"]!, { interfaces: { eth0: "lan" } });
    },
  ],
  [
    "a bridge has another name, and another one its name",
    (t) => {
      const { lan, wan } = t.switches;
      t.switches = { office: lan, wan, lan: { subnet: "10.70.0.0/24" } } as never;
      for (const name of ["a", "b"]) Object.assign(t.hosts[name]!["interfaces"]!["eth0"]!, { link: "office" });
      Object.assign(t.routers["gw"]!["interfaces"]!["eth0"]!, { link: "office" });
      Object.assign(t.hosts["q"]!["interfaces"]!, { eth1: "lan" });
    },
  ],
];

/** With the names that it has on the machine. */
const modelOf = (topology: Topology): Model =>
  open().fit(asTopology(resolveTopology(topology, { name: LAB }).model)).model;
const isThere = (model: Model): boolean => difference(context, model).length === 0;

const open = (): HostLab => {
  const lab = heldLab(folder);
  return new HostLab(lab, lab.host);
};
const change = async (host: HostLab, model: Model): Promise<readonly object[]> =>
  (await host.change(asTopology(model), host.found?.model ?? host.nothing, {})).changes;

function forget(): void {
  for (const file of [files.state, files.journal])
    for (const path of [file, `${file}.new`]) rmSync(path, { force: true });
}

/** iproute2 and nft, the witnesses: all of this machine that a lab could have touched. */
function snapshot(): string {
  const script =
    "ip -d link; ip address; ip route; ip -6 route; ls /run/netns; cat /proc/sys/net/ipv4/ip_forward; ! command -v nft >/dev/null || nft list ruleset";
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.replace(/ gc_timer.*/g, "");
}

/** Changes the lab in a process of its own. False when it came to its end before that write. */
function killed(after: Model, write: number): boolean {
  writeFileSync(join(folder, "after.json"), JSON.stringify(after));
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    [victim, folder, join(folder, "after.json"), String(write)],
    { encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  if (signal !== "SIGKILL") expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return signal === "SIGKILL";
}

/** How many writes a change has; the lab is as it was before. */
async function countWrites(before: Model, after: Model): Promise<number> {
  let writes = 0;
  setWriteGate((count) => ((writes += count), count));
  await change(open(), after);
  setWriteGate(null);
  await change(open(), before);
  return writes;
}

describe("killed at a write", () => {
  it("that builds it: up finishes, any other command finds nothing, down leaves nothing", async () => {
    const pristine = snapshot();
    const model = modelOf(BASE);
    await change(open(), model);
    removeMarked(LAB, files, prefix);
    forget();
    let writes = 1;
    for (; killed(model, writes); writes += writes < 4 ? 1 : 7) {
      const mend = ["up", "adopt", "down"][writes % 3];
      if (mend === "up") {
        await change(open(), model);
        expect(difference(context, model), `write ${writes}`).toEqual([]);
      } else if (mend === "adopt") {
        expect(await open().adopt(), `write ${writes}`).toBe(false);
      }
      removeMarked(LAB, files, prefix);
      forget();
      expect(snapshot(), `write ${writes}, ${mend}`).toBe(pristine);
    }
    expect(writes).toBeGreaterThan(20);
  });

  it.each(CHANGES.map(([title, edit], i) => [title, edit, i] as const))("%s", async (_title, edit, salt) => {
    const pristine = snapshot();
    const before = modelOf(BASE);
    const topology = structuredClone(BASE) as unknown as Loose;
    edit(topology);
    const after = modelOf(topology as unknown as Topology);
    await change(open(), before);
    const writes = await countWrites(before, after);
    for (let write = 1; write <= writes; write++) {
      expect(killed(after, write), `write ${write} of ${writes}`).toBe(true);
      const mend = ["up", "adopt", "down"][(write + salt) % 3];
      const what = `write ${write} of ${writes}, then ${mend}`;
      if (mend === "up") {
        await change(open(), after);
        expect(difference(context, after), `killed at ${what}`).toEqual([]);
        expect(await change(open(), after), `killed at ${what}`).toEqual([]);
        await change(open(), before);
      } else if (mend === "adopt") {
        const host = open();
        expect(await host.adopt(), `killed at ${what}`).toBe(true);
        // What is written down and what is there are the same, be it old or new.
        expect(difference(context, readState(files)!.topology!.model), `killed at ${what}`).toEqual([]);
        expect(isThere(before) || isThere(after), `killed at ${what}`).toBe(true);
        expect(readJournal(files), `killed at ${what}`).toBe(null);
        if (!isThere(before)) await change(open(), before);
      } else {
        removeMarked(LAB, files, prefix);
        forget();
        expect(snapshot(), `killed at ${what}`).toBe(pristine);
        await change(open(), before);
      }
      expect(difference(context, before), `killed at ${what}`).toEqual([]);
    }
  });
});

describe("refused at a write", () => {
  it("each in turn: everything is as it was, settings of the machine too, and no journal is left", async () => {
    const before = modelOf(BASE);
    const topology = structuredClone(BASE) as unknown as Loose;
    topology.root = { forwarding: false } as never;
    Object.assign(topology.hosts, { d: { interfaces: { eth0: "lan" } } });
    const after = modelOf(topology as unknown as Topology);
    // The same holder all the time, which has made the lab.
    const host = open();
    await host.change(asTopology(before), host.nothing, {});
    let write = 1;
    for (let failed = true; failed; write++) {
      failed = false;
      let done = 0;
      setWriteGate((count) => {
        done += count;
        if (failed || done < write) return count;
        failed = true;
        return write - 1 - (done - count);
      });
      const outcome = await host.change(asTopology(after), before, {}).catch((error: unknown) => error);
      setWriteGate(null);
      if (!(outcome instanceof NetloomError)) {
        // Mended by a second look, or there was no such write.
        expect(difference(context, after)).toEqual([]);
        await host.change(asTopology(before), after, {});
        continue;
      }
      expect(outcome.diagnostics[0]!.cause).toContain("EIO");
      expect(difference(context, before), `write ${write}`).toEqual([]);
      expect(readJournal(files), `write ${write}`).toBe(null);
      expect(readSysctl("net.ipv4.ip_forward"), `write ${write}`).toBe("1");
    }
    expect(write).toBeGreaterThan(15);
  });
});
