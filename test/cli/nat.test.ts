// The commands of docs/nat.md, as the reader types them, in the network of examples/nat-types.yaml.
//
//   a 10.0.0.2 ──┐                                     ┌── r1 203.0.113.2   reflectors on UDP 3478 and 3479
//                lan ── eth0 nat eth1 203.0.113.1 ─────┼── r2 203.0.113.3
//   b 10.0.0.3 ──┘                                    wan
//                c ── eth0 other eth1 203.0.113.9 ─────┴── x  203.0.113.4

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { program, ROOT_FOLDER, until } from "./program.ts";
import type { Running } from "./program.ts";

const netloom = program();
const PROBE = join(ROOT_FOLDER, "examples", "nat-probe.mjs");
const EXAMPLE = readFileSync(join(ROOT_FOLDER, "examples", "nat-types.yaml"), "utf8");
const REFLECTORS = ["203.0.113.2:3478", "203.0.113.2:3479", "203.0.113.3:3478"];

/** The example with another type of NAT. */
const file = (type: string, other = type): string => {
  const types = [type, other];
  return netloom.file(
    "nat-types.yaml",
    EXAMPLE.replaceAll("type: home", () => `type: ${types.shift()!}`),
  );
};

const up = (type: string, other?: string): Promise<void> => upFile(file(type, other));

async function upFile(name: string): Promise<void> {
  const { code, err } = await netloom.run(["up", name]);
  expect({ code, err }).toMatchObject({ code: 0 });
  // `up` waits for programs to start, not until a program of the user's is ready: the first answer says that it is.
  for (const server of REFLECTORS) {
    for (let answered = false; !answered;) {
      const { out } = await netloom.run(["exec", "x", "node", PROBE, "0", server]);
      answered = out.includes("203.0.113.4:");
    }
  }
}

const probe = (node: string, port: number, servers: readonly string[] = [], input = ""): Promise<string> =>
  netloom.run(["exec", node, "node", PROBE, String(port), ...servers], { input }).then(({ out }) => out);

const seen = (out: string): string[] => [...out.matchAll(/sees (\S+)/g)].map((match) => match[1]!);

/** A socket that stays open: what is written to its input is sent. */
async function stay(node: string, port: number): Promise<Running & { at: string }> {
  const running = netloom.start(["exec", node, "node", PROBE, String(port), REFLECTORS[0]!], { open: true });
  await until(() => running.seen.out.includes(" sees "));
  return { ...running, at: seen(running.seen.out)[0]! };
}

async function leave(...all: Running[]): Promise<void> {
  for (const { child } of all) child.stdin!.end();
  await Promise.all(all.map(({ ended }) => ended));
}

afterEach(async () => {
  await netloom.run(["down", "--all"]);
  await netloom.clean();
});

describe("mapping", () => {
  test("home keeps one port, and gives a second host with the same port another", async () => {
    await up("home");
    expect(seen(await probe("a", 40_000, REFLECTORS))).toEqual(Array.from({ length: 3 }, () => "203.0.113.1:40000"));
    const ports = new Set(seen(await probe("b", 40_000, REFLECTORS)));
    expect(ports.size).toBe(1);
    expect([...ports][0]).toMatch(/^203\.0\.113\.1:(?!40000$)\d+$/);
  });

  test("corporate does not; and a lab that runs is changed from one to the other", async () => {
    await up("corporate");
    expect(new Set(seen(await probe("a", 40_000, REFLECTORS))).size).toBeGreaterThan(1);
    expect(await netloom.run(["up", file("cgnat")])).toMatchObject({ code: 0 });
    expect(seen(await probe("a", 41_000, REFLECTORS))).toEqual(Array.from({ length: 3 }, () => "203.0.113.1:41000"));
  });
});

/** Says each line of its input to a TCP server that says it back, by one connection. */
const TALKER = `const socket = require("net").connect(7, "203.0.113.4");
process.stdin.pipe(socket).pipe(process.stdout);`;
const ECHO = `require("net").createServer((client) => client.pipe(client)).listen(7, () => console.log("ready"));`;

test("a change of type forgets the connections that it is about, while others go on beside them", async () => {
  const changed = (type: string): string => {
    const nat = `{ masquerade: eth1, from: a, type: ${type} }, { snat: { out: eth1, to: 203.0.113.1, ports: 5000-5999 }, from: b }`;
    return netloom.file("nat-types.yaml", EXAMPLE.replace("{ masquerade: eth1, type: home }", nat));
  };
  await upFile(changed("home"));
  const [a, b, c] = [await stay("a", 40_000), await stay("b", 40_000), await stay("c", 40_000)];
  expect([a.at, c.at]).toEqual(["203.0.113.1:40000", "203.0.113.9:40000"]);
  expect(b.at).toMatch(/^203\.0\.113\.1:5\d\d\d$/);
  const server = netloom.start(["exec", "x", "node", "-e", ECHO]);
  await until(() => server.seen.out === "ready\n");
  const talker = netloom.start(["exec", "b", "node", "-e", TALKER], { open: true });
  talker.child.stdin!.write("before\n");
  await until(() => talker.seen.out === "before\n");

  const { code, out } = await netloom.run(["up", changed("corporate")]);
  expect({ code, out }).toMatchObject({ code: 0 });
  talker.child.stdin!.write("after\n");
  await until(() => talker.seen.out === "before\nafter\n");
  const ports: string[] = [];
  for (const { child, seen: said } of [a, b, c]) {
    child.stdin!.write(`${REFLECTORS[0]!} again\n`);
    await until(() => / says \S+/.test(said.out));
    ports.push(/ says (\S+)/.exec(said.out)![1]!);
  }
  expect(ports).toEqual([expect.stringMatching(/^203\.0\.113\.1:(?!40000$)\d+$/), b.at, c.at]);
  server.child.kill();
  await leave(a, b, c, talker);
  await server.ended;
});

describe("filtering", () => {
  test.each([
    ["full-cone", ["knock", "answer"]],
    ["home", ["answer"]],
  ])("%s: a third host, then the one that was asked: %j", async (type, expected) => {
    await up(type);
    const a = await stay("a", 40_000);
    await probe("x", 9, [], `${a.at} knock\n`);
    // r1's own port is the reflector's: it answers when it is asked again, behind whatever came before.
    a.child.stdin!.write(`${REFLECTORS[0]!} again\n`);
    await until(() => a.seen.out.includes(`${REFLECTORS[0]!} says`));
    const heard = [...a.seen.out.matchAll(/says (\S+)/g)].map((match) => (match[1] === "knock" ? "knock" : "answer"));
    expect(heard).toEqual(expected);
    await leave(a);
  });
});

describe("hairpinning", () => {
  test("home: a reaches b by b's outside port", async () => {
    await up("home");
    const [a, b] = [await stay("a", 40_000), await stay("b", 40_000)];
    a.child.stdin!.write(`${b.at} hello\n`);
    await until(() => b.seen.out.includes(`${a.at} says hello`));
    await leave(a, b);
  });
});

describe("hole punching", () => {
  test("home and home: the second word gets through, and the answer to it", async () => {
    await up("home");
    const [a, c] = [await stay("a", 40_000), await stay("c", 40_000)];
    a.child.stdin!.write(`${c.at} one\n`);
    c.child.stdin!.write(`${a.at} two\n`);
    await until(() => a.seen.out.includes("says two") || c.seen.out.includes("says one"));
    a.child.stdin!.write(`${c.at} three\n`);
    c.child.stdin!.write(`${a.at} four\n`);
    await until(() => a.seen.out.includes(`${c.at} says four`) && c.seen.out.includes(`${a.at} says three`));
    await leave(a, c);
  });
});
