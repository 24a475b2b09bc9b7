// netloom try: scripts as people have them. Lines that begin with sudo, files that come from Windows, settings.

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { NETLOOM, program } from "./program.ts";
import { canTranslate, canType, PAIR } from "./tutorials.ts";
import { trialOf } from "./trial.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();

const trial = trialOf(netloom);

describe.runIf(canType)("sudo", () => {
  //   ns1: veth0 10.0.0.1 ──── veth1 10.0.0.2 :ns2
  test("a tutorial with sudo in every line works without one, and without a password", async () => {
    const tutorial = PAIR.trim().replaceAll(/^/gm, "sudo ");
    const { out, err, code } = await trial(`${tutorial}\nsudo ip netns exec ns1 ping -c 1 10.0.0.2 || exit 9\n`);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toContain("   1 sudo ip netns add ns1\n     + node ns1\n");
    expect(out).toContain(" 1 received, 0% packet loss");
    // Control: the way there is what was typed.
    const cut = tutorial.split("\n").slice(0, -1).join("\n");
    expect((await trial(`${cut}\nsudo ip netns exec ns1 ping -c 1 -W 1 10.0.0.2 || exit 9\n`)).code).toBe(9);
  });

  test("its options, variables, lists and redirections are as they are elsewhere", async () => {
    const { out, err, code } = await trial(`
sudo -nHu root ip netns add one && sudo --user=root -- ip netns add two
sudo NAME=value sh -c 'echo "$NAME: $(id -u)"'
echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward > /dev/null
sudo sudo -E sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
sudo -s echo "two  spaces"
sudo -v && echo validated
sudo no-such-program || echo "status $?"
exit 5
`);
    expect({ err, code }).toEqual({ err: "sudo: no-such-program: command not found\n", code: 5 });
    for (const line of ["+ node one", "+ node two", "forwarding of IPv4: off → on", "forwarding of IPv6: off → on"])
      expect(out).toContain(line);
    for (const line of ["value: 0", "two  spaces", "validated", "status 1"]) expect(out).toContain(`\n${line}\n`);
  });

  test("in a sandbox and in a lab, too", async () => {
    const sandbox = await netloom.run(["sandbox", "--", "sudo", "sh", "-c", "ip netns add a && sudo ip netns"]);
    expect(sandbox).toMatchObject({ out: "a\n", code: 0 });
    expect(await netloom.run(["run", "star:2", "--", "sudo", "no-such-program"])).toMatchObject({ code: 1 });
    expect(await netloom.run(["run", "star:2", "--", NETLOOM, "exec", "h1", "sudo", "id", "-u"])).toMatchObject({
      out: "0\n",
    });
    // Its folder on the path is not taken for one that has everything.
    expect((await netloom.run(["sandbox", "--", NETLOOM, "doctor"])).out).toMatch(
      /^✓ the program nsenter {2}\/(?!run)/m,
    );
    // Control: what is not there is still said not to be.
    expect(await netloom.run(["sandbox", "--", "no-such-program"])).toMatchObject({ code: 127 });
    await netloom.clean();
  });
});

describe.runIf(canType && has("sed"))("a file from Windows", () => {
  const text = 'for name in red blue; do\r\n  ip netns add "$name"\r\ndone\r\n';

  test("runs without its carriage returns, and it is said that it would not elsewhere", async () => {
    const { out, err, code } = await trial(text);
    expect(code).toBe(0);
    expect(out).toContain("     + node red\n");
    expect(out).toContain('   2 ip netns add "blue"\n     + node blue\n');
    expect(err).toMatch(/^warning\[script\.line-ends\]: .* have Windows line endings\n/);
    const hint = /help: (sed .*)$/m.exec(err)![1]!;
    // The way out that is named is one.
    const file = netloom.file("script.sh", text);
    expect(await netloom.run(["-c", hint], { command: "sh" })).toMatchObject({ code: 0 });
    expect(await netloom.run(["try", file])).toMatchObject({ code: 0, err: "" });
    await netloom.clean();
  });

  test("where only some lines end so, they are left as they are", async () => {
    const { out, err } = await trial("ip netns add red\nprintf '%s|' 'a\r\nb'\n");
    expect(out).toContain("a\r\nb|");
    expect(err).toBe("");
  });
});

test.runIf(canType && has("sysctl"))("sysctls, by whatever way they are set", async () => {
  const { out, err, code } = await trial(`ip netns add a
ip netns exec a sysctl -qw net.ipv4.tcp_syn_retries=5
cd /proc/sys/net/ipv4
echo 4 > tcp_syn_retries
ip link add br0 type bridge
f() { sudo ip netns exec a sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_syn_retries'; }
f
ip netns exec a sysctl -qw net.ipv4.tcp_syn_retries=6
`);
  expect({ err, code }).toEqual({ err: "", code: 0 });
  expect(out.match(/^ +(\d+ .*(sysctl|retries).*|[+~-] .*retries.*)$/gm)?.map((line) => line.trim())).toEqual([
    "2 ip netns exec a sysctl -qw net.ipv4.tcp_syn_retries=5",
    "~ a net.ipv4.tcp_syn_retries: 6 → 5",
    "4 echo 4 > tcp_syn_retries",
    "~ root net.ipv4.tcp_syn_retries: 6 → 4",
    "6 sudo ip netns exec a sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_syn_retries'",
    "~ a net.ipv4.tcp_syn_retries: 5 → 3",
    "8 ip netns exec a sysctl -qw net.ipv4.tcp_syn_retries=6",
    "~ a net.ipv4.tcp_syn_retries: 3 → 6",
  ]);
  // What is left of them at the end.
  expect(out).toMatch(/^root +machine +net\.ipv4\.tcp_syn_retries=4$/m);
});

const legacy =
  has("iptables-legacy", "unshare") && spawnSync("unshare", ["-Urn", "iptables-legacy", "-S"]).status === 0;

if (canTranslate && legacy)
  test("rules of iptables-legacy are said to be there, since no step can tell of them", async () => {
    const said = /^warning\[try\.iptables-legacy\]: rules of iptables-legacy in a are not shown\n/m;
    const script = (program: string): string =>
      `ip netns add a\nip netns add b\nip netns exec a ${program} -A INPUT -p icmp -j DROP\n`;
    expect((await trial(script("iptables-legacy"))).err).toMatch(said);
    if (has("iptables-nft")) expect((await trial(script("iptables-nft"))).err).toBe("");
  });
