// What services/ says to programs and makes of their answers, without any program.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { DhcpServer, Resolver, Service } from "../../src/model/index.ts";
import { planServices } from "../../src/plan/index.ts";
import { emptyNamespace } from "../../src/plan/index.ts";
import { clientScript, clientStart, parseEvent } from "../../src/services/dhcp-client.ts";
import { dnsmasqConfig, parseLeases } from "../../src/services/dnsmasq.ts";
import { leaseOf } from "../../src/services/lease.ts";
import { HeldDirectory } from "../../src/kernel/directory.ts";
import { Log } from "../../src/services/log.ts";
import { findProgram, searchPath } from "../../src/services/find-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "netloom-services-"));
const held = HeldDirectory.open(folder);
afterAll(() => {
  held[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

const server: DhcpServer = {
  kind: "dhcp-server",
  link: "eth0",
  range: ["10.0.0.100", "10.0.0.200"],
  prefixLength: 22,
  gateway: "10.0.0.1",
  dns: ["10.0.0.1", "2001:db8::1"],
  domain: "lab.test",
  leaseTime: 600,
  fixed: [{ mac: "02:00:00:00:00:01", address: "10.0.0.50", name: "a" }],
  advertise: ["2001:db8::/64"],
  router: true,
};
const resolver: Resolver = { kind: "resolver", links: ["lo", "eth0", "eth1"], upstream: [], domain: null, hosts: [] };
const configOf = (...services: Service[]): string[] =>
  (dnsmasqConfig({ services }, { leases: "/l", hosts: "/h" }) ?? "").split("\n");

describe("dnsmasq's configuration", () => {
  test("of DHCP alone: no port for names, nothing on lo", () => {
    const lines = configOf(server);
    expect(lines).toEqual(expect.arrayContaining(["port=0", "interface=eth0", "except-interface=lo", "no-hosts"]));
    expect(lines).toContain("dhcp-range=set:s0,10.0.0.100,10.0.0.200,255.255.252.0,600");
    expect(lines).toContain("dhcp-option=tag:s0,option:router,10.0.0.1");
    expect(lines).toContain("dhcp-option=tag:s0,option:dns-server,10.0.0.1");
    expect(lines).toContain("dhcp-option=tag:s0,option6:dns-server,[2001:db8::1]");
    expect(lines).toContain("dhcp-host=02:00:00:00:00:01,10.0.0.50,a");
    expect(lines).toContain("dhcp-range=set:s0,2001:db8::,ra-only,64,600");
    expect(lines).toContain("dhcp-lease-max=102");
  });

  test("says so when there is no gateway and no name server: by itself it would name itself", () => {
    const lines = configOf({ ...server, gateway: null, dns: [], router: false });
    expect(lines).toContain("dhcp-option=tag:s0,option:router");
    expect(lines).toContain("dhcp-option=tag:s0,option:dns-server");
    expect(lines).toContain("ra-param=eth0,60,0");
  });

  test("of a resolver: no DHCP on its links, and nobody to ask unless somebody is named", () => {
    const alone = configOf(resolver);
    expect(alone).toEqual(
      expect.arrayContaining(["interface=lo", "interface=eth1", "no-dhcp-interface=eth1", "local=/#/"]),
    );
    expect(alone.some((line) => line.startsWith("dhcp-range"))).toBe(false);
    const asking = configOf({ ...resolver, upstream: ["192.0.2.1"] }, server);
    expect(asking).toContain("server=192.0.2.1");
    expect(asking).not.toContain("local=/#/");
    expect(asking).not.toContain("no-dhcp-interface=eth0");
  });

  test("none for a node without either", () => {
    expect(dnsmasqConfig({ services: [] }, { leases: "", hosts: "" })).toBeNull();
  });
});

test("leases as dnsmasq writes them", () => {
  const text =
    "1795272822 ae:8a:b1:38:02:32 10.0.0.180 cc 01:ae\n0 02:00:00:00:00:01 10.0.0.50 * *\nduid 00:01\n1 2 2001:db8::1 x y\n";
  expect(parseLeases(text)).toEqual([
    { address: "10.0.0.180", mac: "ae:8a:b1:38:02:32", name: "cc", expires: new Date(1795272822000).toISOString() },
    { address: "10.0.0.50", mac: "02:00:00:00:00:01", name: null, expires: null },
  ]);
});

describe("the clients' script", () => {
  const event = (environment: Record<string, string>, ...args: string[]) => {
    const script = join(folder, "script");
    writeFileSync(script, clientScript(folder, 7), { mode: 0o700 });
    // Nothing but what a client gives: dhclient and dhcpcd drop the rest.
    expect(spawnSync(script, args, { env: environment }).status).toBe(0);
    const [file] = spawnSync("ls", [folder], { encoding: "utf8" })
      .stdout.split("\n")
      .filter((name) => /^7\.\d+\.event$/.test(name));
    const text = readFileSync(join(folder, file!), "utf8");
    rmSync(join(folder, file!));
    return parseEvent(text);
  };

  test("hands on what udhcpc says", () => {
    const said = event(
      {
        ip: "10.0.0.9",
        subnet: "255.255.255.0",
        mask: "24",
        router: "10.0.0.1 10.0.0.2",
        dns: "10.0.0.1",
        domain: "lab.test",
        lease: "600",
        interface: "eth0",
      },
      "bound",
    );
    expect(leaseOf("a", "eth0", said)).toMatchObject({
      address: "10.0.0.9",
      prefixLength: 24,
      gateway: "10.0.0.1",
      dns: ["10.0.0.1"],
      search: ["lab.test"],
      leaseTime: 600,
    });
    expect(leaseOf("a", "eth0", event({}, "deconfig"))).toBeNull();
    expect(leaseOf("a", "eth0", event({}, "leasefail"))).toBeUndefined();
  });

  test("hands on what dhclient and dhcpcd say", () => {
    const common = {
      reason: "BOUND",
      new_ip_address: "10.0.0.9",
      new_routers: "10.0.0.1",
      new_domain_search: "a.test b.test",
    };
    const dhclient = event({ ...common, new_subnet_mask: "255.255.252.0", new_dhcp_lease_time: "600" });
    expect(leaseOf("a", "eth0", dhclient)).toMatchObject({
      prefixLength: 22,
      leaseTime: 600,
      search: ["a.test", "b.test"],
    });
    const dhcpcd = event({ ...common, new_subnet_cidr: "20", new_dhcp_lease_time: "4294967295" });
    expect(leaseOf("a", "eth0", dhcpcd)).toMatchObject({ prefixLength: 20, leaseTime: 0xffff_fffe });
    expect(leaseOf("a", "eth0", event({ reason: "EXPIRE" }))).toBeNull();
    expect(leaseOf("a", "eth0", event({ reason: "PREINIT" }))).toBeUndefined();
  });

  test("is not misled by what a server may put into a text", () => {
    const said = event({ ip: "10.0.0.9", mask: "24", domain: "x\nip=6.6.6.6\nevent=deconfig" }, "bound");
    expect(leaseOf("a", "eth0", said)).toMatchObject({ address: "10.0.0.9" });
  });
});

test("each client is told its script, its interface and its name", () => {
  for (const kind of ["udhcpc", "dhclient", "dhcpcd"] as const) {
    const start = clientStart({ kind, path: `/sbin/${kind}` }, "a", "eth0", { script: "/s/script", folder: "/s" });
    const all = [...start.command, ...Object.values(start.files)].join("\n");
    for (const part of [`/sbin/${kind}`, "eth0", "/s/script"]) expect(all).toContain(part);
    expect(all).toMatch(/host-?name[: ]"?a\b/);
    // Whatever it keeps, it keeps in its own folder.
    expect(Object.keys(start.files).every((name) => !name.includes("/"))).toBe(true);
  }
});

describe("a log", () => {
  test("is cut into lines, by stream", () => {
    const log = new Log(held, "cut.log");
    log.write("out", "one\ntw");
    log.write("err", "bad\n");
    log.write("out", "o\nthree");
    log.end("out");
    expect(log.lines().map(({ stream, text }) => `${stream} ${text}`)).toEqual([
      "out one",
      "err bad",
      "out two",
      "out three",
    ]);
    expect(log.lines(1)).toHaveLength(1);
    expect(new Log(held, "cut.log").lines()).toHaveLength(4);
  });

  test("has a bound, of lines and in all, and keeps the newest", () => {
    const log = new Log(held, "long.log");
    log.write("out", "x".repeat(100_000));
    for (let i = 0; i < 40; i++) log.write("out", `${`${i} `.repeat(10_000)}\n`);
    expect(statSync(join(folder, "long.log")).size).toBeLessThanOrEqual(512 * 1024);
    expect(Math.max(...log.lines().map(({ text }) => text.length))).toBeLessThanOrEqual(8 * 1024);
    expect(log.lines().at(-1)!.text).toMatch(/^[39 ]+$/);
  });
});

test("programs are found as a shell finds them, and beside each bin in its sbin", () => {
  expect(searchPath("/opt/x:/usr/bin:/bin")).toBe("/opt/x:/usr/bin:/bin:/usr/sbin:/sbin");
  expect(searchPath("/opt/x")).toBe("/opt/x");
  writeFileSync(join(folder, "tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "text"), "", { mode: 0o644 });
  expect(findProgram("tool", `/nowhere:${folder}`)).toBe(join(folder, "tool"));
  expect(findProgram("./tool", "", folder)).toBe(`${folder}/./tool`);
  expect(findProgram("text", folder)).toBeNull();
  expect(findProgram("nothing", folder)).toBeNull();
});

test("services differ by kind, subject and parts", () => {
  const model = (...services: Service[]) => ({ name: "t", namespaces: [{ ...emptyNamespace("a"), services }] });
  const said = (desired: Service[], observed: Service[]): string[] =>
    planServices(model(...desired), model(...observed)).map(({ action, id, reason }) => `${action} ${id}: ${reason}`);
  expect(said([server, resolver], [server, resolver])).toEqual([]);
  expect(said([{ ...server, leaseTime: 700 }], [server, resolver])).toEqual([
    "delete resolver: the topology does not have it",
    "update dhcp-server eth0: leaseTime differs",
  ]);
  expect(said([server], [])).toEqual(["create dhcp-server eth0: the topology has it, and it does not run"]);
});
