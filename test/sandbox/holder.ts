// The program that tests launch: a holder with a few methods to look around inside the private machine.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "../../src/sandbox/client.ts";
import { hold } from "../../src/sandbox/hold.ts";
import type { HeldLab } from "../../src/sandbox/hold.ts";
import type { HolderProtocol } from "../../src/sandbox/protocol.ts";
import type { Methods } from "../../src/sandbox/server.ts";
import { NetloomError } from "../../src/diagnostic.ts";
import type { TestProtocol } from "./test-protocol.ts";

const methods = (lab: HeldLab): Methods<Omit<TestProtocol, keyof HolderProtocol>> => ({
  read: ({ path }) => readFileSync(path, "utf8"),
  write: ({ path, text }) => writeFileSync(path, text),
  readlink: ({ path }) => readlinkSync(path),
  run: ({ command }) => execFileSync("/bin/sh", ["-c", command], { encoding: "utf8", stdio: "pipe" }),
  // user/* is of the lab's own user namespace; the read-only mount over /proc/sys has to make way for the test.
  forbid: ({ key }) => {
    execFileSync("/bin/sh", ["-c", `mount -t proc proc /mnt && echo 0 > /mnt/sys/${key} && umount /mnt`], {
      stdio: "pipe",
    });
  },
  // Leaves a process to pid 1: the shell in between ends at once. True when it is gone without a zombie.
  orphan: async () => {
    const pid = execFileSync("/bin/sh", ["-c", "sleep 0.05 >/dev/null 2>&1 & echo $!"], { encoding: "utf8" }).trim();
    // A child of Node's own at the same time: its exit must still reach Node.
    const code = await new Promise<number>((resolve) => spawn("/bin/sh", ["-c", "exit 3"]).once("exit", resolve));
    return { pid: Number(pid), code };
  },
  connectInside: async ({ name }) => {
    await using client = await connect(name, "/run/netloom");
    return await client.request("ping");
  },
  record: () => lab.record(),
  count: ({ to }, { event }) => {
    for (let number = 1; number <= to; number++) event(number);
    return to;
  },
  fail: () => {
    throw new NetloomError({ code: "test.failed", severity: "error", summary: "it failed", hint: "try again" }, 2);
  },
  crash: () => {
    process.stderr.write("about to crash\n");
    process.exit(7);
  },
  wait: (_, { signal }) => new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("aborted"))),
});

if (process.argv[2] === "__hold") hold(methods);
