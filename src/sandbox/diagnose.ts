import { readFileSync } from "node:fs";
import { failure, NetloomError, type Diagnostic } from "../diagnostic.ts";

/** Reads a sysctl file; null when the kernel has no such setting. Replaced in tests. */
export type ReadSetting = (path: string) => string | null;

export const readSetting: ReadSetting = (path) => {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
};

interface Setting {
  readonly path: string;
  readonly key: string;
  readonly forbids: (value: string) => boolean;
  readonly value: string;
  readonly who: string;
}

const SETTINGS: readonly Setting[] = [
  {
    path: "/proc/sys/user/max_user_namespaces",
    key: "user.max_user_namespaces",
    forbids: (value) => value === "0",
    value: "15000",
    who: "user namespaces are disabled",
  },
  {
    path: "/proc/sys/kernel/unprivileged_userns_clone",
    key: "kernel.unprivileged_userns_clone",
    forbids: (value) => value === "0",
    value: "1",
    who: "only root may create user namespaces (a setting of Debian's and Arch's kernels)",
  },
  {
    path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    key: "kernel.apparmor_restrict_unprivileged_userns",
    forbids: (value) => value !== "0",
    value: "0",
    who: "AppArmor restricts user namespaces of programs without a profile (Ubuntu 23.10 and later)",
  },
  {
    path: "/proc/sys/user/max_net_namespaces",
    key: "user.max_net_namespaces",
    forbids: (value) => value === "0",
    value: "15000",
    who: "network namespaces are disabled",
  },
  {
    path: "/proc/sys/user/max_pid_namespaces",
    key: "user.max_pid_namespaces",
    forbids: (value) => value === "0",
    value: "15000",
    who: "pid namespaces are disabled",
  },
  {
    path: "/proc/sys/user/max_mnt_namespaces",
    key: "user.max_mnt_namespaces",
    forbids: (value) => value === "0",
    value: "15000",
    who: "mount namespaces are disabled",
  },
];

/** Each setting of this kernel that keeps this user from making a private machine, with the way to allow it. */
export function forbiddingSettings(read: ReadSetting = readSetting, uid: number = process.geteuid!()): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const setting of SETTINGS) {
    const value = read(setting.path);
    if (value === null || !setting.forbids(value)) continue;
    // The kernel.* two bind those without privileges only.
    if (uid === 0 && setting.key.startsWith("kernel.")) continue;
    found.push({
      code: "sandbox.userns-forbidden",
      severity: "error",
      summary: `the kernel forbids private machines: ${setting.key} is ${value}`,
      subject: setting.path,
      cause: setting.who,
      state: "nothing was created",
      hint: `as root, run \`sysctl -w ${setting.key}=${setting.value}\`; to keep it, put \`${setting.key} = ${setting.value}\` into /etc/sysctl.d/99-netloom.conf`,
    });
  }
  return found;
}

/** What `unshare` said on its standard error → why, or null when it does not look like unshare's own failure. */
export function diagnoseUnshare(
  stderr: string,
  read: ReadSetting = readSetting,
  uid: number = process.geteuid!(),
): NetloomError | null {
  if (/unrecognized option|invalid option/.test(stderr)) {
    return failure("sandbox.unshare-too-old", "the program unshare is too old for netloom", {
      cause: stderr.split("\n")[0]!,
      state: "nothing was created",
      hint: "install util-linux 2.36 or later",
    });
  }
  // Further lines may come from an earlier attempt: the last one counts.
  const said = stderr
    .split("\n")
    .filter((line) => /unshare(?: failed)?:/.test(line))
    .at(-1);
  if (said === undefined) return null;
  const forbidden = forbiddingSettings(read, uid);
  if (forbidden.length > 0) return new NetloomError(forbidden);
  return failure("sandbox.userns-forbidden", "the kernel refused to make a private machine", {
    cause: said,
    state: "nothing was created",
    hint: surroundings(read, /No space left/.test(said)),
  });
}

/** `unshare` could not be started. */
export function missingUnshare(error: NodeJS.ErrnoException): NetloomError {
  if (error.code !== "ENOENT") {
    return failure("sandbox.unshare", "the program unshare could not be started", { cause: error.message });
  }
  return failure("sandbox.unshare-missing", "the program unshare is missing", {
    state: "nothing was created",
    hint: "install the package util-linux",
  });
}

/** No setting forbids it: something around us does. */
function surroundings(read: ReadSetting, limit: boolean): string {
  if (limit)
    return "user namespaces are nested too deep (32), or a limit in /proc/sys/user is reached: end some of them";
  const seccomp = /^Seccomp:\s*2/m.test(read("/proc/self/status") ?? "");
  if (
    read("/.dockerenv") !== null ||
    read("/run/.containerenv") !== null ||
    /docker|containerd|kubepods/.test(read("/proc/1/cgroup") ?? "")
  ) {
    return "this is a container: start it with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined` (Docker, Podman)";
  }
  if (seccomp)
    return "a seccomp filter is on this process (a container, a systemd unit with RestrictNamespaces=, a CI sandbox): run netloom outside of it";
  return "if this is a chroot, run netloom outside of it: the kernel creates no user namespaces in one; else run `netloom doctor`";
}
