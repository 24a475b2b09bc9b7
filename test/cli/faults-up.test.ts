// Killing at many points: whatever dies, and whenever, nothing is left, or nothing that the next `down` does not remove.
//
//   netloom (up, run, exec) ── unshare ── holder (pid 1 of the lab) ── commands inside

import { describe, expect, test } from "vitest";
import { HOSTS, POINTS, points, reach, SIGNALS } from "./points.ts";
import { until } from "./program.ts";

const { netloom, isUp, building } = points();

describe("up", () => {
  for (const signal of SIGNALS) {
    test.each(POINTS)(`${signal} when %s`, async (point) => {
      const running = netloom.start(["up", `star:${HOSTS}`, "--name", "victim"]);
      await reach(running, building[point]);
      running.child.kill(signal);
      const { code, signal: by } = await running.ended;
      const status = { SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal];
      // It ended as told; or it was through, or so close to the end that it died of the signal at once.
      expect(code === status || code === 0 || by === signal).toBe(true);
      await until(() => isUp() || netloom.processes().length === 0);
      if (isUp()) {
        expect((await netloom.run(["verify", "victim"])).code).toBe(0);
      } else {
        expect(code).not.toBe(0);
        if (signal !== "SIGKILL") await netloom.clean(); // all by itself
      }
      expect((await netloom.run(["down", "victim"])).code).toBe(0);
      await netloom.clean();
    });
  }
});
