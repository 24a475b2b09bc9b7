/* What only a terminal gets. `script` (util-linux) lends one; its output has \r\n at the end of lines. */

import { beforeAll, describe, expect, it } from "vitest";
import { NETLOOM, program } from "./program.ts";

const netloom = program();
beforeAll(async () => {
  await netloom.run(["up", "star:3"]);
});

async function terminal(
  command: string,
  input = "",
  env: Record<string, string> = {},
): Promise<{ code: number | null; text: string }> {
  const running = netloom.start(["-qefc", `stty cols 80 rows 24; ${command}`, "/dev/null"], {
    command: "script",
    open: true,
    env: { NO_COLOR: undefined, TERM: "xterm", netloom: NETLOOM, HOME: netloom.folder, ...env },
  });
  running.child.stdin?.write(input);
  const { code, out } = await running.ended;
  return { code, text: out.replaceAll("\r\n", "\n") };
}

describe("on a terminal", () => {
  it("has colour, unless NO_COLOR; elsewhere never", async () => {
    expect((await terminal('"$netloom" verify')).text).toContain("\x1b[32m");
    expect((await terminal('"$netloom" verify', "", { NO_COLOR: "1" })).text).not.toContain("\x1b[3");
    expect((await terminal('"$netloom" verify', "", { TERM: "dumb" })).text).not.toContain("\x1b");
    expect((await netloom.run(["verify"])).out).not.toContain("\x1b");
  });

  it("is not wider than the terminal", async () => {
    const { text } = await terminal('"$netloom" inspect', "", { NO_COLOR: "1" });
    const lines = text.split("\n");
    expect(lines.some((line) => line.startsWith("Interfaces"))).toBe(true);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    ["/bin/bash", "[star-3/h1]"],
    ["/bin/sh", "[star-3/h1]"],
    ["/usr/sbin/nologin", "[star-3/h1]"],
  ])("opens %s with a prompt that says where it is, and passes its status", async (shell, prompt) => {
    const { code, text } = await terminal(`SHELL=${shell} "$netloom" shell h1`, "stty size; exit 3\n");
    expect(code).toBe(3);
    expect(text).toContain(prompt);
    expect(text).toContain("24 80\n");
  });

  it("suggests what to type next after up", async () => {
    const { text } = await terminal('"$netloom" up star:2 --name hints');
    expect(text).toContain("netloom down hints");
    expect((await netloom.run(["down", "hints"])).code).toBe(0);
  });
});
