import { accessSync, constants, statSync } from "node:fs";

/** Search path of programs when PATH is not set; as execvp(3) has it. */
const DEFAULT_PATH = "/bin:/usr/bin";

/** Directories that hold other files inside a lab than outside. */
const PRIVATE = /^\/(?:run|var\/run|proc|sys)\//;

/**
 * Whether a command can be run, before it is tried: a lab shares the files outside, so the answer is the same inside. What lies
 * in a lab's own directories counts as found; running it will tell.
 */
export function findCommand(command: string, path: string | undefined, cwd: string): "found" | "missing" | "denied" {
  const places = command.includes("/")
    ? [""]
    : (path ?? DEFAULT_PATH).split(":").map((directory) => `${directory || "."}/`);
  let denied = false;
  for (const place of places) {
    const found = look(absolute(place + command, cwd));
    if (found === "found") return "found";
    // A directory of PATH that is closed to us holds nothing, as for a shell.
    if (found === "denied" || (found === "unreachable" && place === "")) denied = true;
  }
  return denied ? "denied" : "missing";
}

/** The path of a program on PATH or in the usual directories of system programs, or null. */
export function findProgram(name: string, path: string = process.env["PATH"] ?? DEFAULT_PATH): string | null {
  const directories = [...path.split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  const candidates = directories.map((directory) => absolute(`${directory || "."}/${name}`, process.cwd()));
  return candidates.find((candidate) => lookHere(candidate) === "found") ?? null;
}

type Look = "found" | "missing" | "denied" | "unreachable";

function look(path: string): Look {
  return PRIVATE.test(path) ? "found" : lookHere(path);
}

function lookHere(path: string): Look {
  try {
    if (!statSync(path).isFile()) return "denied";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "unreachable" : "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return "found";
  } catch {
    return "denied";
  }
}

function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}
