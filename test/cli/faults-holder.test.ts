// Killing at many points: whatever dies, and whenever, nothing is left, or nothing that the next `down` does not remove.
//
//   netloom (up, run, exec) ── unshare ── holder (pid 1 of the lab) ── commands inside

import { describe, expect, test } from "vitest";
import { childrenOf, HOSTS, POINTS, points, reach } from "./points.ts";
import { killIfThere, until } from "./program.ts";

const { netloom, record, isUp, building } = points();

describe("up", () => {
  test.each(POINTS.slice(3))("the holder is killed when %s: up says so, and nothing is left", async (point) => {
    const running = netloom.start(["up", `star:${HOSTS}`, "--name", "victim"]);
    await reach(running, building[point]);
    const holder = record()?.holder.pid ?? childrenOf(childrenOf(running.child.pid!)[0] ?? 0)[0];
    if (holder !== undefined) process.kill(holder, "SIGKILL");
    const { code, err } = await running.ended;
    // Later than the last word of `up` it cannot be told any more.
    if (code !== 0) expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^error\[sandbox\./) });
    await until(() => netloom.processes().length === 0);
    await netloom.run(["down", "victim"]);
    await netloom.clean();
  });

  test.each(POINTS.slice(1))("unshare is killed when %s", async (point) => {
    const running = netloom.start(["up", `star:${HOSTS}`, "--name", "victim"]);
    // The lock is there a moment before unshare is.
    await reach(running, (one) => building[point](one) && childrenOf(one.child.pid!).length > 0);
    const unshare = record()?.launcher.pid ?? childrenOf(running.child.pid!)[0];
    if (unshare !== undefined) process.kill(unshare, "SIGKILL");
    await running.ended;
    await until(() => netloom.processes().length === 0);
    await netloom.run(["down", "victim"]);
    await netloom.clean();
  });

  test.each(POINTS)("the whole process group is killed when %s", async (point) => {
    const running = netloom.start(["up", `star:${HOSTS}`, "--name", "victim"], { detached: true });
    await reach(running, building[point]);
    try {
      process.kill(-running.child.pid!, "SIGKILL");
    } catch {
      // it has ended, well
    }
    await running.ended;
    await until(() => isUp() || netloom.processes().length === 0);
    await netloom.run(["down", "victim"]);
    await netloom.clean();
  });

  test.each(POINTS.slice(2))("down when %s: one of them wins, and nothing is left", async (point) => {
    const running = netloom.start(["up", `star:${HOSTS}`, "--name", "victim"]);
    await reach(running, building[point]);
    const down = await netloom.run(["down", "victim"]);
    expect(down.code).toBe(0);
    const { code, err } = await running.ended;
    if (code !== 0) expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^error\[sandbox\./) });
    await netloom.run(["down", "victim"]);
    await netloom.clean();
  });

  test("after a kill -9 of everything, up and down find their way, and down without a name tidies", async () => {
    for (const next of [["up", "star:3", "--name", "victim"], ["down"]]) {
      expect((await netloom.run(["up", "star:3", "--name", "victim"])).code).toBe(0);
      for (const pid of netloom.processes()) killIfThere(pid);
      await until(() => netloom.processes().length === 0);
      expect(netloom.files()).not.toEqual([]);
      expect((await netloom.run(["ls"])).out).toMatch(/victim.*stale/);
      expect((await netloom.run(next)).code).toBe(0);
      await netloom.run(["down"]);
      await netloom.clean();
    }
  });
});
