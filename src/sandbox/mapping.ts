import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { findProgram } from "./command.ts";

/**
 * How ids outside become ids inside. `identity`: every id is itself (we are root). `range`: root inside is the user,
 * and 1… are the user's range of /etc/subuid. `single`: root inside is the user, and there is nobody else.
 */
export type MappingKind = "identity" | "range" | "single";

export interface SubordinateRange {
  readonly start: number;
  readonly count: number;
}

const run = promisify(execFile);

/**
 * First range of a user in the text of /etc/subuid or /etc/subgid, lines `USER-OR-UID:START:COUNT`; subuid(5).
 * Null when there is none.
 */
export function subordinateRange(
  text: string,
  user: { readonly name: string; readonly uid: number },
): SubordinateRange | null {
  for (const line of text.split("\n")) {
    const [owner, start, count] = line.trim().split(":");
    if (owner !== user.name && owner !== String(user.uid)) continue;
    const range = { start: Number(start), count: Number(count) };
    if (Number.isInteger(range.start) && Number.isInteger(range.count) && range.count > 0) return range;
  }
  return null;
}

/** The map that leaves every id as it is, from our own map: inside a container not every id exists; user_namespaces(7). */
export function identityMap(own: string): string {
  const lines = own
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 3);
  return lines.map(([inside, , count]) => `${inside} ${inside} ${count}\n`).join("");
}

/** This user's ranges for {@link MappingKind} `range`; null unless both files and both programs are there. */
export function subordinateRanges(): {
  uid: SubordinateRange;
  gid: SubordinateRange;
  programs: [string, string];
} | null {
  const user = currentUser();
  const uid = subordinateRange(textOf("/etc/subuid"), user);
  const gid = subordinateRange(textOf("/etc/subgid"), user);
  if (uid === null || gid === null) return null;
  const programs = [findProgram("newuidmap"), findProgram("newgidmap")];
  return programs[0] && programs[1] ? { uid, gid, programs: [programs[0], programs[1]] } : null;
}

/** Writes the id maps of the process' new user namespace: the widest that this user is allowed. */
export async function mapIds(pid: number): Promise<MappingKind> {
  const uid = process.geteuid!();
  const gid = process.getegid!();
  if (uid === 0) {
    try {
      writeFileSync(`/proc/${pid}/uid_map`, identityMap(readFileSync("/proc/self/uid_map", "latin1")));
      writeFileSync(`/proc/${pid}/gid_map`, identityMap(readFileSync("/proc/self/gid_map", "latin1")));
      return "identity";
    } catch {
      // root without CAP_SETUID or CAP_SETGID, as in some containers
    }
  }
  const ranges = subordinateRanges();
  if (ranges !== null) {
    const map = (program: string, id: number, range: SubordinateRange) =>
      run(program, [pid, 0, id, 1, 1, range.start, range.count].map(String));
    const done = await Promise.allSettled([
      map(ranges.programs[0], uid, ranges.uid),
      map(ranges.programs[1], gid, ranges.gid),
    ]);
    if (done.every((one) => one.status === "fulfilled")) return "range";
  }
  writeUnlessWritten(`/proc/${pid}/uid_map`, `0 ${uid} 1\n`);
  // Without privileges a gid map may only be written once setgroups(2) is given up; user_namespaces(7).
  if (textOf(`/proc/${pid}/gid_map`).trim() === "") {
    writeFileSync(`/proc/${pid}/setgroups`, "deny");
    writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1\n`);
  }
  return "single";
}

/** A map can be written once; one of the two helpers may have done its half before the other one failed. */
function writeUnlessWritten(path: string, map: string): void {
  if (textOf(path).trim() === "") writeFileSync(path, map);
}

function currentUser(): { name: string; uid: number } {
  const uid = process.geteuid!();
  try {
    return { name: userInfo().username, uid };
  } catch {
    return { name: String(uid), uid }; // no entry in /etc/passwd
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
