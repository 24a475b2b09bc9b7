import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, type LabClient } from "../../src/sandbox/index.ts";
import { enterSpawnArgs } from "../../src/sandbox/enter.ts";
import { childrenOf, isAlive, processStat } from "../../src/sandbox/process.ts";
import { sandboxTests } from "./support.ts";
import type { TestProtocol } from "./test-protocol.ts";

const bench = sandboxTests();
let client: LabClient<TestProtocol>;
let program: string;

beforeAll(async () => {
  const result = await launch<TestProtocol>({ name: "inn", entry: bench.entry, directory: bench.directory }).ready;
  if (result.status !== "started") throw new Error("running");
  client = result.client;
  program = await bench.program("enterer.ts");
  await client.request("run", { command: "ip netns add a; ip -n a link set lo up" });
});
afterAll(() => client.close());

/** Starts the program; `terminal` puts it on a terminal of its own, whose keyboard is stdin. */
function start(command: string[], options: { node?: string; cwd?: string; env?: object; terminal?: boolean } = {}) {
  const env = {
    ...process.env,
    RECORD: `${bench.directory}/inn.json`,
    NODE: options.node ?? "",
    SHELL: "/bin/sh",
    ...options.env,
  };
  const plain = [process.execPath, program, ...command];
  const quoted = plain.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const words = options.terminal ? ["script", "-qec", `exec ${quoted}`, "/dev/null"] : plain;
  const child = spawn(words[0]!, words.slice(1), { env, cwd: options.cwd });
  const seen = { out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => (seen.out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (seen.err += data.toString()));
  const ended = new Promise<{ out: string; err: string; code: number | null; signal: string | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ ...seen, code, signal })),
  );
  return { child, seen, ended };
}

const run = (command: string[], options: Parameters<typeof start>[1] = {}) => start(command, options).ended;

test("a command runs in its node, with streams and status passed through", async () => {
  expect(await run(["ip", "-o", "link"], { node: "a" })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1: lo: <LOOPBACK,UP/),
  });
  const { child, ended } = start(["sh", "-c", "cat; echo oops >&2; exit 42"], { node: "a" });
  child.stdin.end("through");
  expect(await ended).toMatchObject({ code: 42, out: "through", err: "oops\n" });
});

test("it sees the lab's processes and files, and knows where it is", async () => {
  const look = "readlink /proc/self/ns/pid; ls /run; echo $NETLOOM_LAB:$NETLOOM_NODE; pwd";
  const { out } = await run(["sh", "-c", look], { node: "a", cwd: "/usr/share" });
  const [pid, ...rest] = out.trim().split("\n");
  expect(pid).toBe(await client.request("readlink", { path: "/proc/self/ns/pid" }));
  expect(rest).toEqual(expect.arrayContaining(["netns", "inn:a", "/usr/share"]));
  expect((await run(["sh", "-c", "ip netns identify; pwd"], { cwd: "/proc/self" })).out).toBe("\n/\n");
});

test("a command that is missing is 127, one that may not be run 126", async () => {
  expect(await run(["no-such-command"])).toMatchObject({ code: 127, err: "no-such-command: command not found\n" });
  const file = join(bench.directory, "plain.txt");
  writeFileSync(file, "text");
  expect(await run([file])).toMatchObject({ code: 126, err: `${file}: cannot be executed\n` });
  chmodSync(file, 0o755);
  writeFileSync(file, "#!/bin/sh\nexit 5\n");
  expect(await run([file])).toMatchObject({ code: 5, err: "" });
  expect(await run(["./plain.txt"], { cwd: bench.directory })).toMatchObject({ code: 5 });
});

test("an unknown node is refused", async () => {
  for (const node of ["nobody", "../../../proc/1/ns/net", ".."]) {
    expect(await run(["true"], { node })).toMatchObject({ code: 1, err: expect.stringContaining("has no node") });
  }
});

test("words of the shell are no builtins here, and arguments arrive as they are", async () => {
  expect(await run(["printf", "%s|", "a b", "$HOME", "'", '"', ""])).toMatchObject({ out: `a b|$HOME|'|"||` });
  expect(await run(["type", "sh"])).toMatchObject({ code: 127, err: "type: command not found\n" });
});

test("variables with names that sh cannot assign arrive", async () => {
  const { out } = await run(["env"], { env: { "BASH_FUNC_hi%%": "() { echo hi; }", "with.dot": "1" } });
  expect(out).toContain("BASH_FUNC_hi%%=() { echo hi; }");
  expect(out).toContain("with.dot=1");
});

test.for(["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)(
  "%s sent to netloom reaches the command, whose own handler decides",
  async (signal) => {
    const short = signal.slice(3);
    const { child, seen, ended } = start([
      "sh",
      "-c",
      `trap 'echo got ${short}; exit 9' ${short}; echo ready; while :; do read -r _; done`,
    ]);
    await expect.poll(() => seen.out).toContain("ready");
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 9, out: `ready\ngot ${short}\n`, err: "" });
  },
);

test("a command that a signal ends is reported as a shell would, and without a word", async () => {
  expect(await run(["sh", "-c", "kill -TERM $$"])).toMatchObject({ code: 143, err: "" });
  expect(await run(["sh", "-c", "kill -KILL $$"])).toMatchObject({ code: 137, err: "" });
});

test("Ctrl-C reaches the command once; netloom waits for what it makes of it", async () => {
  const count =
    "let n = 0; process.on('SIGINT', () => { n++; setTimeout(() => { console.log('interrupts: ' + n); process.exit(3); }, 50); }); setInterval(() => {}, 1000); console.log('ready');";
  const { child, seen, ended } = start([process.execPath, "-e", count], { terminal: true });
  await expect.poll(() => seen.out).toContain("ready");
  child.stdin.write("\x03");
  const { out, code } = await ended;
  expect(out).toMatch(/interrupts: 1\b/);
  expect(code).toBe(3);
});

test("an interactive bash has job control: Ctrl-Z, jobs, fg, Ctrl-C", async () => {
  const { child, seen, ended } = start(["bash", "--norc", "-i"], {
    terminal: true,
    env: { PS1: "READY> ", TERM: "dumb" },
  });
  const type = async (keys: string, until: RegExp) => {
    const from = seen.out.length;
    child.stdin.write(keys);
    await expect.poll(() => seen.out.slice(from), { timeout: 10_000 }).toMatch(until);
  };
  await expect.poll(() => seen.out, { timeout: 10_000 }).toContain("READY> ");
  expect(seen.out).not.toMatch(/no job control|cannot set terminal/);
  await type("sh -c 'echo $((40+2)); exec sleep 1000'\n", /42/);
  await type("\x1a", /Stopped[^]*READY> /);
  await type("fg; echo status $((1+1)):$?\n", /sleep 1000/);
  await type("\x03", /READY> /);
  await type("echo alive $((6*7))\n", /alive 42/);
  child.stdin.write("exit 6\n");
  expect((await ended).code).toBe(6);
});

test("when the lab ends, so does the command", async () => {
  const other = await launch<TestProtocol>({ name: "short", entry: bench.entry, directory: bench.directory }).ready;
  if (other.status !== "started") throw new Error("running");
  const { child, seen, ended } = start(["sh", "-c", "echo ready; exec sleep 1000"], {
    env: { RECORD: `${bench.directory}/short.json` },
  });
  await expect.poll(() => seen.out).toContain("ready");
  const inside = childrenOf(childrenOf(child.pid!)[0]!).map((pid) => ({ pid, start: processStat(pid)!.start }));
  expect(inside.length).toBe(1);
  await other.client.close();
  expect(await ended).toMatchObject({ code: 137 });
  expect(inside.some(isAlive)).toBe(false);
});

/** Without the script. */
const args = (target: number | null, node: string | null, mounts: number | null = null) =>
  enterSpawnArgs({ target, node, mounts, cwd: "/", command: ["id"], env: {} }).args.filter(
    (word) => !word.includes("\n"),
  );

test("the arguments say where to go", () => {
  expect(args(77, "a", 30)).toEqual([
    "--target",
    "77",
    "--user",
    "--preserve-credentials",
    "--pid",
    "--no-fork",
    "--net=/proc/77/fd/7/a",
    "--mount=/proc/77/fd/30",
    "--",
    "/bin/sh",
    "-c",
    "netloom",
    "/",
    "id",
  ]);
  expect(args(77, null)).toEqual(expect.arrayContaining(["--net=/proc/77/ns/net", "--mount=/proc/77/fd/6"]));
  expect(args(77, "a")).toContain("--mount=/proc/77/fd/6");
  expect(args(null, "a", 30)).toEqual([
    "--net=/proc/1/fd/7/a",
    "--mount=/proc/1/fd/30",
    "--",
    "/bin/sh",
    "-c",
    "netloom",
    "/",
    "id",
  ]);
});
