// Processes of `run`, and what they say.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { POLL, program, textOf } from "./program.ts";
import { serviceLab } from "./service-lab.ts";

const netloom = program();
const { inspect, up, inside } = serviceLab(netloom);
afterEach(async () => {
  await netloom.run(["down", "--all"]);
  await netloom.clean();
});

describe("processes", () => {
  test("run in their node, know where they are, and are restarted as asked", async () => {
    const log = join(netloom.folder, "said.txt");
    await up(
      "runs",
      `hosts:
  a:
    run:
      - { command: 'echo "$NETLOOM_LAB $NETLOOM_NODE $COLOUR in $(pwd)"; ls /sys/class/net', name: who, env: { COLOUR: red }, cwd: /tmp }
      - { command: [sleep, 1000], name: sleeper }
      - { command: "echo tries; exit 1", name: failing, restart: on-failure }
      - { command: "echo once", name: content, restart: on-failure }
      - { command: "echo more", name: eager, restart: always }
      - { command: "trap 'echo bye > ${log}; exit' TERM; while :; do sleep 0.05; done", name: polite }
  b:
`,
    );
    const lines = async (name: string): Promise<string[]> =>
      (
        JSON.parse((await netloom.run(["logs", "a", "--name", name, "--json"])).out) as {
          lines: { text: string; stream: string }[];
        }
      ).lines
        .filter(({ stream }) => stream !== "note")
        .map(({ text }) => text);
    expect(await lines("who")).toEqual(["runs a red in /tmp", "lo"]);
    await expect.poll(() => lines("failing"), POLL).toEqual(expect.arrayContaining(["tries", "tries", "tries"]));
    await expect.poll(() => lines("eager"), POLL).toEqual(expect.arrayContaining(["more", "more", "more"]));
    expect(await lines("content")).toEqual(["once"]);
    const { processes } = await inspect();
    const states = Object.fromEntries(processes.map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({ who: "ended", sleeper: "running", content: "ended", polite: "running" });
    expect(await netloom.run(["up", join(netloom.folder, "runs.yaml")])).toMatchObject({
      err: "runs is already up, nothing to change\n",
    });
    expect((await netloom.run(["logs", "a"])).out).toMatch(/^[\d:.]{12} who \| runs a red in \/tmp$/m);
    expect(await netloom.run(["logs", "b"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing that netloom started runs in b"),
    });
    expect(existsSync(log)).toBe(false);
    await netloom.run(["down", "runs"]);
    expect(readFileSync(log, "utf8")).toBe("bye\n");
    await netloom.clean();
  });

  test("one that fails at once is an error with its last words, and nothing is left", async () => {
    const file = netloom.file("fails.yaml", "name: fails\nhosts: { a: { run: [\"echo 'no luck' >&2; exit 7\"] } }\n");
    const { code, err } = await netloom.run(["up", file]);
    expect(code).toBe(1);
    expect(err).toContain("error[services.process-failed]: echo of a failed at once");
    expect(err).toMatch(/exit status 7\n +no luck/);
    await netloom.clean();
  });

  test("one that fails at once and is started again is a warning", async () => {
    const run = "[{ command: \"echo 'no luck' >&2; exit 7\", restart: on-failure }]";
    const { code, err } = await netloom.run([
      "up",
      netloom.file("again.yaml", `name: again\nhosts: { a: { run: ${run} } }\n`),
    ]);
    expect(code).toBe(0);
    expect(err).toContain("warning[services.process-failed]: echo of a failed at once; it is being restarted");
    expect(err).toMatch(/exit status 7\n +no luck/);
    await netloom.run(["down", "again"]);
    await netloom.clean();
  });

  test("logs are followed while they grow, until the lab is gone", async () => {
    await up("talks", 'hosts: { a: { run: ["i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done"] } }\n');
    const following = netloom.start(["logs", "a", "--follow", "--tail", "1"]);
    await expect.poll(() => following.seen.out.match(/line \d+/g)?.length ?? 0, POLL).toBeGreaterThan(3);
    await netloom.run(["down", "talks"]);
    expect(await following.ended).toMatchObject({ code: 0 });
  });

  test("a log does not grow without bounds, and keeps the newest", async () => {
    await up("loud", 'hosts: { a: { run: ["seq 1 200000; sleep 1000"] } }\n');
    const last = async (): Promise<string> => (await netloom.run(["logs", "a", "--tail", "1"])).out;
    await expect.poll(last, POLL).toMatch(/\| 200000$/m);
    const sizes = await inside("root", "sh", "-c", "du -bc /run/netloom/services/a/* | tail -1");
    expect(Number.parseInt(sizes, 10)).toBeLessThan(1_200_000);
    expect((await netloom.run(["logs", "a"])).out).not.toMatch(/\| 1$/m);
  });

  test("what a running lab runs is changed with its file", async () => {
    const text = (command: string): string =>
      `hosts: { a: { run: [{ command: ${command}, name: x }, { command: sleep 1000, name: y }] } }\n`;
    await up("changes", text("sleep 1001"));
    const pids = async () =>
      Object.fromEntries(
        ((await inspect()).processes as never as { name: string; pid: number }[]).map(({ name, pid }) => [name, pid]),
      );
    const before = await pids();
    const file = netloom.file("changes.yaml", `name: changes\n${text("sleep 1002")}`);
    expect((await netloom.run(["plan", file])).out).toContain("~ a service process x: command differs");
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
    const after = await pids();
    expect(after["y"]).toBe(before["y"]);
    expect(after["x"]).not.toBe(before["x"]);
    expect(
      textOf(`/proc/${netloom.processes().find((pid) => textOf(`/proc/${pid}/cmdline`).includes("1002"))}/cmdline`),
    ).toBe("sleep\x001002\0");
    expect((await netloom.run(["up", file])).err).toBe("changes is already up, nothing to change\n");
  });
});
