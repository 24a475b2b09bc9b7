// Every write of a change fails once: afterwards the lab is what it was before, and the same change still works.

import { afterEach, beforeAll, expect, it } from "vitest";
import { NetloomError } from "../../src/diagnostic.ts";
import { setWriteGate } from "../../src/kernel/gate.ts";
import type { Model } from "../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";
import { build, difference, look, reconcile } from "../support/engine.ts";
import { ownMachine, wipe } from "../support/machine.ts";

beforeAll(ownMachine);
afterEach(() => {
  setWriteGate(null);
  wipe();
});

const modelOf = (topology: Topology): Model => resolveTopology(topology, { name: "t" }).model;

/** Fails write number `k`, once. Says afterwards whether it came that far. */
function failWrite(k: number): () => boolean {
  let seen = 0;
  let failed = false;
  setWriteGate((count) => {
    if (failed || seen + count < k) {
      seen += count;
      return count;
    }
    failed = true;
    return k - seen - 1;
  });
  return () => {
    setWriteGate(null);
    return failed;
  };
}

//   a ─┐                 ┌─ c
//   b ─┴─ lan ── gw ── wan       p ── q (a cable)
const BASE = {
  switches: { lan: { subnet: ["10.0.0.0/24", "2001:db8::/64"] }, wan: { subnet: "10.9.0.0/24" } },
  hosts: {
    a: { interfaces: { eth0: { link: "lan", address: ["10.0.0.1", "2001:db8::1"] } } },
    b: { interfaces: { eth0: { link: "lan", address: ["10.0.0.2", "2001:db8::2"] } } },
    c: { interfaces: { eth0: { link: "wan", address: "10.9.0.1" } } },
    p: { interfaces: { eth0: { link: "q:eth0", address: "10.5.0.1/30" } } },
    q: {
      interfaces: { eth0: { link: "p:eth0", address: "10.5.0.2/30" } },
      firewall: { rules: ["drop udp/53"] },
    },
  },
  routers: {
    gw: {
      interfaces: {
        eth0: { link: "lan", address: ["10.0.0.254", "2001:db8::254"] },
        eth1: { link: "wan", address: "10.9.0.254" },
      },
      nat: [{ masquerade: "eth1" }],
    },
  },
} satisfies Topology;

type Loose = { [key: string]: Loose } & { switches: Loose; hosts: Loose; routers: Loose };

const CHANGES: [string, (topology: Loose) => void][] = [
  ["a host more", (t) => Object.assign(t.hosts, { d: { interfaces: { eth0: "lan" } } })],
  ["a host less", (t) => delete t.hosts["b"]],
  [
    "another switch",
    (t) => Object.assign(t.hosts["b"]!, { interfaces: { eth0: { link: "wan", address: "10.9.0.7" } } }),
  ],
  [
    "another interface name",
    (t) =>
      Object.assign(t.hosts["a"]!, { interfaces: { net7: { link: "lan", address: ["10.0.0.1", "2001:db8::1"] } } }),
  ],
  [
    "other addresses",
    (t) =>
      Object.assign(t.hosts["a"]!, { interfaces: { eth0: { link: "lan", address: ["10.0.0.71", "2001:db8::71"] } } }),
  ],
  ["another MTU everywhere", (t) => Object.assign(t.switches["lan"]!, { mtu: 1400 })],
  [
    "routes and sysctls",
    (t) =>
      Object.assign(t.hosts["a"]!, {
        routes: [{ to: "10.77.0.0/16", via: "10.0.0.2" }],
        sysctls: { "net.ipv4.conf.eth0.arp_filter": 1 },
      }),
  ],
  [
    "rules of a router, and none any more on a host",
    (t) => {
      Object.assign(t.routers["gw"]!, { nat: [], firewall: { forward: "drop", rules: ["allow icmp from lan"] } });
      delete t.hosts["q"]!["firewall"];
    },
  ],
  ["no forwarding", (t) => Object.assign(t.routers["gw"]!, { forwarding: false })],
  [
    "a cable to another node",
    (t) => {
      Object.assign(t.hosts["p"]!, { interfaces: { eth0: { link: "c:eth9", address: "10.5.0.1/30" } } });
      Object.assign(t.hosts["q"]!, { interfaces: { eth0: "lan" } });
    },
  ],
  [
    "a bridge renamed, a bridge more, a port on it",
    (t) => {
      t.switches = {
        office: t.switches["lan"]!,
        wan: t.switches["wan"]!,
        third: { subnet: "10.3.0.0/24" } as never,
      } as never;
      for (const name of ["a", "b"]) Object.assign(t.hosts[name]!["interfaces"]!["eth0"]!, { link: "office" });
      Object.assign(t.routers["gw"]!["interfaces"]!["eth0"]!, { link: "office" });
      Object.assign(t.routers["gw"]!["interfaces"]!, { eth2: "third" });
    },
  ],
];

const routes = (model: Model): string =>
  JSON.stringify(look(model).model.namespaces.map((namespace) => namespace.routes));

it.each(CHANGES)("%s", async (_title, edit) => {
  const before = modelOf(BASE);
  const topology = structuredClone(BASE) as unknown as Loose;
  edit(topology);
  const after = modelOf(topology as unknown as Topology);
  await build(before);
  const connected = routes(before);
  expect(connected).toContain("10.9.0.0/24");
  let k = 1;
  for (; k < 500; k++) {
    const stop = failWrite(k);
    const outcome = await reconcile(after, before).catch((error: unknown) => error);
    if (!stop()) {
      expect(outcome).not.toBeInstanceOf(Error);
      break;
    }
    if (!(outcome instanceof NetloomError)) {
      // The write was one that is mended by a second look.
      expect(difference(after)).toEqual([]);
      await reconcile(before, after);
      continue;
    }
    expect(outcome.diagnostics[0], `write ${k}`).toMatchObject({
      cause: expect.stringContaining("EIO"),
      state: expect.stringMatching(/^(nothing was changed|all changes were undone)/),
    });
    expect(difference(before), `after write ${k} failed`).toEqual([]);
    // Those of the kernel's own making are in no plan, and nothing works without them.
    expect(routes(before), `after write ${k} failed`).toBe(connected);
  }
  expect(k).toBeGreaterThan(1);
  expect(difference(after)).toEqual([]);
});
