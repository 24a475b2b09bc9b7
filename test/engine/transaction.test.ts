// Several steps, all or nothing.

import { describe, expect, it } from "vitest";
import { failure, NetloomError } from "../../src/diagnostic.ts";
import { type Step, transaction } from "../../src/engine/index.ts";

const UNDONE = "all changes were undone: the lab is as it was before";
const PARTLY = "some changes could not be undone";

/** Steps that write down what is done with them. */
function recorded() {
  const log: string[] = [];
  const step = (what: string, more: Partial<Step> = {}): Step => ({
    what,
    run: () => void log.push(`run ${what}`),
    undo: () => log.push(`undo ${what}`) > 0,
    ...more,
  });
  const failing = (what: string, error: unknown, more: Partial<Step> = {}): Step =>
    step(what, { run: () => Promise.reject(error), ...more });
  return { log, step, failing };
}

const refused = (what: string) => failure("test.refused", `${what} was refused`, { cause: "EIO" });

async function outcome(steps: readonly Step[], restored?: string): Promise<NetloomError> {
  const error = await transaction(steps, restored).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NetloomError);
  return error as NetloomError;
}

describe("a step fails", () => {
  it("control: none does, and nothing is undone", async () => {
    const { log, step } = recorded();
    await transaction([step("a"), step("b")]);
    expect(log).toEqual(["run a", "run b"]);
  });

  it("what was begun is undone in reverse order, the failed step included", async () => {
    const { log, step, failing } = recorded();
    const { diagnostics } = await outcome([step("a"), step("b"), failing("c", refused("c")), step("d")]);
    expect(log).toEqual(["run a", "run b", "undo c", "undo b", "undo a"]);
    expect(diagnostics).toEqual([{ ...refused("c").diagnostics[0], state: UNDONE }]);
  });

  it("but not one that leaves nothing behind when it fails", async () => {
    const { log, step, failing } = recorded();
    await outcome([step("a"), failing("b", refused("b"), { atomic: true })]);
    expect(log).toEqual(["run a", "undo a"]);
  });

  it("says that nothing was changed when there was nothing to undo", async () => {
    const { failing } = recorded();
    const { diagnostics } = await outcome([failing("a", refused("a"), { undo: () => false })]);
    expect(diagnostics[0]?.state).toBe("nothing was changed");
  });

  it("keeps the exit status, and what is said of a full undo can be given", async () => {
    const { step, failing } = recorded();
    const error = new NetloomError({ code: "test.usage", severity: "error", summary: "no" }, 2);
    const { diagnostics, status } = await outcome([step("a"), failing("b", error)], "it is as it was");
    expect([status, diagnostics[0]?.state]).toEqual([2, "it is as it was"]);
  });

  it("turns what is no NetloomError into one", async () => {
    const { failing } = recorded();
    const interrupted = Object.assign(new Error("This operation was aborted"), { name: "AbortError" });
    expect((await outcome([failing("a", interrupted)])).diagnostics[0]?.code).toBe("apply.interrupted");
    expect((await outcome([failing("a", new Error("bug"))])).diagnostics[0]?.summary).toBe("bug");
  });
});

describe("undoing fails, too", () => {
  const broken = { undo: () => Promise.reject(refused("undoing")) };

  it("the first error stays the first, the steps before are undone all the same, and what was not is reported", async () => {
    const { log, step, failing } = recorded();
    const { diagnostics } = await outcome([step("a"), step("b", broken), failing("c", refused("c"))]);
    expect(log).toEqual(["run a", "run b", "undo c", "undo a"]);
    expect(diagnostics).toMatchObject([
      { summary: "c was refused", cause: "EIO", state: PARTLY },
      { summary: "undoing was refused", cause: "EIO", state: "b could not be put back" },
    ]);
  });

  it("of a step inside a step: the outer one does not claim that all was undone", async () => {
    const { step, failing } = recorded();
    const inner = {
      what: "inner",
      atomic: true,
      run: () => transaction([step("a", broken), failing("b", refused("b"))]),
    };
    const { diagnostics } = await outcome([step("before"), inner]);
    expect(diagnostics.map(({ summary, state }) => [summary, state])).toEqual([
      ["b was refused", PARTLY],
      ["undoing was refused", "a could not be put back"],
    ]);
  });
});
