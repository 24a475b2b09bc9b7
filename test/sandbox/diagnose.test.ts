import { expect, test } from "vitest";
import { destroyLab, launch } from "../../src/sandbox/index.ts";
import { diagnoseUnshare, forbiddingSettings, missingUnshare } from "../../src/sandbox/diagnose.ts";
import { sandboxTests } from "./support.ts";
import type { TestProtocol } from "./test-protocol.ts";

const bench = sandboxTests();
const settings = (values: Record<string, string>) => (path: string) => values[path] ?? null;
const refused = "unshare: unshare failed: Operation not permitted\n";

test("a kernel that forbids user namespaces is named by its setting: really, inside a lab that forbids them to itself", async () => {
  const result = await launch<TestProtocol>({ name: "strict", entry: bench.entry, directory: bench.directory }).ready;
  if (result.status !== "started") throw new Error("running");
  const { client } = result;
  const doctor = await bench.program("doctor.ts");
  const ask = async (): Promise<{ id: string; status: string; detail: string; hint?: string }[]> =>
    JSON.parse(
      await client.request("run", {
        command: `NETLOOM_RUNTIME_DIR=/run/netloom ${process.execPath} ${doctor}`,
      }),
    );
  expect((await ask()).find((check) => check.id === "user-namespaces")).toMatchObject({ status: "ok" });

  await client.request("forbid", { key: "user/max_user_namespaces" });
  expect((await ask()).find((check) => check.id === "user-namespaces")).toMatchObject({
    status: "error",
    detail: expect.stringContaining("user.max_user_namespaces is 0"),
    hint: expect.stringContaining("sysctl -w user.max_user_namespaces=15000"),
  });
  const launched = await client.request("run", {
    command: `NETLOOM_RUNTIME_DIR=/run/netloom ${process.execPath} ${doctor} launch ${bench.entry.args[0]}`,
  });
  expect(launched).toMatch(/private machines: user.max_user_namespaces is 0/);
  await client.close();
  await destroyLab("strict", { directory: bench.directory });
});

test.for([
  ["user.max_user_namespaces", "/proc/sys/user/max_user_namespaces", "0", "15000"],
  ["kernel.unprivileged_userns_clone", "/proc/sys/kernel/unprivileged_userns_clone", "0", "1"],
  ["kernel.apparmor_restrict_unprivileged_userns", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "0"],
  ["user.max_net_namespaces", "/proc/sys/user/max_net_namespaces", "0", "15000"],
] as const)("%s: the setting, its file and the command that allows it", ([key, path, value, allowed]) => {
  const diagnostics = diagnoseUnshare(refused, settings({ [path]: value }), 1000)?.diagnostics;
  expect(diagnostics).toMatchObject([
    { code: "sandbox.userns-forbidden", subject: path, state: "nothing was created" },
  ]);
  expect(diagnostics?.[0]?.summary).toContain(`${key} is ${value}`);
  expect(diagnostics?.[0]?.hint).toContain(`sysctl -w ${key}=${allowed}`);
  expect(forbiddingSettings(settings({ [path]: allowed }), 1000)).toEqual([]);
});

test("what binds only those without privileges is not blamed for root's failure", () => {
  const read = settings({ "/proc/sys/kernel/unprivileged_userns_clone": "0" });
  expect(forbiddingSettings(read, 1000)).toHaveLength(1);
  expect(forbiddingSettings(read, 0)).toEqual([]);
});

const hint = (values: Record<string, string>, said = refused) =>
  diagnoseUnshare(said, settings(values), 1000)?.diagnostics[0]?.hint;

test("no setting forbids it: a container, a seccomp filter, a chroot, too deep a nesting", () => {
  expect(hint({ "/.dockerenv": "" })).toContain("--security-opt seccomp=unconfined");
  expect(hint({ "/proc/self/status": "Name:\tsh\nSeccomp:\t2\n" })).toContain("seccomp filter");
  expect(hint({})).toContain("chroot");
  expect(hint({}, "unshare: unshare failed: No space left on device\n")).toContain("nested");
});

test("unshare that is missing or too old, and errors that are not unshare's", () => {
  const missing = Object.assign(new Error("spawn unshare ENOENT"), { code: "ENOENT" });
  expect(missingUnshare(missing).diagnostics).toMatchObject([
    { code: "sandbox.unshare-missing", hint: "install the package util-linux" },
  ]);
  const old = diagnoseUnshare(
    "unshare: unrecognized option '--keep-caps'\nTry 'unshare --help' for more information.\n",
  );
  expect(old?.diagnostics).toMatchObject([
    { code: "sandbox.unshare-too-old", cause: "unshare: unrecognized option '--keep-caps'" },
  ]);
  expect(diagnoseUnshare("TypeError: x is not a function\n    at holder.cjs:1\n")).toBeNull();
  expect(diagnoseUnshare("")).toBeNull();
});
