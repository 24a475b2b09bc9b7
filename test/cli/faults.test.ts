// Killing at many points: whatever dies, and whenever, nothing is left, or nothing that the next `down` does not remove.
//
//   netloom (up, run, exec) ── unshare ── holder (pid 1 of the lab) ── commands inside

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { childrenOf, HOSTS, points, reach, SIGNALS } from "./points.ts";
import { killIfThere, until, type Running } from "./program.ts";
import { has } from "../support/witnesses.ts";

const { netloom, record, building } = points();

/** A command that says when it runs, and never ends by itself. */
const forever = (mark: string): string[] => ["sh", "-c", `: > ${mark}; exec sleep 1000000`];

describe("run", () => {
  const AT = {
    "the record is there": building["the record is there"],
    "the first namespaces are there": building["the first namespaces are there"],
    "its command runs": () => existsSync(join(netloom.folder, "runs")),
  };
  for (const signal of SIGNALS) {
    test.each(Object.keys(AT) as (keyof typeof AT)[])(`${signal} when %s`, async (point) => {
      const mark = join(netloom.folder, "runs");
      const running = netloom.start(["run", `star:${HOSTS}`, "--", ...forever(mark)]);
      await reach(running, AT[point]);
      running.child.kill(signal);
      const { code } = await running.exited;
      expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
      await until(() => netloom.processes().length === 0); // all by itself, the command too
      if (signal === "SIGKILL") await netloom.run(["down"]);
      await netloom.clean();
      rmSync(mark, { force: true });
    });

    test(`${signal} while it verifies`, async () => {
      const file = netloom.file(
        "slow.yaml",
        "switches: { s: { subnet: 10.0.0.0/24 } }\nhosts: { a: { interfaces: { eth0: s } } }\nexpect: [a -x> 10.0.0.77 icmp]\n",
      );
      const running = netloom.start(["run", file, "--timeout", "600"]);
      await until(() => running.over() || running.seen.err.includes("is up"));
      running.child.kill(signal);
      expect((await running.ended).code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
      await netloom.clean();
    });
  }

  test("everything of it is killed at once: the next down removes the files", async () => {
    const mark = join(netloom.folder, "all");
    const running = netloom.start(["run", "star:3", "--", ...forever(mark)]);
    await until(() => existsSync(mark));
    for (const pid of netloom.processes()) killIfThere(pid);
    await running.ended;
    expect(netloom.files()).not.toEqual([]);
    expect((await netloom.run(["down"])).code).toBe(0);
    await netloom.clean();
  });
});

describe("exec", () => {
  const start = async (name: string): Promise<{ running: Running; mark: string }> => {
    expect((await netloom.run(["up", "star:2", "--name", "inn"])).code).toBe(0);
    const mark = join(netloom.folder, name);
    return { running: netloom.start(["exec", "h1", ...forever(mark)]), mark };
  };
  const AT = {
    "just started": () => true,
    "on the way in": (running: Running) => childrenOf(running.child.pid!).length > 0,
    "its command runs": (_: Running, mark: string) => existsSync(mark),
  };
  for (const signal of SIGNALS) {
    test.each(Object.keys(AT) as (keyof typeof AT)[])(`${signal} when %s`, async (point) => {
      const { running, mark } = await start(`${signal}-${point}`.replaceAll(" ", "-"));
      await reach(running, (one) => AT[point](one, mark));
      running.child.kill(signal);
      const { code, signal: by } = await running.exited;
      expect(code === { SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal] || by === signal).toBe(true);
      // The lab is none the worse for it.
      expect((await netloom.run(["exec", "h1", "true"])).code).toBe(0);
      expect((await netloom.run(["verify"])).code).toBe(0);
      expect((await netloom.run(["down"])).code).toBe(0);
      await netloom.clean();
    });
  }

  test("the lab goes away under a command: exec ends, and says that it was killed", async () => {
    const { running, mark } = await start("under");
    await until(() => existsSync(mark));
    expect((await netloom.run(["down"])).code).toBe(0);
    expect((await running.ended).code).toBe(128 + 9);
    await netloom.clean();
  });
});

describe("several at once", () => {
  test("many ups of one lab: one builds, the others wait and find it up", async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => netloom.run(["up", `star:${HOSTS}`, "--name", "same"])));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(all.filter(({ err }) => / is up: /.test(err))).toHaveLength(1);
    expect(all.filter(({ err }) => err.includes("is already up, nothing to change"))).toHaveLength(3);
    expect((await netloom.run(["verify", "same"])).code).toBe(0);
    expect((await netloom.run(["down", "same"])).code).toBe(0);
  });

  test("the one that builds is killed: another one that waits takes over", async () => {
    const first = netloom.start(["up", `star:${HOSTS}`, "--name", "same"]);
    await reach(first, building["the first namespaces are there"]);
    const second = netloom.start(["up", `star:${HOSTS}`, "--name", "same"]);
    first.child.kill("SIGKILL");
    await first.ended;
    expect((await second.ended).code).toBe(0);
    expect((await netloom.run(["verify", "same"])).code).toBe(0);
    expect((await netloom.run(["down", "same"])).code).toBe(0);
  });

  //   one: h1 10.0.0.1 ── h2 10.0.0.2        two: h1 10.0.0.1 ── h2 10.0.0.2
  test("two labs with the same addresses know nothing of each other", async () => {
    await Promise.all(["one", "two"].map((name) => netloom.run(["up", "star:2", "--name", name])));
    const addresses = async (lab: string): Promise<string> =>
      (await netloom.run(["exec", "--lab", lab, "h1", "cat", "/proc/net/fib_trie"])).out;
    expect(await addresses("one")).toBe(await addresses("two"));
    const inode = async (lab: string): Promise<string> =>
      (await netloom.run(["exec", "--lab", lab, "h1", "readlink", "/proc/self/ns/net"])).out;
    expect(await inode("one")).not.toBe(await inode("two"));
    expect((await netloom.run(["verify", "one"])).code).toBe(0);
    expect((await netloom.run(["down", "one"])).code).toBe(0);
    expect((await netloom.run(["verify", "two"])).code).toBe(0);
    expect((await netloom.run(["down", "two"])).code).toBe(0);
  });
});

describe("again", () => {
  test("up twice changes nothing, down twice is no error, nor is down of what never was", async () => {
    const first = await netloom.run(["up", "star:3"]);
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining("star-3 is up: ") });
    const pid = record()?.holder.pid;
    const second = await netloom.run(["up", "star:3"]);
    expect(second).toMatchObject({ code: 0, err: "star-3 is already up, nothing to change\n" });
    expect(record()?.holder.pid).toBe(pid);
    expect(await netloom.run(["down", "star:3"])).toMatchObject({ code: 0, err: "star-3 is down\n" });
    expect(await netloom.run(["down", "star:3"])).toMatchObject({ code: 0, err: "star-3 was not up\n" });
    expect(await netloom.run(["down", "nonsense"])).toMatchObject({ code: 0, err: "nonsense was not up\n" });
    expect(await netloom.run(["down"])).toMatchObject({ code: 0, err: "no lab is up\n" });
  });

  test("a lab grows and shrinks under its name, and keeps its holder", async () => {
    await netloom.run(["up", "star:2", "--name", "bent"]);
    const pid = record()?.holder.pid;
    for (const [shape, said] of [
      ["star:3", "+ node h3"],
      ["star:2", "- node h3"],
    ] as const) {
      const changed = await netloom.run(["up", shape, "--name", "bent"]);
      expect(changed).toMatchObject({ code: 0, err: expect.stringContaining(said) });
      expect(await netloom.run(["up", shape, "--name", "bent"])).toMatchObject({
        err: expect.stringContaining("nothing to change"),
      });
    }
    expect(record()?.holder.pid).toBe(pid);
    await netloom.run(["down", "bent"]);
  });

  test.skipIf(!has("script"))("a lab outlives the terminal that it was made on", async () => {
    const command = `${process.execPath} ${join(import.meta.dirname, "../../bin/netloom")} up star:2 --name kept`;
    const running = netloom.start(["-qefc", command, "/dev/null"], { command: "script", detached: true });
    expect((await running.ended).code).toBe(0);
    try {
      process.kill(-running.child.pid!, "SIGKILL");
    } catch {
      // nobody is left in the group
    }
    expect((await netloom.run(["verify", "kept"])).code).toBe(0);
    expect((await netloom.run(["down", "kept"])).code).toBe(0);
  });
});
