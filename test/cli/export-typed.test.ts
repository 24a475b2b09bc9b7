// netloom export of networks typed by hand: tutorials, settings, and what a file has no key for.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NETLOOM, program } from "./program.ts";
import { BRIDGE, canBridge, canTranslate, canType, OVERLAY, PODS, VIRTUAL_ROUTER } from "./tutorials.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();

/*
 *   a: eth0 10.0.0.1 ──── eth0 10.0.0.2 :b, who answers no echoes
 */
const CABLE = `
ip netns add a
ip netns add b
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n a link set eth0 up
ip -n b link set eth0 up
`;

async function inSandbox(commands: string) {
  const outcome = await netloom.run(["sandbox", "--", "bash", "-ec", commands]);
  await netloom.clean();
  return outcome;
}

if (canType && has("sysctl"))
  test("sysctls that were typed are in the file, and those that were not are not", async () => {
    const file = join(netloom.folder, "settings.yaml");
    const { out, code } = await inSandbox(`${CABLE}
      sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_local_port_range="20000 30000"
      ip -n a link set lo up
      ip netns exec a sysctl -qw net.ipv4.conf.default.rp_filter=1 net.ipv4.conf.eth0.arp_ignore=2
      # It has no address: it follows the default.
      ip -n a link add x0 type veth peer name x1
      ip netns exec b sysctl -qw net.ipv4.icmp_echo_ignore_all=1 net.ipv4.conf.eth0.forwarding=1
      ${NETLOOM} export -o ${file}
      ${NETLOOM} inspect b`);
    expect(code).toBe(0);
    expect(out).toMatch(/Sysctls\nnet\.ipv4\.icmp_echo_ignore_all +1\n/);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("  forwarding: true\n  sysctls: { net.ipv4.ip_local_port_range: 20000 30000 }\n");
    expect(text.match(/net\.ipv[46]\.[\w.]+(?=:)/g)?.sort()).toEqual([
      "net.ipv4.conf.default.rp_filter",
      "net.ipv4.conf.eth0.arp_ignore",
      "net.ipv4.conf.eth0.forwarding",
      "net.ipv4.icmp_echo_ignore_all",
      "net.ipv4.ip_local_port_range",
    ]);
    expect(text).toContain("  - a -x> b icmp\n  - b -> a icmp\n");
    // The witness: what the file makes has them, on real packets too.
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
    const { out: values } = await netloom.run([
      "exec",
      "a",
      "--",
      "sysctl",
      "-n",
      "net.ipv4.conf.eth0.arp_ignore",
      "net.ipv4.conf.eth0.rp_filter",
      "net.ipv4.conf.x1.rp_filter",
    ]);
    expect(values).toBe("2\n0\n1\n");
    expect(await netloom.run(["verify"])).toMatchObject({ code: 0 });
    expect(await netloom.run(["plan", "--exit-code", file])).toMatchObject({ code: 0 });
    const { out: again } = await netloom.run(["export"]);
    expect(again.split("\n").slice(1)).toEqual(text.slice(0, text.indexOf("\n# What")).split("\n").slice(1));
    await netloom.run(["down"]);
    await netloom.clean();
  });

if (canType && has("tc", "bridge", "unshare"))
  test("what a model has no field for is listed", async () => {
    const { out, code } = await inSandbox(`${CABLE}
      ip link add br0 type bridge
      ip link add port type dummy || ip link add port type veth peer name other
      ip link set port master br0
      bridge fdb add 02:00:00:00:00:09 dev port master static
      tc -n a qdisc add dev eth0 root pfifo limit 10
      ip -n a link set eth0 promisc on
      ip -n b route add local 10.5.0.0/16 dev lo
      unshare -n node -e 'require("fs").writeFileSync("/run/ready", ""); setTimeout(() => {}, 1e9)' &
      ip netns exec b node -e 'require("net").createServer().listen(8080)' &
      until ip netns exec b grep -q ':1F90 ' /proc/net/tcp6; do sleep 0.02; done
      until ip -n b -6 addr show dev eth0 | grep -q fe80; do sleep 0.02; done
      until [ -e /run/ready ]; do sleep 0.02; done
      ${NETLOOM} export --no-expect`);
    expect(code).toBe(0);
    const list = out.slice(out.indexOf("# What this file cannot express:"));
    for (const line of [
      "root forwarding of 02:00:00:00:00:09 to port: a switch of a file learns its table by itself",
      "a eth0 qdisc pfifo: queueing disciplines are not part of a file",
      "a eth0 promiscuous: that mode is not part of a file",
      "b local route to 10.5.0.0/16: routes of the table local are not part of a file",
      "b process node: it was started by hand, and listens on tcp/8080: run, dhcp or dns of the node would start one",
    ])
      expect(list).toContain(`#   ${line}\n`);
    expect(list).toMatch(/# {3}namespace node-\d+: it has no name below \/run\/netns, .*; in it runs node\n/);
    // In its own way, not lost: nobody has given these addresses.
    expect(list).toMatch(/# What netloom does differently:\n[^]*# {3}IPv6 of a, b: /);
  });

if (canBridge)
  test("--no-macs: as somebody would have written it", async () => {
    const { out, err, code } = await inSandbox(`${BRIDGE}\n${NETLOOM} export --no-macs`);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toContain(`switches:
  br0: { subnet: 192.168.188.0/24 }
hosts:
  left: { interfaces: { veth0: { link: br0, address: 192.168.188.96 } } }
  right: { interfaces: { veth2: { link: br0, address: 192.168.188.69 } } }
`);
    expect(out).toContain("#   hardware addresses of left, right: they were omitted");
    expect(out).not.toContain("cannot express");
    const file = netloom.file("plain.yaml", out);
    expect(await netloom.run(["run", file])).toMatchObject({ code: 0 });
    await netloom.clean();
  });

/** Types it and exports it from inside; what the file says, and what real packets say of the network that it makes. */
async function typed(commands: string, ...flags: string[]) {
  const file = join(netloom.folder, "typed.yaml");
  const { err, code } = await inSandbox(`${commands}\n${NETLOOM} export -o ${file} ${flags.join(" ")}`);
  expect(code).toBe(0);
  const proof = await netloom.run(["run", file]);
  await netloom.clean();
  return { text: readFileSync(file, "utf8"), err, proof };
}

if (canTranslate && spawnSync("iptables", ["-V"]).stdout.toString().includes("nf_tables"))
  test("8. a virtual router with SNAT: out but not in", async () => {
    const { text, proof } = await typed(VIRTUAL_ROUTER, "--no-macs");
    expect(text).toContain(`routers:
  router:
    interfaces: { ext: { link: br0, address: 192.168.1.200 }, int: brint }
    gateway: 192.168.1.1
`);
    expect(text).toContain("      - { snat: { out: ext, to: 192.168.1.200 } }\n");
    expect(text).toContain("vm1: { interfaces: { eth0: { link: brint, address: 10.10.0.10 } } }\n");
    expect(text).not.toContain("cannot express");
    expect(proof.code).toBe(0);
    expect(proof.out).toMatch(/✓ {2}vm1 -> up icmp/);
    expect(proof.out).toMatch(/✓ {2}up -x> vm1 icmp/);
  });

if (canType && has("sysctl"))
  test("10. pods on a bridge with a smaller MTU", async () => {
    const { text, proof } = await typed(PODS, "--no-macs");
    expect(text).toContain(`root:
  forwarding: true
switches:
  cni0: { subnet: 10.244.0.0/24, address: 10.244.0.1/24, mtu: 1450 }
hosts:
  pod2: { interfaces: { eth0: cni0 } }
  pod3: { interfaces: { eth0: cni0 } }
`);
    expect(text).toContain("vethabc2 is pod2-eth0, vethabc3 is pod3-eth0");
    expect(proof).toMatchObject({ code: 0, out: expect.stringContaining("all 6 pairs hold") });
  });

if (canType)
  test("11. an overlay is listed, and a run tells that it is missing", async () => {
    const { text, err, proof } = await typed(OVERLAY);
    for (const lost of ["m1 br0", "m1 vx0", "m2 tap0", "vm1 eth0", "vm2 eth0"]) {
      expect(text).toContain(`#   ${lost}: `);
      expect(err).toContain(`warning[export.unexpressed]: ${lost} is not in the file\n`);
    }
    // What held before does so no more; what is in the file still does.
    expect(proof.code).toBe(1);
    expect(proof.out).toMatch(/✗ {2}vm1 -> vm2 icmp/);
    expect(proof.out).toMatch(/✓ {2}m1 -> m2 icmp/);
  });
