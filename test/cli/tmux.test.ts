// A shell in a node on a real terminal that somebody types on: tmux is the terminal and the somebody.

import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { NETLOOM, POLL, program } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const socket = join(netloom.folder, "tmux");
const env = { ...netloom.env, TERM: "xterm", HOME: netloom.folder, SHELL: "/bin/bash", TMUX: undefined };

function tmux(...args: string[]): string {
  const result = spawnSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { env, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`tmux ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}
const screen = (): string => tmux("capture-pane", "-p", "-t", "t");
const type = (text: string, ...keys: string[]): string => tmux("send-keys", "-t", "t", text, ...keys);
const shows = (what: RegExp) => vi.waitFor(() => expect(screen()).toMatch(what), POLL);

describe.skipIf(!has("tmux", "bash"))("on a terminal", () => {
  beforeAll(async () => {
    await netloom.run(["up", "star:2", "--name", "inn"]);
    tmux("new-session", "-d", "-s", "t", "-x", "90", "-y", "30", "bash --norc");
    type("PS1='outside> '; clear", "Enter");
    await shows(/^outside>$/m);
  });
  afterAll(() => {
    tmux("kill-server");
  });

  test("the prompt says where one is; size, Ctrl-C, resizing and status are those of a shell", async () => {
    type(`${NETLOOM} shell h1; echo "status $?"`, "Enter");
    await shows(/^\[inn\/h1\]#$/m);
    type("stty size", "Enter");
    await shows(/^30 90$/m);
    type("clear; getent hosts h2; ls /sys/class/net", "Enter");
    await shows(/^10\.0\.0\.2 +h2\neth0 +lo\n\[inn\/h1\]#$/m);
    // What is typed while the shell has the terminal is echoed by the shell.
    type("echo begun; cat", "Enter");
    await shows(/^begun$/m);
    type("typed into cat", "Enter");
    await shows(/typed into cat\ntyped into cat/);
    type("C-c");
    await shows(/\^C\n\[inn\/h1\]#$/m);
    tmux("resize-window", "-t", "t", "-x", "70", "-y", "20");
    type("clear; stty size", "Enter");
    await shows(/^20 70$/m);
    type("ip -br address show eth0; exit 7", "Enter");
    await shows(/eth0@if\d+ +UP +10\.0\.0\.1\/24[^]*status 7/);
  });

  test("Ctrl-C ends what exec runs, with its status, and the lab stays", async () => {
    type("clear", "Enter");
    type(`${NETLOOM} exec h1 sh -c 'echo runs; exec sleep 1000000'; echo "status $?"`, "Enter");
    await shows(/^runs$/m);
    type("C-c");
    await shows(/status 130/);
    expect((await netloom.run(["verify"])).code).toBe(0);
  });

  test.skipIf(!has("dash"))("a plain shell ends with its own status, and without a complaint", async () => {
    type("clear", "Enter");
    type(`${NETLOOM} exec h1 dash; echo "status $?"`, "Enter");
    await shows(/^# $|^#$|^\$$/m);
    type("exit 5", "Enter");
    await shows(/status 5/);
    expect(screen()).not.toContain("process group");
  });

  test("Ctrl-C in the middle of up leaves no lab, and a clean line", async () => {
    type("clear", "Enter");
    type(`${NETLOOM} up star:900 --name large; echo "status $?"`, "Enter");
    // The line that says how far it is.
    await shows(/^building large: \w+ \d+\/\d/m);
    type("C-c");
    await shows(/status 130/);
    expect(screen()).not.toContain("building large");
    await expect.poll(netloom.files, POLL).not.toContain("large.lock");
  });

  test("a terminal that is closed ends what ran on it, and nothing goes on unseen", async () => {
    const script = join(netloom.folder, "slow.sh");
    writeFileSync(script, "ip netns add a\nsleep 1000000\n");
    const before = netloom.files();
    tmux("new-session", "-d", "-s", "closed", "-x", "90", "-y", "30", `exec ${NETLOOM} try ${script}`);
    await vi.waitFor(() => expect(tmux("capture-pane", "-p", "-t", "closed")).toMatch(/2 sleep 1000000$/m), POLL);
    const pid = tmux("list-panes", "-t", "closed", "-F", "#{pane_pid}").trim();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    tmux("kill-session", "-t", "closed");
    await expect.poll(() => existsSync(`/proc/${pid}`), POLL).toBe(false);
    await expect.poll(netloom.files, POLL).toEqual(before);
  });

  test.each([
    ["true", 0],
    ["exit 3", 3],
    ["no-such-program", 127],
    ["kill -TERM $$", 128 + 15],
  ])("exec reports the end of %s as %i", async (command, status) => {
    const { code } = await netloom.run(["exec", "h1", "sh", "-c", command]);
    expect(code).toBe(status);
  });

  test("a program that is not there is 127, and named", async () => {
    const { code, err } = await netloom.run(["exec", "h1", "no-such-program"]);
    expect({ code, err }).toEqual({ code: 127, err: expect.stringContaining("no-such-program: command not found") });
  });
});
