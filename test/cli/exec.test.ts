import { beforeAll, describe, expect, it } from "vitest";
import { Bench, outcome, says } from "./netloom.ts";

const bench = new Bench();
beforeAll(async () => {
  await bench.run("up", "star:3");
});

describe("exec", () => {
  it("passes streams and exit status through", async () => {
    expect(await bench.run("exec", "h1", "sh", "-c", "cat; echo to-err >&2; exit 7", { input: "in" })).toMatchObject({
      status: 7,
      stdout: "in",
      stderr: "to-err\n",
    });
    expect((await bench.run("exec", "h1", "--", "sh", "-c", "kill -TERM $$")).status).toBe(143);
  });

  it("leaves the command its own options", async () => {
    expect((await bench.run("exec", "h1", "echo", "--json", "--lab", "-n", "--")).stdout).toBe("--json --lab -n --\n");
    expect((await bench.run("exec", "h1", "--", "sh", "-c", 'echo "$@"', "sh", "--help")).stdout).toBe("--help\n");
    expect((await bench.run("exec", "--lab", "star-3", "h1", "echo", "$HOME; `x`")).stdout).toBe("$HOME; `x`\n");
  });

  it("is in the node, and says so", async () => {
    const where = await bench.run("exec", "h2", "sh", "-c", "echo $NETLOOM_LAB/$NETLOOM_NODE; cat /proc/net/fib_trie");
    expect(where.stdout).toMatch(/^star-3\/h2\n/);
    expect(where.stdout).toContain("10.0.0.2");
    expect(where.stdout).not.toContain("10.0.0.1\n");
    expect((await bench.run("exec", "root", "sh", "-c", "ls /run/netns")).stdout).toBe("h1\nh2\nh3\n");
  });

  it("names the nodes there are", async () => {
    const { status, stderr } = await bench.run("exec", "h9", "true");
    expect(status).toBe(2);
    expect(stderr).toContain('lab star-3 has no node "h9"');
    expect(stderr).toContain("its nodes: h1, h2, h3, root");
    expect((await bench.run("exec", "../h1", "true")).status).toBe(2);
  });

  it("reports commands that cannot be run as a shell does", async () => {
    expect((await bench.run("exec", "h1", "no-such-command")).status).toBe(127);
    expect((await bench.run("exec", "h1", "/etc/passwd")).status).toBe(126);
  });

  it("hands signals on and reports the command's end", async () => {
    const child = bench.start([
      "exec",
      "h1",
      "sh",
      "-c",
      "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    const ended = outcome(child);
    await says(child, "ready");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 9 });
  });
});
