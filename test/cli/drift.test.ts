// `plan --watch`, as whoever types it sees it.

import { expect, test } from "vitest";
import { program, until, type Running } from "./program.ts";

const netloom = program();

const FILE = `
name: watched
switches: { lan: { subnet: 10.0.0.0/24 } }
hosts:
  a: { interfaces: { eth0: lan } }
  b: { interfaces: { eth0: lan } }
`;

const reports = ({ seen }: Running): { equal: boolean; changes: { kind: string; reason: string }[] }[] =>
  seen.out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ReturnType<typeof reports>[number]);

//   a ─ lan ─ b
test("a lab's drift is shown as it comes and as it goes, until Ctrl-C or the lab's end", async () => {
  const file = netloom.file("watched.yaml", FILE);
  expect(await netloom.run(["plan", file, "--watch"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("no lab"),
  });
  expect(await netloom.run(["plan", file, "--watch", "--exit-code"])).toMatchObject({ code: 2 });
  await netloom.run(["up", file]);
  const text = netloom.start(["plan", file, "--watch"]);
  const json = netloom.start(["plan", file, "--watch", "--json"]);
  await until(() => text.seen.out.includes("watched is equal to the file\n") && reports(json).length === 1);

  await netloom.run(["exec", "a", "ip", "link", "set", "eth0", "mtu", "1300"]);
  await until(() => text.seen.out.includes("~ a link eth0: mtu is 1300, should be 1500") && reports(json).length === 2);
  await netloom.run(["up", file]);
  await until(() => text.seen.out.includes("watched is equal to the file again\n") && reports(json).length === 3);
  expect(reports(json)).toMatchObject([
    { netloom: 1, kind: "drift", lab: "watched", equal: true, changes: [] },
    { equal: false, changes: [{ kind: "link", action: "update", namespace: "a", id: "eth0" }], resynced: false },
    { equal: true, changes: [] },
  ]);

  // Another file that the lab is made equal to: this one differs from then on, and nothing half-way is reported.
  const larger = netloom.file("larger.yaml", `${FILE}  c: { interfaces: { eth0: lan } }\n`);
  await netloom.run(["up", larger]);
  await until(() => reports(json).length === 4);
  expect(reports(json)[3]!.changes).toMatchObject([{ kind: "link" }, { kind: "namespace", id: "c", action: "delete" }]);
  text.child.kill("SIGINT");
  expect(await text.ended).toMatchObject({ code: 0, err: "" });

  await netloom.run(["down"]);
  const { code, out } = await json.ended;
  expect(code).toBe(1);
  expect(JSON.parse(out.trim().split("\n").at(-1)!)).toMatchObject({
    kind: "error",
    diagnostics: [{ code: "cli.lab-ended", summary: "lab watched has ended: there is nothing left to watch" }],
  });
});
