import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { clientScript, clientStart, parseEvent } from "../../src/services/dhcp-client.ts";
import { leaseOf } from "../../src/services/lease.ts";

const folder = mkdtempSync(join(tmpdir(), "netloom-services-"));

afterAll(() => rmSync(folder, { recursive: true }));

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
