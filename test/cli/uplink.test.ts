// A way out of a lab, to a machine that leads nowhere: see uplink-machine.ts.

import { describe, expect, test } from "vitest";
import { program } from "./program.ts";
import { canHaveUplinks, uplinkMachine, WEB } from "./uplink-machine.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const onMachine = uplinkMachine(netloom);
const web = netloom.file("web.mjs", WEB);

//   machine 127.0.0.1:8099, :53
//      │ uplink0 10.0.2.100, gateway .2, names .3
//    root ── lan 172.19.0.0/24 ── a (web), b
let count = 0;
const lab = (root: string): string =>
  netloom.file(
    `lab-${++count}.yaml`,
    `name: out
root: { ${root} }
switches: { lan: { subnet: 172.19.0.0/24, address: 172.19.0.1/24 } }
hosts:
  a: { interfaces: { eth0: lan }, run: [{ command: [${process.execPath}, ${web}], name: web }] }
  b: { interfaces: { eth0: lan } }
`,
  );
const NAT = "forwarding: true, nat: [{ masquerade: uplink0 }]";
const OTHER = { pasta: "slirp4netns", slirp4netns: "pasta" } as const;

describe.skipIf(!canHaveUplinks()).each(["pasta", "slirp4netns"] as const)("an uplink by %s", (kind) => {
  const hidden = [OTHER[kind]];

  test.skipIf(!has(kind))("root and the hosts behind its NAT reach what is outside, and know its names", () => {
    const { lines } = onMachine(
      `netloom up ${lab(`uplink: internet, ${NAT}`)} 2> /dev/null
inside root 10.0.2.2 8099
inside a 10.0.2.2 8099
netloom exec a getent hosts www.outside
netloom exec a getent hosts b
netloom exec a getent hosts nosuch.example || echo unknown
netloom exec root grep nameserver /etc/resolv.conf
# Nothing but the uplink leads there.
netloom exec b ip route replace unreachable default
inside b 10.0.2.2 8099`,
      { hidden },
    );
    expect(lines).toEqual([
      "machine",
      "machine",
      expect.stringMatching(/^203\.0\.113\.9 +www\.outside$/),
      expect.stringMatching(/^172\.19\.0\.3 +b$/),
      "unknown",
      "nameserver 10.0.2.3",
      "EHOSTUNREACH",
    ]);
  });

  test.skipIf(!has(kind))("without NAT a host's packets do not come back, and it is told no name server", () => {
    const script = `netloom up ${lab("uplink: internet, forwarding: true")} 2> /dev/null
inside root 10.0.2.2 8099
netloom exec a grep nameserver /etc/resolv.conf`;
    const { lines } = onMachine(script, { hidden });
    expect(lines).toEqual(["machine", "nameserver 127.0.0.1"]);
  });

  test.skipIf(!has(kind))("loopback: false closes the machine's own loopback", () => {
    const script = `netloom up ${lab("uplink: { kind: internet, loopback: false }")} 2> /dev/null
ask 127.0.0.1 8099
PATIENCE=1000 inside root 10.0.2.2 8099 | sed 's/^E.*/closed/; s/^end/closed/; s/^silence/closed/'`;
    const { lines } = onMachine(script, { hidden });
    expect(lines).toEqual(["machine", "closed"]);
  });

  test.skipIf(!has(kind))("a second up changes nothing; it ends with the lab, and when its holder is killed", () => {
    const file = lab(`uplink: internet, ${NAT}`);
    const { lines } = onMachine(
      `netloom up ${file} 2> /dev/null
netloom up ${file} 2>&1
netloom plan ${file} 2>&1 | tail -n1
carriers | wc -l
netloom down 2>&1
until [ -z "$(carriers)" ]; do sleep 0.02; done
netloom up ${file} 2> /dev/null
carriers | wc -l
kill -9 $(holder)
until [ -z "$(carriers)" ]; do sleep 0.02; done
netloom down 2>&1
labs | wc -l
ps ax -o args | grep "^[^ ]*${kind}" | wc -l`,
      { hidden },
    );
    expect(lines).toEqual([
      "out is already up, nothing to change",
      expect.stringMatching(/nothing|no change|equal/i),
      "1",
      "out is down",
      "1",
      "out is down",
      "0",
      "0",
    ]);
  });

  test.skipIf(!has(kind))("it comes, goes and comes back on a running lab; one that died is mended by up", () => {
    const [with_, without] = [lab(`uplink: internet, ${NAT}`), lab("forwarding: true")];
    const { lines } = onMachine(
      `netloom up ${without} 2> /dev/null
inside a 10.0.2.2 8099
netloom up ${with_} 2> /dev/null
inside a 10.0.2.2 8099
netloom exec a grep nameserver /etc/resolv.conf
kill -9 $(carriers)
until netloom plan ${with_} | grep -q uplink; do sleep 0.05; done
netloom up ${with_} 2>&1 | grep -c "1 change"
inside a 10.0.2.2 8099
netloom up ${without} 2> /dev/null
carriers | wc -l
netloom exec root ip link show uplink0 2>&1
netloom exec a grep nameserver /etc/resolv.conf
inside a 10.0.2.2 8099`,
      { hidden },
    );
    expect(lines).toEqual([
      "ENETUNREACH",
      "machine",
      "nameserver 10.0.2.3",
      "1",
      "machine",
      "0",
      'Device "uplink0" does not exist.',
      "nameserver 127.0.0.1",
      "ENETUNREACH",
    ]);
  });

  test.skipIf(!has(kind))("an up that is killed leaves nothing of it", () => {
    const { lines } = onMachine(
      `netloom up ${lab(`uplink: internet, ${NAT}`)} 2> /dev/null & up=$!
until [ -n "$(carriers)" ]; do sleep 0.01; done
kill -9 $up $(ps -o pid= --ppid $up)
until [ -z "$(carriers)" ] || netloom ls 2> /dev/null | grep -q " up "; do sleep 0.02; done
netloom down > /dev/null 2>&1
until [ -z "$(carriers)" ]; do sleep 0.02; done
labs | wc -l
ps ax -o args | grep "^[^ ]*${kind}" | wc -l`,
      { hidden },
    );
    expect(lines).toEqual(["0", "0"]);
  });
});

describe.skipIf(!canHaveUplinks())("ports that root publishes", () => {
  const publish = 'publish: [{ port: 8080, to: "a:80" }, { port: 5007, to: "a:7", protocol: udp }]';

  test.skipIf(!has("slirp4netns"))("are forwarded inward from the machine's loopback, and from nowhere else", () => {
    const { lines } = onMachine(
      `netloom up ${lab(`uplink: internet, ${NAT}, ${publish}`)} 2> /dev/null
ask 127.0.0.1 8080
ask 127.0.0.1 5007 udp
ask 192.0.2.2 8080
ask 127.0.0.1 80
netloom down 2> /dev/null
ask 127.0.0.1 8080`,
    );
    expect(lines).toEqual(["web", "echo", "ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
  });

  test.skipIf(!has("slirp4netns"))("are on every address of the machine when that is asked for", () => {
    const root = `uplink: { kind: internet, listen: 0.0.0.0 }, ${NAT}, ${publish}`;
    const { lines } = onMachine(`netloom up ${lab(root)} 2> /dev/null
ask 127.0.0.1 8080
ask 192.0.2.2 8080`);
    expect(lines).toEqual(["web", "web"]);
  });

  test.skipIf(!has("slirp4netns"))("that are in use on the machine are an error, and nothing is left", () => {
    const { lines, err } = onMachine(
      `netloom up ${lab(`uplink: internet, ${NAT}, ${publish.replace("8080", "8099")}`)}
echo $?
until [ -z "$(carriers)" ]; do sleep 0.02; done
labs | wc -l`,
    );
    expect(lines).toEqual(["1", "0"]);
    expect(err).toContain("port tcp/8099 of 127.0.0.1 cannot be forwarded into the lab");
  });
});

describe.skipIf(!canHaveUplinks())("an uplink that cannot be", () => {
  test("for want of a program: the error names the package, and nothing is built", () => {
    const { lines, err } = onMachine(`netloom up ${lab("uplink: internet")}; echo $?; labs | wc -l`, {
      hidden: ["pasta", "slirp4netns"],
    });
    expect(lines).toEqual(["1", "0"]);
    expect(err).toContain("neither pasta nor slirp4netns is installed");
    expect(err).toContain("apt-get install passt");
    expect(err).toContain("nothing was built");
  });

  test.skipIf(!has("pasta"))("for its program ends: the error has its last words, and nothing is left", () => {
    const script = `ip route delete default; netloom up ${lab("uplink: internet")}; echo $?; labs | wc -l`;
    const { lines, err } = onMachine(script, { hidden: ["slirp4netns"] });
    expect(lines).toEqual(["1", "0"]);
    expect(err).toMatch(/the uplink does not work: pasta ended[^]*cause: .*[Rr]out/);
  });
});
