// netloom try: a script, command by command, and what each of them changed. Nothing of it is left.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NETLOOM, program, until } from "./program.ts";
import { BRIDGE, canBridge, canTranslate, canType, GATEWAY, PAIR, ROOT_AND_GUEST } from "./tutorials.ts";
import { trialOf } from "./trial.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();

const trial = trialOf(netloom);

interface Step {
  readonly line: number;
  readonly command: string;
  readonly expanded: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly changes: readonly {
    action: string;
    kind: string;
    node: string;
    object: string;
    detail: string;
    byKernel: boolean;
  }[];
}

async function steps(text: string, ...flags: string[]): Promise<{ status: number; steps: readonly Step[] }> {
  const { out, code } = await trial(text, "--json", ...flags);
  const document = JSON.parse(out) as { netloom: number; kind: string; status: number; steps: readonly Step[] };
  expect(document).toMatchObject({ netloom: 1, kind: "try", status: code });
  return document;
}

/** What somebody asked for, in one line each: `+ ns1 veth0: veth to root veth1, down`. */
function changes({ changes }: Step): string[] {
  const sign: Record<string, string> = { create: "+", update: "~", delete: "-" };
  return changes
    .filter(({ byKernel }) => !byKernel)
    .map(
      ({ action, node, object, detail }) =>
        `${sign[action]} ${[node, object].filter(Boolean).join(" ")}${detail === "" ? "" : `: ${detail}`}`,
    );
}

describe.runIf(canType)("tutorials", () => {
  test("3. two namespaces and a cable: a line for each thing that comes, goes or changes", async () => {
    const { out, err, code } = await trial(PAIR);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    const before = out.slice(0, out.indexOf("\n\n"));
    // Link-local addresses differ each time, and come when the kernel is ready.
    expect(before.split("\n").filter((line) => !line.includes("fe80::"))).toEqual([
      "   2 ip netns add ns1",
      "     + node ns1",
      "   3 ip netns add ns2",
      "     + node ns2",
      "   4 ip link add veth0 type veth peer name veth1",
      "     + root veth0: veth to root veth1, down",
      "     + root veth1: veth to root veth0, down",
      "   5 ip link set veth0 netns ns1",
      "     - root veth0",
      "     ~ root veth1: other end root veth0 → ns1 veth0",
      "     + ns1 veth0: veth to root veth1, down",
      "   6 ip link set veth1 netns ns2",
      "     - root veth1",
      "     ~ ns1 veth0: other end root veth1 → ns2 veth1",
      "     + ns2 veth1: veth to ns1 veth0, down",
      "   7 ip netns exec ns1 ip addr add 10.0.0.1/24 dev veth0",
      "     + ns1 veth0 10.0.0.1/24",
      "   8 ip netns exec ns2 ip addr add 10.0.0.2/24 dev veth1",
      "     + ns2 veth1 10.0.0.2/24",
      "   9 ip netns exec ns1 ip link set dev veth0 up",
      "     ~ ns1 veth0: down → up",
      "     + ns1 route 10.0.0.0/24: dev veth0 (by itself)",
      "  10 ip netns exec ns2 ip link set dev veth1 up",
      "     ~ ns2 veth1: down → up",
      "     + ns2 route 10.0.0.0/24: dev veth1 (by itself)",
    ]);
    expect(out).toMatch(/\nnode +interface[^]*\nns1 +veth0 .*10\.0\.0\.1\/24/);
    expect(out).toContain("\nPicture\nns1 veth0 10.0.0.1/24 ───── 10.0.0.2/24 veth1 ns2\n");
    expect(out).toMatch(/script\.sh: 9 commands, \d+ changes\n$/);
  });

  test("4. the machine and a namespace; its end takes the cable along", async () => {
    const { steps: all } = await steps(`${ROOT_AND_GUEST}\nip netns del guest\n`);
    expect(changes(all.at(-1)!)).toEqual(["- guest", "- root veth-a", "- root veth-a 10.0.0.1/24"]);
    expect(all.at(-1)!.changes).toContainEqual(
      expect.objectContaining({ action: "delete", object: "route 10.0.0.0/24", byKernel: true }),
    );
  });

  test.runIf(canBridge)("5. a bridge, by brctl and ifconfig", async () => {
    const { steps: all } = await steps(BRIDGE);
    const of = (command: string): string[] => changes(all.find((step) => step.command === command)!);
    expect(of("brctl addbr br0")).toEqual(["+ root br0: bridge, down"]);
    expect(of("brctl addif br0 veth1")).toEqual(["~ root veth1: now a port of br0"]);
    expect(of("ip link set br0 up")).toEqual(["~ root br0: down → up"]);
    expect(of("ip netns exec left ifconfig veth0 192.168.188.96 netmask 255.255.255.0 up")).toEqual([
      "~ left veth0: down → up",
      "+ left veth0 192.168.188.96/24",
    ]);
  });

  test.runIf(canTranslate)(
    "6. a gateway: loops with their values, forwarding, rules; a picture and a file",
    async () => {
      const [picture, file] = [join(netloom.folder, "end.svg"), join(netloom.folder, "end.yaml")];
      const { out: all, code } = await trial(GATEWAY, "-o", picture, "--export", file);
      expect(code).toBe(0);
      // Link-local addresses come a moment after the carrier: beside whichever command runs by then.
      const out = all
        .replace(/^ +\d+ (?:for|n=).*\n(?: {5}.* \(by itself\)\n)+/gm, "")
        .replace(/^ {5}.* \(by itself\)\n/gm, "");
      expect(out).toMatch(
        /^ {3}8 ip netns add b\n {5}\+ node b\n {3}9 ip link add veth3 type veth peer name eth0 netns b\n/m,
      );
      expect(out).toMatch(/ +\d+ sysctl -qw net\.ipv4\.ip_forward=1\n {5}~ root forwarding of IPv4: off → on\n/);
      // Loops and assignments steer the shell alone.
      expect(out).not.toMatch(/^ +\d+ (for|n=)/m);
      expect(readFileSync(picture, "utf8")).toMatch(/^<svg [^]*internet[^]*<\/svg>\n$/);
      expect(readFileSync(file, "utf8")).toContain("{ link: br0, mac: ");
      const rules = out.match(/^ {5}\+ root iptables .*$/gm) ?? [];
      // iptables-legacy keeps its rules elsewhere.
      if (rules.length > 0) {
        expect(rules).toContain("     + root iptables filter FORWARD: policy drop");
        expect(rules).toContain("     + root iptables nat POSTROUTING: masquerade out eth0 from 172.19.0.0/24");
        expect(await netloom.run(["run", file])).toMatchObject({ code: 0 });
        await netloom.clean();
      }
    },
  );
});

describe.runIf(canType)("the script runs as it would without", () => {
  test("its output, input, arguments and status are its own; so is its end by set -e", async () => {
    const script = netloom.file(
      "own.sh",
      `set -eu
read -r line
echo "$0 $# $1 $line"
echo oops >&2
false || echo "status $?" "$(true; echo inner)"
true | (exit 3) | cat
echo "\${PIPESTATUS[*]}"
true last; echo "$_"
add() { local name=$1; ip netns add "$name"; }
add one
cat <<END
here $name_of_none
END
echo never
`,
    );
    const { out, err, code } = await netloom.run(["try", script, "--", "first", "--second"], {
      input: "typed\nmore\n",
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^oops\n.*own\.sh: line \d+: name_of_none: unbound variable\n$/);
    expect(out).toContain(`\n${script} 2 first typed\n`);
    expect(out).toContain("\nstatus 1 inner\n");
    expect(out).toContain("\n0 3 0\n");
    expect(out).toContain("\nlast\n");
    expect(out).toContain("     + node one\n");
    expect(out).not.toContain("never");
    expect(out).toMatch(/it ended with status 1\n$/);
    await netloom.clean();
  });

  test("as a document: each command with its line, values, output and status", async () => {
    const { status, steps: all } = await steps(`for i in 1 2; do
  echo "out $i"
done
ip link add nothing type nonsense
set -x
ip netns add \${i}x
exit 7
`);
    expect(status).toBe(7);
    const echoes = all.filter(({ command }) => command.startsWith("echo"));
    expect(echoes).toMatchObject([
      { line: 2, command: 'echo "out $i"', expanded: 'echo "out 1"', status: 0, stdout: "out 1\n", changes: [] },
      { line: 2, expanded: 'echo "out 2"', stdout: "out 2\n" },
    ]);
    const failed = all.find(({ command }) => command.includes("nonsense"))!;
    expect(failed).toMatchObject({ line: 4, status: 2, stdout: "" });
    expect(failed.stderr).toContain("Unknown device type");
    const made = all.find(({ line }) => line === 6)!;
    // bash's own tracing shows the script's command, and nothing of ours.
    expect(made).toMatchObject({ expanded: "ip netns add 2x", stderr: "+ ip netns add 2x\n" });
    expect(changes(made)).toEqual(["+ 2x"]);
  });

  test("files that it reads in are told by name, and commands of its traps as such", async () => {
    const more = netloom.file("more.sh", "ip netns add read\n");
    const { out } = await trial(`trap 'ip netns add trapped' EXIT\n. ${more}\nip netns exec nothing true\n`);
    expect(out).toContain("more.sh:1 ip netns add read\n     + node read\n");
    expect(out).toContain("     ✗ status 255\n   3 (a command of the script's trap)\n     + node trapped\n\n");
  });

  test("from standard input, from a pipe, and by another name of the shell", async () => {
    const script = "#!/usr/bin/env sh\nNAMES=(a b)\nip netns add a\n";
    expect(await netloom.run(["try", "-"], { input: script })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\+ node a\n[^]*\nstandard input: 1 command, 1 change\n$/),
    });
    const piped = await netloom.run(["-c", `${NETLOOM} try <(printf 'ip netns add b')`], { command: "bash" });
    expect(piped).toMatchObject({ code: 0, out: expect.stringContaining("+ node b") });
    await netloom.clean();
  });

  test.runIf(has("dnsmasq"))("what it starts in the background works, and ends with it", async () => {
    const { out, code } = await trial(`
ip link set lo up
dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --port=5353 --listen-address=127.0.0.1 > /dev/null 2>&1 &
sleep 1000000 &
until grep -q ':14E9 ' /proc/net/udp; do sleep 0.02; done
echo listens
`);
    expect(code).toBe(0);
    expect(out).toContain("\nlistens\n");
  });

  test("an interruption ends it, and leaves nothing", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const running = netloom.start(["try", netloom.file("long.sh", "ip netns add a\nsleep 1000000\n")]);
      await until(() => running.seen.out.includes("sleep") || running.over());
      running.child.kill(signal);
      const { code, signal: by } = await running.exited;
      expect(signal === "SIGTERM" ? code : by).toBe(signal === "SIGTERM" ? 143 : "SIGKILL");
      await netloom.clean();
    }
  });
});

describe.runIf(canType && has("script"))("on a terminal", () => {
  /** `script` gives it a terminal; what is typed comes as soon as the screen asks. */
  async function typing(keys: readonly (readonly [seen: RegExp, typed: string])[]) {
    const file = netloom.file("stepped.sh", "ip netns add one\nip netns add two\nip netns add three\n");
    const running = netloom.start(["-qec", `${NETLOOM} try --step ${file}`, "/dev/null"], {
      command: "script",
      open: true,
    });
    for (const [seen, typed] of keys) {
      await until(() => seen.test(running.seen.out) || running.over());
      running.child.stdin!.write(typed);
    }
    const { out, code } = await running.ended;
    await netloom.clean();
    return { out, code };
  }

  test("--step waits for Enter before each command", async () => {
    const { out, code } = await typing([
      [/ip netns add one $/, "\r"],
      [/\+ node one[^]*ip netns add two $/, "c\r"],
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/\+ node two[^]*ip netns add three\r\n[^]*\+ node three/);
    // What can be typed stands on one line of the usual terminal.
    expect(/^Enter runs .*/m.exec(out)![0].trimEnd().length).toBeLessThanOrEqual(80);
  });

  test("q ends it there", async () => {
    const { out, code } = await typing([
      [/ip netns add one $/, "\r"],
      [/ip netns add two $/, "q\r"],
    ]);
    expect(code).toBe(0);
    expect(out).toContain("+ node one");
    expect(out).not.toContain("+ node two");
  });

  test("Ctrl-C ends the script, and leaves nothing", async () => {
    const { code } = await typing([[/ip netns add one $/, "\x03"]]);
    expect(code).toBe(130);
  });
});

test("what is no script, or cannot be shown as asked, is one error before anything runs", async () => {
  const script = netloom.file("fine.sh", "true\n");
  const unreadable = process.getuid!() === 0 ? [] : ([[["/etc/shadow"], /error\[script\.unreadable\]/]] as const);
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    ...unreadable,
    [["/nonexistent/x.sh"], /error\[script\.missing\]: "\/nonexistent\/x\.sh" does not exist/],
    [[netloom.folder], /error\[script\.invalid\]: .* is a directory, not a script/],
    [[process.execPath], /error\[script\.invalid\]: .* is (not a script|too large for a script)/],
    [[netloom.file("zero", Buffer.from([35, 33, 0, 10]))], /error\[script\.invalid\][^]*NUL bytes/],
    [[netloom.file("x.py", "#!/usr/bin/env python3\nprint()\n")], /is not a shell script[^]*python3/],
    [[script, "-o", "picture.bmp"], /error\[cli\.format\]/],
    [[script, "--step", "--json"], /error\[usage\.step\]|"usage\.step"/],
    [[], /error\[usage\.missing-argument\]/],
  ];
  for (const [args, said] of cases) {
    const { out, err, code } = await netloom.run(["try", ...args]);
    expect({ args, code }).toEqual({ args, code: 2 });
    expect(out + err).toMatch(said);
    expect(err.match(/^error\[/gm)).toHaveLength(1);
  }
  await netloom.clean();
});
