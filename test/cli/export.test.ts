// netloom export: labs from files, and networks that were typed by hand, as files that make them again.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NETLOOM, program } from "./program.ts";
import { BRIDGE, canBridge, canTranslate, canType, GATEWAY, PAIR, ROOT_AND_GUEST } from "./tutorials.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();

const OFFICE = `
name: office
switches:
  lan: { subnet: [172.19.0.0/24, "fd00::/64"], address: 172.19.0.1/24, mtu: 1400 }
  wan: { subnet: 203.0.113.0/24 }
hosts:
  a: { interfaces: { eth0: lan }, run: [sleep 1000000] }
  b: { interfaces: { eth0: { link: lan, address: [172.19.0.40, "fd00::40"] } }, routes: [{ to: 10.9.0.0/16, via: 172.19.0.254 }] }
  isp: { interfaces: { eth0: wan } }
routers:
  gw:
    interfaces: { eth0: { link: lan, address: [172.19.0.254, "fd00::254"] }, eth1: wan }
    nat: [{ masquerade: eth1, type: home }]
    publish: [{ in: eth1, port: 8080, to: "b:80" }]
    firewall: { forward: drop, rules: [allow established, allow all from lan] }
expect:
  - a -> isp icmp
`;

describe("a lab from a file", () => {
  beforeAll(async () => {
    expect(await netloom.run(["up", netloom.file("office.yaml", OFFICE)])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await netloom.run(["down", "--all"]);
  });

  test("is the file again: a plan of it changes nothing", async () => {
    const { out, err, code } = await netloom.run(["export"]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toContain("isp: { interfaces: { eth0: wan } }");
    expect(out).toContain("nat: [{ masquerade: eth1, type: home }]");
    expect(out).toContain('publish: [{ in: eth1, port: 8080, to: "b:80" }]');
    expect(out).toContain("expect:\n  - a -> isp icmp\n");
    expect(out).not.toContain("mac:");
    const file = netloom.file("again.yaml", out);
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, err: "" });
    expect(await netloom.run(["plan", "--exit-code", file])).toMatchObject({ code: 0 });
    // Control: the plan would see another route.
    const other = netloom.file("other.yaml", out.replace("10.9.0.0/16", "10.8.0.0/16"));
    expect(await netloom.run(["plan", "--exit-code", other])).toMatchObject({ code: 3 });
  });

  test("goes into a file, YAML or JSON, or is part of a document", async () => {
    const [yaml, json] = [join(netloom.folder, "o.yaml"), join(netloom.folder, "o.json")];
    expect(await netloom.run(["export", "office", "-o", yaml])).toEqual({
      out: "",
      err: `wrote ${yaml}\n`,
      code: 0,
      signal: null,
    });
    expect(await netloom.run(["export", "-o", json])).toMatchObject({ code: 0 });
    const { out } = await netloom.run(["export", "--json"]);
    const document = JSON.parse(out) as {
      netloom: number;
      kind: string;
      lab: string;
      topology: object;
      unexpressed: [];
    };
    expect(document).toMatchObject({ netloom: 1, kind: "export", lab: "office", unexpressed: [] });
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual(document.topology);
    expect(await netloom.run(["plan", "--exit-code", json])).toMatchObject({ code: 0 });
    expect(await netloom.run(["plan", "--exit-code", yaml])).toMatchObject({ code: 0 });
  });

  test("has what was changed by hand, and lists what cannot be said", async () => {
    const typed = `
      ip -n a addr add 172.19.0.99/24 dev eth0
      ip link add extra type veth peer name extra netns isp
      ip -n isp link add vx type ifb
      ip -n isp rule add from 10.7.0.0/16 table 7
      ip -n isp neigh add 203.0.113.77 lladdr 02:00:00:00:00:77 dev eth0`;
    expect(await netloom.run(["exec", "root", "--", "sh", "-ec", typed])).toMatchObject({ code: 0, err: "" });
    const { out, err, code } = await netloom.run(["export"]);
    expect(code).toBe(0);
    expect(out).toMatch(/a:[^]*172\.19\.0\.99/);
    expect(out).toMatch(/extra: \{ link: "root:extra", mac: [0-9a-f:]+, up: false \}/);
    const list = out.slice(out.indexOf("# What this file cannot express:"));
    for (const [place, why] of [
      ["isp vx", "an interface of the kind ifb"],
      ["isp rule", "policy rules are not part of a file"],
      ["isp neighbour 203.0.113.77", "permanent neighbours are not part of a file"],
    ] as const) {
      expect(list).toMatch(new RegExp(`#   ${place}.*: ${why}`));
      expect(err).toMatch(
        new RegExp(`warning\\[export.unexpressed\\]: ${place}.* is not in the file\n = cause: ${why}`),
      );
    }
    expect(await netloom.run(["validate", netloom.file("listed.yaml", out)])).toMatchObject({ code: 0, err: "" });
  });

  test("what goes wrong is said in one error", async () => {
    const missing = await netloom.run(["export", "offices"]);
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toContain('no lab named "offices" is up');
    const unwritable = await netloom.run(["export", "-o", "/proc/nowhere/x.yaml"]);
    expect(unwritable).toMatchObject({ code: 1, out: "" });
    expect(unwritable.err).toMatch(/error\[cli\.write\]: "\/proc\/nowhere\/x\.yaml" cannot be written/);
  });
});

/** Types it, exports it from inside; the text of the file, once `netloom run` has proven it. */
async function typed(commands: string): Promise<{ text: string; file: string; proof: string }> {
  const file = join(netloom.folder, "typed.yaml");
  const script = `set -e\n${commands}\n${NETLOOM} export -o ${file}`;
  const { err, code } = await netloom.run(["sandbox", "--", "bash", "-c", script]);
  expect({ err, code }).toEqual({ err: `wrote ${file}\n`, code: 0 });
  const proof = await netloom.run(["run", file]);
  expect(proof).toMatchObject({ code: 0 });
  await netloom.clean();
  return { text: readFileSync(file, "utf8"), file, proof: proof.out };
}

const nftables = canTranslate && spawnSync("iptables", ["-V"]).stdout.toString().includes("nf_tables");

describe("a network that was typed by hand, and runs from its file", () => {
  if (canType)
    test("3. two namespaces and a cable", async () => {
      const { text } = await typed(PAIR);
      expect(text).toMatch(/ns1:\n {4}interfaces: \{ veth0: \{ link: "ns2:veth1", address: 10\.0\.0\.1\/24, mac: /);
      expect(text).toMatch(/lo in ns1, ns2: it is down/);
      expect(text).not.toContain("cannot express");
    });

  if (canType)
    test("4. the machine and a namespace", async () => {
      const { text, proof } = await typed(ROOT_AND_GUEST);
      expect(text).toMatch(/root:\n {2}interfaces: \{ veth-a: \{ link: "guest:veth-b", address: 10\.0\.0\.1\/24/);
      expect(proof).toContain("guest");
    });

  if (canBridge)
    test("5. a bridge without an address", async () => {
      const { text } = await typed(BRIDGE);
      expect(text).toMatch(/switches:\n {2}br0: \{ subnet: 192\.168\.188\.0\/24, mac: /);
      expect(text).toMatch(/left: \{ interfaces: \{ veth0: \{ link: br0, address: 192\.168\.188\.96, mac: /);
      expect(text).toMatch(/netloom calls them NODE-INTERFACE: veth1 is left-veth0, veth3 is right-veth2/);
    });

  if (nftables)
    test("6. a gateway with forwarding, MASQUERADE and DNAT by iptables", async () => {
      const { text, file, proof } = await typed(GATEWAY);
      expect(text).toMatch(
        /# from iptables nat POSTROUTING: .*\n {4}- \{ masquerade: eth0, from: 172\.19\.0\.0\/24 \}/,
      );
      expect(text).toMatch(/# from iptables nat PREROUTING: .*\n {4}- \{ port: 8080, to: 172\.19\.0\.2:80 \}/);
      expect(text).toContain("  # from iptables filter FORWARD\n  firewall:\n    forward: drop\n");
      expect(text).toContain("- allow established from eth0 to br0 on forward");
      expect(text).toContain("a: { interfaces: { eth0: { link: br0, mac: ");
      expect(text).not.toContain("cannot express");
      // Proven: out, but not in.
      expect(proof).toMatch(/✓ {2}a -> internet icmp/);
      expect(proof).toMatch(/✓ {2}internet -x> a icmp/);
      // The published port, from outside, from a neighbour and from the machine itself; and one that is not.
      const server = "require('net').createServer((s) => s.on('error', () => {}).end('a')).listen(80)";
      const ask = `exec 3<>/dev/tcp/198.51.100.1/$1 && cat <&3 || echo refused`;
      const probe = `
        ip netns exec a node -e "${server}" &
        ask() { timeout 5 "\${@:2}" bash -c '${ask}' - $1 2>/dev/null; echo; }
        until ip netns exec a bash -c 'exec 3<>/dev/tcp/127.0.0.1/80' 2>/dev/null; do sleep 0.02; done
        ask 8080 ip netns exec internet; ask 8080 ip netns exec b; ask 8080 env; ask 8081 ip netns exec internet`;
      const { out, code } = await netloom.run(["run", file, "--", "bash", "-c", probe]);
      expect({ code, said: out.trim().split(/\s+/) }).toEqual({ code: 0, said: ["a", "a", "a", "refused"] });
    });

  if (nftables && has("nft"))
    test("rules that no key can say are listed, each with its place", async () => {
      const file = join(netloom.folder, "strange.yaml");
      const script = `${PAIR}
        ip netns exec ns1 iptables -A INPUT -i veth0 -s 10.0.0.9 -j DROP
        ip netns exec ns1 iptables -A OUTPUT -p icmp
        ip netns exec ns2 iptables -t mangle -A PREROUTING -s 10.9.0.0/16 -j DROP
        ip netns exec ns2 nft 'table inet mine { chain in { type filter hook input priority 0; tcp dport 23 drop; }; }'
        ${NETLOOM} export --no-expect -o ${file}`;
      const { err, code } = await netloom.run(["sandbox", "--", "bash", "-ec", script]);
      expect(code).toBe(0);
      expect(err).toMatch(
        /ns1 iptables filter INPUT is not in the file\n = cause: firewall cannot express .*chain is left out/,
      );
      expect(err).toMatch(/ns2 iptables mangle PREROUTING: .* is not in the file/);
      // It only counts; and what was made with nft is a firewall as any other.
      expect(err).not.toContain("OUTPUT");
      const text = readFileSync(file, "utf8");
      expect(text).toMatch(/# from table inet mine in\n {4}firewall: \{ rules: \[drop tcp\/23 on input\] \}/);
      expect(text).not.toContain("expect:");
      await netloom.clean();
    });
});
