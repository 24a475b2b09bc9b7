// Real dnsmasq, real DHCP clients, real processes in the nodes of a lab, driven as a user does.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { NETLOOM, POLL, program, textOf } from "./program.ts";
import { leasedBy, serviceLab } from "./service-lab.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const { inspect, up, inside } = serviceLab(netloom);
afterEach(async () => {
  await netloom.run(["down", "--all"]);
  await netloom.clean();
});

const dhcp = has("dnsmasq", "udhcpc", "ip");

/** A PATH on which every program is but these; `replaced` are scripts that stand for real ones. */
function pathWithout(name: string, missing: readonly string[], replaced: Record<string, string> = {}): string {
  const folder = join(netloom.folder, name);
  mkdirSync(folder);
  for (const source of (netloom.env["PATH"] ?? "").split(delimiter).filter((each) => existsSync(each))) {
    for (const file of readdirSync(source)) {
      const target = join(folder, file);
      if (!missing.includes(file) && !(file in replaced) && !existsSync(target)) {
        try {
          symlinkSync(join(source, file), target);
        } catch {
          // a dangling link of that name
        }
      }
    }
  }
  for (const [file, script] of Object.entries(replaced)) {
    writeFileSync(join(folder, file), script);
    chmodSync(join(folder, file), 0o755);
  }
  return folder;
}

/*
 *   a (leased) ──┐                       ┌── c (leased, IPv6 too)
 *   b (fixed)  ── lan ── eth0·gw·eth1 ── inner
 *                  10.0.0.1   10.0.1.1, 2001:db8:1::1
 */
const OFFICE = `
switches:
  lan: { subnet: 10.0.0.0/24 }
  inner: { subnet: [10.0.1.0/24, "2001:db8:1::/64"] }
routers:
  gw:
    dns: { domain: lab.test }
    interfaces:
      eth0: { link: lan, address: 10.0.0.1/24, dhcp: { range: [10.0.0.100, 10.0.0.150], fixed: { b: 10.0.0.50 }, lease: 12h } }
      eth1: { link: inner, address: [10.0.1.1/24, "2001:db8:1::1/64"], dhcp: true }
hosts:
  a: { interfaces: { eth0: { link: lan, address: dhcp } } }
  b: { interfaces: { eth0: { link: lan, address: dhcp } } }
  c: { interfaces: { eth0: { link: inner, address: dhcp } } }
expect:
  - a -> b icmp
  - a -> 10.0.0.50 icmp
  - a -x> 10.0.0.51 icmp
  - a -> c tcp/80
  - c -> 2001:db8:1::1 icmp
`;

describe.skipIf(!dhcp)("a router that hands out addresses on two bridges", () => {
  test("gives each host its address, gateway, name server and, by advertisements, IPv6; and names resolve", async () => {
    const file = await up("office", OFFICE);
    const { model, leases } = await inspect();
    const [a] = leasedBy(model, "a");
    expect(a).toMatch(/^10\.0\.0\.1[0-5]\d$/);
    expect(leasedBy(model, "b")).toEqual(["10.0.0.50"]);
    expect(leasedBy(model, "c")[0]).toMatch(/^10\.0\.1\./);
    expect(leases.map(({ name, server }) => `${name} ${server}`).sort()).toEqual(["a gw", "b gw", "c gw"]);

    // As others see it: a lifetime on the address, a route that DHCP made, the lease's length on the fixed one.
    expect(await inside("a", "ip", "-4", "route")).toContain("default via 10.0.0.1 dev eth0 proto dhcp");
    expect(await inside("b", "ip", "-4", "addr", "show", "eth0")).toMatch(/valid_lft 4\d{4}sec/);
    expect(await inside("c", "ip", "-6", "route")).toMatch(/default via fe80::\S+ dev eth0 proto ra/);
    expect(await inside("c", "ip", "-6", "addr", "show", "eth0")).toMatch(/2001:db8:1:\S+\/64 scope global dynamic/);
    // The one without advertisements has none.
    expect(await inside("a", "ip", "-6", "addr", "show", "eth0")).not.toContain("2001:db8");

    expect(await inside("a", "cat", "/etc/resolv.conf")).toBe("nameserver 10.0.0.1\nsearch lab.test\n");
    const lookUp = `require("dns").resolve4(process.argv[1], (e, r) => console.log(e ? e.code : r.join()))`;
    const resolve = async (name: string): Promise<string> =>
      (await inside("c", process.execPath, "-e", lookUp, name)).trim();
    expect(await resolve("b")).toBe("10.0.0.50");
    expect(await resolve("a.lab.test")).toBe(a);
    expect(await resolve("nobody.lab.test")).toBe("ENOTFOUND");
    expect(await resolve("elsewhere.example")).toBe("ENOTFOUND");

    expect((await netloom.run(["verify"])).code).toBe(0);
    expect(await netloom.run(["up", file])).toMatchObject({
      code: 0,
      err: "office is already up, nothing to change\n",
    });
    const { out } = await netloom.run(["logs", "gw", "--name", "dnsmasq"]);
    expect(out).toContain("DHCPACK(eth0) 10.0.0.50");
    expect((await netloom.run(["inspect"])).out).toMatch(/gw +DHCP server +eth0 +10\.0\.0\.100–10\.0\.0\.150/);
  });

  test("serves in its own namespace only, and only on the bridges that it was told of", async () => {
    const third = OFFICE.replace("hosts:", "  other: { interfaces: { eth0: lan } }\nhosts:");
    await up("office", third);
    const listeners = "cat /proc/net/udp /proc/net/udp6 | awk '{print $2}' | grep -cE ':(0035|0043)$'";
    // The positive control: in gw there are some.
    expect(Number(await inside("gw", "sh", "-c", listeners))).toBeGreaterThan(0);
    for (const node of ["root", "a", "other"]) expect(Number(await inside(node, "sh", "-c", listeners))).toBe(0);
  });

  test("leaves a second bridge alone that has no rule of its own", async () => {
    const ask = (script: string) => ["udhcpc", "-f", "-n", "-q", "-i", "eth0", "-s", script, "-t", "2", "-T", "1"];
    const asking = OFFICE.replace(", dhcp: true }", " }").replace(
      "c: { interfaces: { eth0: { link: inner, address: dhcp } } }",
      "c: { interfaces: { eth0: { link: inner, address: [] } } }\n  d: { interfaces: { eth0: { link: lan, address: [] } } }",
    );
    await up("office", asking.slice(0, asking.indexOf("expect:")));
    const answered = await netloom.run(["exec", "d", "--", ...ask("/bin/true")]);
    expect(answered).toMatchObject({ code: 0, err: expect.stringContaining("obtained from 10.0.0.1") });
    const unanswered = await netloom.run(["exec", "c", "--", ...ask("/bin/true")]);
    expect(unanswered).toMatchObject({ code: 1, err: expect.stringContaining("no lease") });
  });
});

/*
 *   root: lan 10.9.0.1 (server) ── h0 … h49, all at once
 */
test.skipIf(!dhcp)("fifty hosts get different addresses of the range at once, from a switch's own", async () => {
  const hosts = Array.from({ length: 50 }, (_, i) => `  h${i}: { interfaces: { eth0: { link: lan, address: dhcp } } }`);
  await up(
    "fifty",
    `switches: { lan: { subnet: 10.9.0.0/16, address: 10.9.0.1/16, dhcp: { range: [10.9.1.1, 10.9.1.250] } } }\nhosts:\n${hosts.join("\n")}\n`,
  );
  const { model } = await inspect();
  const addresses = model.namespaces.flatMap(({ name }) => leasedBy(model, name));
  expect(new Set(addresses).size).toBe(50);
  expect(addresses.every((address) => address.startsWith("10.9.1."))).toBe(true);
});

/* One more host than the range has addresses:   root: lan (server of 2) ── h0, h1, h2 */
test.skipIf(!dhcp)("a host without a lease is named, and nothing is left", async () => {
  const hosts = ["h0", "h1", "h2"].map((name) => `  ${name}: { interfaces: { eth0: { link: lan, address: dhcp } } }`);
  const file = netloom.file(
    "few.yaml",
    `name: few\nswitches: { lan: { subnet: 10.9.0.0/24, address: 10.9.0.1/24, dhcp: { range: [10.9.0.8, 10.9.0.9] } } }\nhosts:\n${hosts.join("\n")}\n`,
  );
  const failed = await netloom.run(["up", file], { env: { NETLOOM_LEASE_TIMEOUT: "3" } });
  expect(failed.code).toBe(1);
  expect(failed.err).toMatch(/error\[services\.no-lease\]: h[012]:eth0 got no address by DHCP within 3 s/);
  expect(failed.err.match(/services\.no-lease/g)).toHaveLength(1);
  expect(failed.err).toContain("udhcpc: broadcasting discover");
  await netloom.clean();
});

/* As before, with patience: root: lan (server of one) ── h0, h1, of which one waits for ever */
test.skipIf(!dhcp)("an up that is interrupted while it waits for a lease leaves nothing", async () => {
  const hosts = ["h0", "h1"].map((name) => `  ${name}: { interfaces: { eth0: { link: lan, address: dhcp } } }`);
  const file = netloom.file(
    "waits.yaml",
    `name: waits\nswitches: { lan: { subnet: 10.9.0.0/24, address: 10.9.0.1/24, dhcp: { range: [10.9.0.8, 10.9.0.8] } } }\nhosts:\n${hosts.join("\n")}\n`,
  );
  const running = netloom.start(["up", file], { env: { NETLOOM_LEASE_TIMEOUT: "600" } });
  const clients = (): number =>
    netloom.processes().filter((pid) => textOf(`/proc/${pid}/comm`).trim() === "udhcpc").length;
  await expect.poll(clients, POLL).toBe(2);
  running.child.kill("SIGINT");
  expect((await running.ended).code).not.toBe(0);
  await netloom.clean();
});

/*
 *   a (leased) ── lan ── gw, with each of the clients in turn
 */
const SMALL = `
switches: { lan: { subnet: 10.0.0.0/24 } }
routers: { gw: { interfaces: { eth0: { link: lan, dhcp: { fixed: { a: 10.0.0.50 } } } } } }
hosts: { a: { interfaces: { eth0: { link: lan, address: dhcp } } } }
`;
const CLIENTS: Record<string, string[]> = { udhcpc: [], dhclient: ["udhcpc"], dhcpcd: ["udhcpc", "dhclient"] };

test.each(Object.entries(CLIENTS).filter(([client]) => has("dnsmasq", client)))(
  "%s is good as a client",
  async (client, missing) => {
    await up("small", SMALL, { PATH: pathWithout(`only-${client}`, missing) });
    const { model } = await inspect();
    expect(leasedBy(model, "a")).toEqual(["10.0.0.50"]);
    expect(await inside("a", "ip", "-4", "route")).toContain("default via 10.0.0.1 dev eth0 proto dhcp");
    const { out } = await netloom.run(["logs", "a"]);
    expect(out).toContain(
      { udhcpc: "udhcpc: started", dhclient: "Internet Systems Consortium", dhcpcd: "dhcpcd-" }[client],
    );
  },
);

/*
 *   root:eth9 10.7.0.1 (server) ── x:eth0 (leased)
 */
test.skipIf(!dhcp)(
  "a lease that is given back is gone from the kernel, and comes again; a dead server is started again",
  async () => {
    await up(
      "cable",
      'root: { interfaces: { eth9: { link: "x:eth0", address: 10.7.0.1/24, dhcp: { gateway: 10.7.0.1, lease: 2m } } } }\nhosts: { x: { interfaces: { eth0: { address: dhcp } } } }\n',
    );
    const signal = (name: string, program: string) =>
      inside(
        "root",
        "sh",
        "-c",
        `for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = ${program} ] && kill -${name} $(basename $p); done; true`,
      );
    const addressed = async (): Promise<boolean> =>
      (await inside("x", "ip", "-4", "addr", "show", "eth0")).includes("10.7.0.");
    const routed = async (): Promise<boolean> =>
      (await inside("x", "ip", "-4", "route")).includes("default via 10.7.0.1 dev eth0 proto dhcp");
    expect([await addressed(), await routed()]).toEqual([true, true]);
    await signal("USR2", "udhcpc");
    await expect.poll(async () => [await addressed(), await routed()], POLL).toEqual([false, false]);
    await signal("USR1", "udhcpc");
    await expect.poll(async () => [await addressed(), await routed()], POLL).toEqual([true, true]);

    await signal("KILL", "dnsmasq");
    const server = async () => (await inspect()).processes.find(({ name }) => name === "dnsmasq");
    await expect.poll(server, POLL).toMatchObject({ state: "running", restarts: 1, ending: "ended by SIGKILL" });
  },
);

/* As OFFICE, for somebody who may map no id but his own: setgroups(2) is forbidden in his labs. */
if (process.getuid?.() === 0)
  test.skipIf(!dhcp || !has("setpriv"))("all of it works for a user with one id", async () => {
    const folder = join(netloom.folder, "nobody");
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 65_534, 65_534);
    chmodSync(netloom.folder, 0o755);
    const file = netloom.file("office.yaml", `name: office\n${OFFICE}`);
    chmodSync(file, 0o644);
    // With root's runtime directory none of his commands would work; processes() knows them all the same.
    const run = (...args: string[]) =>
      netloom.run(
        [
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          "env",
          `NETLOOM_RUNTIME_DIR=${folder}/labs`,
          `HOME=${folder}`,
          NETLOOM,
          ...args,
        ],
        { command: "setpriv", cwd: "/" },
      );
    expect(await run("up", file)).toMatchObject({ code: 0 });
    try {
      expect(JSON.parse(readFileSync(join(folder, "labs", "office.json"), "utf8"))).toMatchObject({
        mapping: "single",
      });
      expect((await run("verify")).code).toBe(0);
      expect((await run("inspect")).out).toMatch(/^10\.0\.0\.50 +\S+ +b +gw /m);
    } finally {
      expect(await run("down", "office")).toMatchObject({ code: 0, err: "office is down\n" });
    }
    expect(readdirSync(join(folder, "labs"))).toEqual([]);
  });

describe("what is missing is said before anything is built", () => {
  const refuses = async (text: string, path: string | undefined, ...said: string[]): Promise<void> => {
    const file = netloom.file("small.yaml", `name: small\n${text}`);
    const failed = await netloom.run(["up", file], path === undefined ? {} : { env: { PATH: path } });
    expect(failed.code).toBe(1);
    for (const each of said) expect(failed.err).toContain(each);
    expect(failed.err).toContain("state: nothing was built");
    await netloom.clean();
  };

  test("dnsmasq", async () => {
    const path = pathWithout("no-dnsmasq", ["dnsmasq"]);
    await refuses(SMALL, path, "error[services.missing-program]: dnsmasq is not installed", "dnsmasq-base");
    // Nothing else needs it.
    await up("plain", "switches: { lan: { subnet: 10.0.0.0/24 } }\nhosts: { a: { interfaces: { eth0: lan } } }\n", {
      PATH: path,
    });
  });

  test("a DHCP client", async () => {
    const path = pathWithout("no-client", ["udhcpc", "dhclient", "dhcpcd"], { dnsmasq: "#!/bin/sh\nexit 1\n" });
    await refuses(SMALL, path, "no DHCP client (udhcpc, dhclient, dhcpcd) is installed", "apt-get install udhcpc");
  });

  test("a command, a directory", async () => {
    await refuses("hosts: { a: { run: [no-such-program] } }", undefined, 'there is no command "no-such-program"');
    await refuses(
      "hosts: { a: { run: [{ command: sleep 1, cwd: /no/such } ] } }",
      undefined,
      "there is no directory /no/such",
    );
  });
});

test("a service that dies at start: its last words, and nothing is left", async () => {
  const path = pathWithout("broken", [], {
    dnsmasq: "#!/bin/sh\necho 'dnsmasq: the dog ate my configuration' >&2\nexit 5\n",
    udhcpc: "#!/bin/sh\nexec sleep 1000\n",
  });
  const file = netloom.file("small.yaml", `name: small\n${SMALL}`);
  const failed = await netloom.run(["up", file], { env: { PATH: path } });
  expect(failed.code).toBe(1);
  expect(failed.err).toContain("error[services.died]: dnsmasq of gw ended at once");
  expect(failed.err).toContain("exit status 5");
  expect(failed.err).toContain("the dog ate my configuration");
  await netloom.clean();
});

describe("a running lab", () => {
  test.skipIf(!dhcp)("a lease that the file changes is a new lease at once", async () => {
    const text = (address: string): string => SMALL.replace("10.0.0.50", address);
    await up("small", text("10.0.0.50"));
    expect(leasedBy((await inspect()).model, "a")).toEqual(["10.0.0.50"]);
    await up("small", text("10.0.0.51"));
    expect(leasedBy((await inspect()).model, "a")).toEqual(["10.0.0.51"]);
    expect(await inside("gw", "cat", "/etc/hosts")).toMatch(/^10\.0\.0\.51\ta$/m);
  });

  /*
   *   root: lan 10.0.0.1 (server of one address) ── a (leased) [── b, for whom none is left]
   */
  test.skipIf(!dhcp)("a change whose programs fail is undone, and what ran before runs again", async () => {
    const text = (more: string, command: string) =>
      `switches: { lan: { subnet: 10.0.0.0/24, address: 10.0.0.1/24, dhcp: { range: [10.0.0.9, 10.0.0.9] } } }\nhosts:\n  a: { run: [{ name: x, command: ${command} }], interfaces: { eth0: { link: lan, address: dhcp } } }\n${more}`;
    const file = await up("undo", text("", "sleep 1001"), { NETLOOM_LEASE_TIMEOUT: "2" });
    const more = netloom.file(
      "more.yaml",
      `name: undo\n${text("  b: { interfaces: { eth0: { link: lan, address: dhcp } } }\n", "sleep 1002")}`,
    );
    const failed = await netloom.run(["up", more]);
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining("b:eth0 got no address by DHCP") });
    expect(failed.err).toContain("state: all changes were undone");
    const { model, processes } = await inspect();
    expect(model.namespaces.map(({ name }) => name)).toEqual(["root", "a"]);
    expect(leasedBy(model, "a")).toEqual(["10.0.0.9"]);
    expect(processes.filter(({ name }) => name === "x")).toMatchObject([
      { state: "running", command: ["sleep", "1001"] },
    ]);
    expect((await netloom.run(["up", file])).err).toBe("undo is already up, nothing to change\n");
  });
});
