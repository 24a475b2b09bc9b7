import { chmodSync, existsSync, lstatSync, mkdirSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { failure } from "../diagnostic.ts";

/** The runtime directory of root inside a lab: the lab itself is found there, wherever it is written down outside. */
export const INSIDE = "/run/netloom";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where this user's labs are written down: $NETLOOM_RUNTIME_DIR, else /run/netloom for root, else
 * $XDG_RUNTIME_DIR/netloom, else /tmp/netloom-UID. Only computes the path.
 */
export function runtimeDirectory(env: Environment = process.env, uid: number = process.geteuid!()): string {
  const asked = env["NETLOOM_RUNTIME_DIR"];
  if (asked) {
    if (!asked.startsWith("/")) {
      throw failure("sandbox.runtime-directory", "NETLOOM_RUNTIME_DIR must be an absolute path", { cause: asked }, 2);
    }
    return asked.replace(/\/+$/, "") || "/";
  }
  if (uid === 0) return "/run/netloom";
  const session = env["XDG_RUNTIME_DIR"];
  if (session && usable(session, uid)) return `${session.replace(/\/+$/, "")}/netloom`;
  return `/tmp/netloom-${uid}`;
}

/**
 * Creates the runtime directory (0700) if it is missing and returns its path. Refuses one that is a symbolic link,
 * belongs to somebody else or that others may write to: /tmp is shared, and whoever owns the directory owns the labs.
 */
export function ensureRuntimeDirectory(path: string = runtimeDirectory()): string {
  make(path, path);
  checkRuntimeDirectory(path);
  return path;
}

/** mkdir -p. Node's own (`recursive`) never ends where mkdir(2) says ENOENT although the parent is there, as in /proc. */
function make(path: string, wanted: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw refused(wanted, `it cannot be created: ${code}`);
    make(dirname(path), wanted);
    make(path, wanted);
  }
}

/** Throws unless `path` is a directory of this user's that nobody else can write to. False when it does not exist. */
export function checkRuntimeDirectory(path: string): boolean {
  const stat = status(path);
  if (stat === null) return false;
  const uid = process.geteuid!();
  if (stat.isSymbolicLink()) throw refused(path, "it is a symbolic link");
  if (!stat.isDirectory()) throw refused(path, "it is not a directory");
  if (stat.uid !== uid) throw refused(path, `it belongs to uid ${stat.uid}, not to uid ${uid}`);
  if ((stat.mode & 0o022) !== 0)
    throw refused(path, `others may write to it (mode ${(stat.mode & 0o777).toString(8)})`);
  if ((stat.mode & 0o055) !== 0 && path.endsWith(`/netloom-${uid}`)) chmodSync(path, 0o700);
  return true;
}

function usable(path: string, uid: number): boolean {
  const stat = status(path);
  return stat !== null && stat.isDirectory() && stat.uid === uid && (stat.mode & 0o200) !== 0;
}

function status(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function refused(path: string, cause: string) {
  return failure("sandbox.runtime-directory", `${path} cannot hold the labs of this user`, {
    cause,
    hint: "remove it, or set NETLOOM_RUNTIME_DIR to a directory of your own that only you can write to",
  });
}
