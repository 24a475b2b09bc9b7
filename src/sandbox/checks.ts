import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { release } from "node:os";
import { findProgram } from "./command.ts";
import { diagnoseUnshare, forbiddingSettings } from "./diagnose.ts";
import { checkRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { subordinateRanges } from "./mapping.ts";

/** One line of `netloom doctor`. */
export interface DoctorCheck {
  /** Stable, for --json: `user-namespaces`. */
  readonly id: string;
  readonly title: string;
  /** `error`: labs cannot run. `warning`: something is narrower than it could be. */
  readonly status: "ok" | "warning" | "error";
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** What this machine lets this user do, tried for real where trying leaves no trace. */
export function checks(): DoctorCheck[] {
  return [
    kernel(),
    program("unshare", "2.36"),
    program("nsenter", "2.36"),
    userNamespaces(),
    mapping(),
    directory(),
    tun(),
  ];
}

/** The oldest series with all that is relied upon: strict dumps (4.20), bridge-nf-call per namespace (5.3), altnames (5.5). */
function kernel(): DoctorCheck {
  const version = release();
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const check = { id: "kernel", title: "Linux kernel", detail: version };
  if (major > 5 || (major === 5 && minor >= 10)) return { ...check, status: "ok" };
  return { ...check, status: "warning", hint: "use Linux 5.10 or later" };
}

function program(name: string, atLeast: string): DoctorCheck {
  const check = { id: name, title: `the program ${name}` };
  const path = findProgram(name);
  if (path === null) return { ...check, status: "error", detail: "missing", hint: "install the package util-linux" };
  const said = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout ?? "";
  const version = /(\d+\.\d+(?:\.\d+)?)/.exec(said)?.[1];
  if (version === undefined || !said.includes("util-linux")) {
    return { ...check, status: "error", detail: `${path} is not util-linux's`, hint: "install the package util-linux" };
  }
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantMajor = 0, wantMinor = 0] = atLeast.split(".").map(Number);
  const enough = major > wantMajor || (major === wantMajor && minor >= wantMinor);
  const detail = `${path}, util-linux ${version}`;
  return enough
    ? { ...check, status: "ok", detail }
    : { ...check, status: "error", detail, hint: `install util-linux ${atLeast} or later` };
}

function userNamespaces(): DoctorCheck {
  const check = { id: "user-namespaces", title: "private machines without root" };
  // The very namespaces that launch() makes, for a program that does nothing.
  const args = ["--user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--keep-caps", "--", "true"];
  const tried = spawnSync("unshare", args, { encoding: "utf8" });
  if (tried.status === 0)
    return { ...check, status: "ok", detail: "user, network, mount and pid namespaces can be created" };
  const problem = diagnoseUnshare(tried.stderr ?? "")?.diagnostics[0] ?? forbiddingSettings()[0];
  const detail =
    problem === undefined
      ? (tried.stderr ?? tried.error?.message ?? "").trim()
      : `${problem.summary} (${problem.cause})`;
  return problem?.hint === undefined
    ? { ...check, status: "error", detail }
    : { ...check, status: "error", detail, hint: problem.hint };
}

function mapping(): DoctorCheck {
  const check = { id: "mapping", title: "users inside a lab" };
  if (process.geteuid!() === 0) return { ...check, status: "ok", detail: "all of this machine's (running as root)" };
  const ranges = subordinateRanges();
  if (ranges !== null)
    return { ...check, status: "ok", detail: `root and ${ranges.uid.count} more (newuidmap, /etc/subuid)` };
  const ranged = "as root run `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`";
  const [lacking, hint] =
    findProgram("newuidmap") === null
      ? ["newuidmap is missing", `install the package uidmap, and unless this user is in /etc/subuid, ${ranged}`]
      : ["this user has no range in /etc/subuid and /etc/subgid", ranged];
  return {
    ...check,
    status: "warning",
    detail: `root only: ${lacking}; programs that change their user or groups fail inside`,
    hint,
  };
}

function directory(): DoctorCheck {
  const check = { id: "runtime-directory", title: "where records of labs are kept" };
  try {
    const path = runtimeDirectory();
    return { ...check, status: "ok", detail: checkRuntimeDirectory(path) ? path : `${path} (not yet there)` };
  } catch (error) {
    return {
      ...check,
      status: "error",
      detail: (error as Error).message,
      hint: "set NETLOOM_RUNTIME_DIR to a directory of your own",
    };
  }
}

function tun(): DoctorCheck {
  const check = { id: "tun", title: "/dev/net/tun" };
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return { ...check, status: "ok", detail: "can be opened: tap and tun links work" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const detail = `${code}: no tap or tun links, which virtual machines need`;
    const hint = code === "EACCES" ? "as root, run `chmod 0666 /dev/net/tun`" : "as root, run `modprobe tun`";
    return { ...check, status: "warning", detail, hint };
  }
}
