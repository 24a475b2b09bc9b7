import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { destroyLab, findLab, launch } from "../../src/sandbox/index.ts";
import { childrenOf, processStat } from "../../src/sandbox/process.ts";
import { sandboxTests } from "./support.ts";
import type { TestProtocol } from "./test-protocol.ts";

const bench = sandboxTests();
let program: string;
beforeAll(async () => {
  program = await bench.program("launcher.ts");
});

/** Every process that has the lab in its environment: the holder, unshare and what runs inside. */
function processesOf(directory: string): number[] {
  const mark = `DIRECTORY=${directory}\0`;
  return readdirSync("/proc")
    .filter((entry) => {
      try {
        return (
          /^\d+$/.test(entry) &&
          readFileSync(`/proc/${entry}/environ`, "latin1").includes(mark) &&
          processStat(Number(entry))?.state !== "Z"
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

const until = (condition: () => boolean) => expect.poll(condition, { interval: 2, timeout: 10_000 }).toBe(true);
const mounts = () => readFileSync("/proc/self/mounts", "utf8");

const STEPS = ["spawned", "launched", "ready", "built", "kept"] as const;
const VICTIMS = ["launcher", "unshare", "holder"] as const;

// Where the processes are in each step:
//
//   launcher ── unshare ── holder (pid 1 inside) ── sleep, ip netns exec a sleep
//
for (const step of STEPS) {
  for (const victim of VICTIMS) {
    if (step === "spawned" && victim !== "launcher") continue;
    test(`kill -9 of the ${victim} when ${step}: what is left, destroyLab removes`, async () => {
      const directory = `${bench.directory}/${step}-${victim}`;
      const env = { ...process.env, DIRECTORY: directory, HOLDER: bench.entry.args[0]!, STEP: step };
      const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "ignore"] });
      let told = "";
      child.stdout.on("data", (data: Buffer) => (told += data.toString()));
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await until(() => step === "spawned" || told.includes(`${step}\n`));
      const find = {
        launcher: () => child.pid,
        unshare: () => childrenOf(child.pid!)[0],
        holder: () => childrenOf(childrenOf(child.pid!)[0] ?? 0)[0],
      }[victim];
      await until(() => find() !== undefined);
      process.kill(find()!, "SIGKILL");
      await until(() => victim !== "launcher" || child.signalCode !== null);
      // A dead launcher takes along what it had not kept; a kept lab goes on.
      const outlives = victim === "launcher" && step === "kept";
      await until(() => victim !== "launcher" || outlives || processesOf(directory).length === 0);
      await until(() => (findLab("victim", directory)?.state === "up") === outlives);

      await destroyLab("victim", { directory });
      child.kill("SIGKILL");
      await ended;
      await expect.poll(() => processesOf(directory), { timeout: 10_000 }).toEqual([]);
      expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
    });
  }
}

test("kill -9 of the launcher at many points of its start leaves nothing that a new lab minds", async () => {
  const directory = `${bench.directory}/points`;
  const env = { ...process.env, DIRECTORY: directory, HOLDER: bench.entry.args[0]! };
  // The points are looks at the runtime directory: each time something changed there, another launcher is killed.
  for (let changes = 1; changes <= 4; changes++) {
    const child = spawn(process.execPath, [program], { env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const look = () => (existsSync(directory) ? readdirSync(directory).join() : "");
    let last = look();
    let seen = 0;
    await expect
      .poll(
        () => {
          const now = look();
          if (now !== last) seen++;
          last = now;
          return seen >= changes || findLab("victim", directory)?.state === "up";
        },
        { interval: 1, timeout: 10_000 },
      )
      .toBe(true);
    child.kill("SIGKILL");
    await ended;
    await destroyLab("victim", { directory });
    expect(readdirSync(directory)).toEqual([]);
    const next = await launch<TestProtocol>({ name: "victim", entry: bench.entry, directory }).ready;
    if (next.status !== "started") throw new Error("something was left");
    await next.client.close();
    await expect.poll(() => readdirSync(directory)).toEqual([]);
  }
  await expect.poll(() => processesOf(directory), { timeout: 10_000 }).toEqual([]);
});

test("nothing of this shows in the mounts and namespaces outside", async () => {
  const before = [mounts(), readlinkSync("/proc/self/ns/net"), existsSync("/run/netns")];
  const result = await launch<TestProtocol>({ name: "quiet", entry: bench.entry, directory: bench.directory }).ready;
  if (result.status !== "started") throw new Error("running");
  await result.client.request("run", { command: "ip netns add a" });
  expect(await result.client.request("read", { path: "/proc/self/mounts" })).toContain("/run/netns/a");
  expect([mounts(), readlinkSync("/proc/self/ns/net"), existsSync("/run/netns")]).toEqual(before);
  await result.client.close();
  await destroyLab("quiet", { directory: bench.directory });
  expect([mounts(), readlinkSync("/proc/self/ns/net"), existsSync("/run/netns")]).toEqual(before);
});
