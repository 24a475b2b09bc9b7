import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import {
  bind,
  mount,
  protect,
  reapOrphans,
  setChildSubreaper,
  setCloseOnExec,
  tryLock,
  umount,
  unlock,
} from "../../src/kernel/index.ts";
import { ownMachine } from "../support/machine.ts";

beforeAll(ownMachine);

test("one open file holds the lock, another is told, and closing gives it back", () => {
  writeFileSync("/run/lock-test", "");
  const [first, second] = [openSync("/run/lock-test", "r"), openSync("/run/lock-test", "r")];
  expect(tryLock(first)).toBe(true);
  expect(tryLock(second)).toBe(false);
  unlock(first);
  expect(tryLock(second)).toBe(true);
  closeSync(second);
  expect(tryLock(first, "shared")).toBe(true);
  closeSync(first);
});

test("a child inherits a descriptor only when close-on-exec is off", async () => {
  const fd = openSync("/run", "r");
  const seen = async (): Promise<string> => {
    const child = spawn("sh", ["-c", `test -e /proc/self/fd/${fd} && echo yes || echo no`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    await once(child, "close");
    return text.trim();
  };
  expect(await seen()).toBe("no");
  setCloseOnExec(fd, false);
  // libuv closes everything above the descriptors it was asked to pass only by close-on-exec, so this one goes through
  expect(await seen()).toBe("yes");
  setCloseOnExec(fd, true);
  expect(await seen()).toBe("no");
  closeSync(fd);
});

test("orphans are reaped, Node's own children are left to Node", async () => {
  setChildSubreaper(true);
  try {
    // The shell starts a grandchild and ends: the grandchild becomes ours, a zombie once its standard input closes.
    const child = spawn("sh", ["-c", "cat <&3 >/dev/null 3<&- & echo $!"], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    });
    let text = "";
    child.stdout!.setEncoding("utf8").on("data", (part: string) => (text += part));
    await once(child, "exit");
    const orphan = Number(text || String(await once(child.stdout!, "data")));
    expect(readFileSync(`/proc/${orphan}/stat`, "utf8")).toContain(` ${process.pid} `);
    expect(reapOrphans(() => false).pids).toEqual([]); // alive: not a zombie
    child.stdio[3]!.destroy();
    const reaped: number[] = [];
    while (!reaped.includes(orphan)) {
      reaped.push(...reapOrphans((pid) => pid === child.pid).pids);
      await new Promise(setImmediate);
    }
    expect(reaped).toEqual([orphan]);
    expect(existsSync(`/proc/${orphan}`)).toBe(false);

    const own = spawn("true");
    const exit = once(own, "exit");
    let blocked = false;
    // Not awaited in between: Node cannot reap, so the zombie must show and be left alone.
    while (!blocked) blocked = reapOrphans((pid) => pid === own.pid).blocked;
    expect((await exit)[0]).toBe(0);
  } finally {
    setChildSubreaper(false);
  }
});

test("a protected directory is read-only, its original is not", () => {
  mkdirSync("/run/mount-test/data", { recursive: true });
  mount("tmpfs", "/run/mount-test/data", "tmpfs", 2 /* MS_NOSUID */);
  bind("/run/mount-test", "/run/mount-test", { recursive: true });
  protect("/run/mount-test/data");
  expect(() => writeFileSync("/run/mount-test/data/x", "")).toThrow(/EROFS/);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).toMatch(/\/run\/mount-test\/data ro,nosuid/);
  umount("/run/mount-test/data");
  writeFileSync("/run/mount-test/data/x", "");
  umount("/run/mount-test/data");
  umount("/run/mount-test");
  umount("/run/mount-test/data");
  expect(() => umount("/run/mount-test/data")).toThrow(/EINVAL/);
});
