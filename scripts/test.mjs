// `npm test`: everything, on a fresh clone too. Ends with `N passed, N failed, N skipped`.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root, setUp } from "./setup.mjs";
import { provideWitnesses } from "./witnesses.mjs";

setUp();
const unmet = provideWitnesses();
const scratch = mkdtempSync(join(tmpdir(), "netloom-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, in words: told once more at the end, where it is found without scrolling through everything that passed. */
const failures = [];
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
// It triples Node's start-up time, and the programs under test start many.
delete environment.NODE_EXTRA_CA_CERTS;

phase("types, lint and format", () => check());
phase("pure tests", () => vitest("pure", [], ["--project", "pure"]));
phase("kernel tests, in a private machine", () => vitest("kernel", privateMachine(), ["--project", "kernel"]));
phase("kernel tests that look at a whole machine", () => vitest("alone", privateMachine(), ["--project", "alone"]));
phase("the program", () => vitest("program", [], ["--project", "program"]));
if (process.getuid() === 0) phase("the program, as an ordinary user", () => ordinaryUser());

for (const failure of failures) console.log(`\nFAILED ${failure}`);
if (unmet.length > 0) console.log(`missing packages: ${unmet.join(" ")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

function phase(title, run) {
  console.log(`\n== ${title}`);
  run();
}

function check() {
  const { status } = spawnSync("npm", ["run", "--silent", "check"], { cwd: root, stdio: "inherit", env: environment });
  total[status === 0 ? "passed" : "failed"] += 1;
  if (status !== 0) failures.push("npm run check: see what it printed above");
}

/** A user, network, mount and pid namespace with a /run of its own, made by util-linux alone: not by what is tested. */
function privateMachine() {
  const prepare = 'mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && exec "$@"';
  return ["unshare", "-Urnm", "--pid", "--fork", "--mount-proc", "sh", "-c", prepare, "sh"];
}

function vitest(name, prefix, args, options = {}) {
  const report = join(options.scratch ?? scratch, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const runner = join(options.cwd ?? root, "node_modules", "vitest", "vitest.mjs");
  const [command, ...rest] = [...prefix, process.execPath, runner, "run", ...args, ...reporters];
  const { status } = spawnSync(command, rest, { cwd: root, stdio: "inherit", env: environment, ...options });
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    result = undefined;
  }
  total.passed += result?.numPassedTests ?? 0;
  total.skipped += (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
  const failed = result?.numFailedTests ?? 0;
  // A file that does not load, an unhandled error or a runner that dies has no failed test to show for it.
  total.failed += failed > 0 || status === 0 ? failed : 1;
  const told = failuresOf(result);
  if (status !== 0 && told.length === 0) told.push(`the runner ended with ${status}: see what it printed above`);
  failures.push(...told.map((failure) => `${name}: ${failure}`));
}

/** The failed tests and files of a report of vitest, each with the first lines of what it said. */
function failuresOf(report) {
  return (report?.testResults ?? []).flatMap((file) => {
    const path = relative(root, file.name);
    const tests = file.assertionResults.filter(({ status }) => status === "failed");
    if (tests.length === 0) return file.status === "failed" ? [`${path}\n${firstLines(file.message)}`] : [];
    return tests.map((test) => `${path} > ${test.fullName}\n${test.failureMessages.map(firstLines).join("\n")}`);
  });
}

function firstLines(text) {
  return text.split("\n").slice(0, 20).join("\n").slice(0, 4000);
}

/** The same program tests once more with nothing but an account: from a copy that belongs to it. */
function ordinaryUser() {
  const copy = mkdtempSync(join(tmpdir(), "netloom-user-"));
  try {
    cpSync(root, copy, {
      recursive: true,
      filter: (source) => source !== join(root, ".git"),
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
    spawnSync("chown", ["-R", "nobody:nogroup", copy]);
    const account = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all"];
    const env = { ...environment, HOME: copy, USER: "nobody", LOGNAME: "nobody", XDG_RUNTIME_DIR: "" };
    // Where only root may make taps, an ordinary user has no uplinks to test.
    const tap = spawnSync(account[0], [...account.slice(1), "sh", "-c", "exec 3<> /dev/net/tun"], { stdio: "ignore" });
    const without = tap.status === 0 ? [] : ["--exclude", "test/cli/uplink.test.ts"];
    if (without.length > 0) console.log("taps are for root alone on this machine: uplinks were tested as root only");
    vitest("user", account, ["--project", "program", ...without], { cwd: copy, env, scratch: copy });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
