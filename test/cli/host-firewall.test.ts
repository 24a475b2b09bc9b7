// Somebody else's chain drops what a lab on the machine forwards: that is said, with rules that help when they are typed.

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type HostMachine, hostMachine, OFFICE } from "./host-machine.ts";
import { program } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
let machine: HostMachine;
beforeAll(async () => {
  machine = await hostMachine(netloom);
});
afterEach(() => machine.netloom(["down", "--all", "--host"]));

const office = (): string => netloom.file("office.yaml", OFFICE);
const ping = (from: string, to: string): Promise<string> =>
  machine.sh(`ip netns exec ${from} ping -c1 -W1 ${to} >/dev/null && echo yes || echo no`);

/** What `up` warns of; the rules that it says would help. */
async function rulesOf(file: string): Promise<{ cause: string; rules: string }> {
  const { err } = await machine.netloom(["up", "--host", file]);
  expect(err.match(/^warning\[host\.forward-policy\]/gm)).toHaveLength(1);
  return { cause: /= cause: (.*)/.exec(err)![1]!, rules: /= help: let it pass: (.*)/.exec(err)![1]! };
}

/** As Docker sets it up. */
const docker = (iptables: string): string =>
  `${iptables} -N DOCKER-USER; ${iptables} -A DOCKER-USER -j RETURN
   ${iptables} -P FORWARD DROP; ${iptables} -I FORWARD -j DOCKER-USER`;
const undocker = (iptables: string): string =>
  `${iptables} -P FORWARD ACCEPT; ${iptables} -F; ${iptables} -X DOCKER-USER`;

//   a ─ lan ─┤ the machine forwards, and its FORWARD chain drops ├─ dmz ─ a-host-of-long-name
const WALLS: [title: string, needs: string, make: string, remove: string, cause: string, rule: string][] = [
  [
    "Docker's, by iptables",
    "iptables-nft",
    docker("iptables-nft"),
    "nft delete table ip filter",
    "chain FORWARD of table ip filter has the policy drop",
    "iptables -I DOCKER-USER -i lan -j ACCEPT",
  ],
  [
    "a chain of nft",
    "nft",
    "nft 'table inet wall { chain pass { type filter hook forward priority 10; policy drop; }; }'",
    "nft delete table inet wall",
    "chain pass of table inet wall has the policy drop",
    "nft insert rule inet wall pass iifname lan accept",
  ],
];

// Which tables it has, its kernel tells the first user namespace's root alone.
if (process.geteuid!() === 0) {
  WALLS.push([
    "by iptables before nf_tables",
    "iptables-legacy",
    `ip link add docker0 type bridge; ${docker("iptables-legacy")}`,
    `${undocker("iptables-legacy")}; ip link del docker0`,
    "Docker is here with iptables-legacy",
    "iptables-legacy -I DOCKER-USER -o dmz -j ACCEPT",
  ]);
}

describe("what the machine routes", () => {
  for (const [title, needs, make, remove, cause, rule] of WALLS) {
    it.runIf(has(needs, "nft"))(`is dropped: ${title}`, async () => {
      await machine.sh(`set -e; ${make}`);
      const said = await rulesOf(office());
      expect(said.cause).toContain(cause);
      expect(said.rules).toContain(rule);
      expect(await ping("office-a", "10.60.0.2")).toBe("no\n");
      await machine.sh(said.rules);
      expect(await ping("office-a", "10.60.0.2")).toBe("yes\n");
      await machine.sh(remove);
      const { err } = await machine.netloom(["up", "--host", office()]);
      expect(err).not.toContain("forward-policy");
    });
  }
});

//   a ─ lan ─ b, and no router anywhere: bridges ask iptables, too
const SWITCHED =
  "name: office\nswitches: { lan: { subnet: 10.50.0.0/24 } }\nhosts: { a: { interfaces: { eth0: lan } }, b: { interfaces: { eth0: lan } } }\n";

it.runIf(has("iptables-nft", "nft"))(
  "what bridges switch is dropped where they ask iptables, and only there",
  async () => {
    const file = netloom.file("switched.yaml", SWITCHED);
    await machine.sh(docker("iptables-nft"));
    const ask = (on: number): Promise<string> =>
      machine.sh(`! test -e /proc/sys/net/bridge || echo ${on} > /proc/sys/net/bridge/bridge-nf-call-iptables`);
    await ask(0);
    const { err } = await machine.netloom(["up", "--host", file]);
    expect(err).not.toContain("forward-policy");
    expect(await ping("office-a", "10.50.0.2")).toBe("yes\n");
    const asks = (await machine.sh("test -e /proc/sys/net/bridge && echo yes || echo no")) === "yes\n";
    if (asks) {
      await ask(1);
      expect(await ping("office-a", "10.50.0.2")).toBe("no\n");
      const { rules } = await rulesOf(file);
      await machine.sh(rules);
      expect(await ping("office-a", "10.50.0.2")).toBe("yes\n");
    }
    await machine.sh("nft delete table ip filter");
  },
);
