// A change of a running lab whose programs fail, and what becomes of what was done before.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { program } from "./program.ts";
import { serviceLab } from "./service-lab.ts";

const netloom = program();
const { inspect, up } = serviceLab(netloom);
afterEach(async () => {
  await netloom.run(["down", "--all"]);
  await netloom.clean();
});

interface Document {
  readonly changes: readonly { readonly action: string; readonly kind: string; readonly id: string }[];
  readonly warnings: readonly { readonly code: string; readonly summary: string }[];
}

const document = (text: string): Document => JSON.parse(text) as Document;

/** `a`, whose process x runs a command, on a switch; and what more there is. */
const lab = (command: string, more = ""): string =>
  `switches: { lan: { subnet: 10.0.0.0/24 } }\nhosts:\n  a: { run: [{ name: x, command: ${command}, restart: always }], interfaces: { eth0: lan } }\n${more}`;

test("up --json of a changed lab has the warnings of the holder", async () => {
  await up("warned", lab("sleep 1001"));
  const changed = await netloom.run(["up", netloom.file("changed.yaml", `name: warned\n${lab('"false"')}`), "--json"]);
  expect(changed.code).toBe(0);
  expect(document(changed.out).warnings).toMatchObject([{ summary: expect.stringContaining("x of a failed at once") }]);
  // Control: of a change without any there are none.
  const back = await netloom.run(["up", netloom.file("back.yaml", `name: warned\n${lab("sleep 1003")}`), "--json"]);
  expect(document(back.out).warnings).toEqual([]);
});

/*
 *   a 10.0.0.1 ── lan [── b 10.0.0.2, whose process fails, and has the kernel refuse everything from then on]
 */
test("undoing fails, too: the first error is reported, and what ran before runs again", async () => {
  const [fault, refusing] = [join(netloom.folder, "fault"), join(netloom.folder, "refusing")];
  const file = await up("undo", lab("sleep 1001"), { NETLOOM_TEST_FAULT: fault });
  const failing = `  b: { run: [{ name: y, command: [sh, -c, "touch ${refusing}; exit 7"], restart: never }], interfaces: { eth0: lan } }\n`;
  const more = netloom.file("more.yaml", `name: undo\n${lab("sleep 1002", failing)}`);
  // Control: what can be undone is.
  const undone = await netloom.run(["up", more]);
  expect(undone).toMatchObject({ code: 1, err: expect.stringContaining("all changes were undone") });
  expect((await netloom.run(["up", file])).err).toBe("undo is already up, nothing to change\n");
  rmSync(refusing);

  writeFileSync(fault, `refuse ${refusing}`);
  const { out, code } = await netloom.run(["up", more, "--json"]);
  expect(code).toBe(1);
  const { diagnostics } = JSON.parse(out) as { diagnostics: { summary: string; state?: string }[] };
  expect(diagnostics[0]).toMatchObject({
    summary: "y of b failed at once",
    state: "some changes could not be undone",
  });
  expect(diagnostics).toContainEqual(
    expect.objectContaining({ cause: expect.stringContaining("EIO"), state: "the network could not be put back" }),
  );
  const { model, processes } = await inspect();
  expect(model.namespaces.map(({ name }) => name)).toEqual(["root", "a", "b"]);
  expect(processes).toMatchObject([{ name: "x", state: "running", command: ["sleep", "1001"] }]);
  // The lab is that of the old file still: what is left of the new one is in its plan, and goes.
  rmSync(refusing);
  const repaired = await netloom.run(["up", file, "--json"]);
  expect(document(repaired.out).changes).toMatchObject([
    { action: "delete", kind: "link", id: "b-eth0" },
    { action: "delete", kind: "namespace", id: "b" },
  ]);
  expect((await inspect()).model.namespaces.map(({ name }) => name)).toEqual(["root", "a"]);
});
