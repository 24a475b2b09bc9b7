import { beforeAll, describe, expect, it } from "vitest";
import { program, until } from "./program.ts";

const netloom = program();
beforeAll(async () => {
  await netloom.run(["up", "star:3"]);
});

describe("exec", () => {
  it("passes streams and exit status through", async () => {
    expect(
      await netloom.run(["exec", "h1", "sh", "-c", "cat; echo to-err >&2; exit 7"], { input: "in" }),
    ).toMatchObject({
      code: 7,
      out: "in",
      err: "to-err\n",
    });
    expect((await netloom.run(["exec", "h1", "--", "sh", "-c", "kill -TERM $$"])).code).toBe(143);
  });

  it("leaves the command its own options", async () => {
    expect((await netloom.run(["exec", "h1", "echo", "--json", "--lab", "-n", "--"])).out).toBe("--json --lab -n --\n");
    expect((await netloom.run(["exec", "h1", "--", "sh", "-c", 'echo "$@"', "sh", "--help"])).out).toBe("--help\n");
    expect((await netloom.run(["exec", "--lab", "star-3", "h1", "echo", "$HOME; `x`"])).out).toBe("$HOME; `x`\n");
  });

  it("is in the node, and says so", async () => {
    const where = await netloom.run([
      "exec",
      "h2",
      "sh",
      "-c",
      "echo $NETLOOM_LAB/$NETLOOM_NODE; cat /proc/net/fib_trie",
    ]);
    expect(where.out).toMatch(/^star-3\/h2\n/);
    expect(where.out).toContain("10.0.0.2");
    expect(where.out).not.toContain("10.0.0.1\n");
    expect((await netloom.run(["exec", "root", "sh", "-c", "ls /run/netns"])).out).toBe("h1\nh2\nh3\n");
  });

  it("names the nodes there are", async () => {
    const { code, err } = await netloom.run(["exec", "h9", "true"]);
    expect(code).toBe(2);
    expect(err).toContain('lab star-3 has no node "h9"');
    expect(err).toContain("its nodes: h1, h2, h3, root");
    expect((await netloom.run(["exec", "../h1", "true"])).code).toBe(2);
  });

  it("reports commands that cannot be run as a shell does", async () => {
    expect((await netloom.run(["exec", "h1", "no-such-command"])).code).toBe(127);
    expect((await netloom.run(["exec", "h1", "/etc/passwd"])).code).toBe(126);
  });

  it("hands signals on and reports the command's end", async () => {
    const running = netloom.start([
      "exec",
      "h1",
      "sh",
      "-c",
      "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    await until(() => running.seen.out.includes("ready"));
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 9 });
  });
});
