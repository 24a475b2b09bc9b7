/** From what the user names on the command line, a file or a shape, to a resolved topology. */

import { closeSync, fstatSync, openSync, readSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { failure } from "../diagnostic.ts";
import { MAX_FILE_SIZE, parseTopology, tooLarge } from "./parse.ts";
import { resolveTopology } from "./resolved.ts";
import type { ResolvedTopology, ResolveOptions } from "./resolved.ts";
import { nearestShape, shapeTopology, shapeUsages } from "./shapes.ts";
import { nearest } from "./suggest.ts";

/**
 * Reads a topology file, or makes the topology of a shape (`star:5`), and resolves it. Reads synchronously.
 * @throws NetloomError of status 2: `topology.file-missing`, `topology.file` when it cannot be read, `topology.shape`, and
 * all that `parseTopology` throws.
 */
export function loadTopology(fileOrShape: string, options: ResolveOptions = {}): ResolvedTopology {
  const shape = shapeTopology(fileOrShape);
  if (shape !== null) return resolveTopology(shape, options);
  return resolveTopology(parseTopology(readBounded(fileOrShape), fileOrShape, options));
}

function readBounded(file: string): Uint8Array {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw failure("topology.file", `${file} is a directory, not a topology file`, {}, 2);
    // /dev/zero has no end.
    if (stat.isBlockDevice() || (stat.isCharacterDevice() && file !== "/dev/stdin"))
      throw failure("topology.file", `${file} is a device, not a topology file`, {}, 2);
    if (stat.size > MAX_FILE_SIZE) throw tooLarge(file);
    return readAll(fd, file, stat.isFile() ? stat.size + 1 : 65_536);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw unreadable(file, error as NodeJS.ErrnoException);
  } finally {
    closeSync(fd);
  }
}

/** Also from a pipe, whose size is not known in advance. */
function readAll(fd: number, file: string, guess: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(guess);
    const read = readSync(fd, chunk);
    if (read === 0) break;
    size += read;
    if (size > MAX_FILE_SIZE) throw tooLarge(file);
    chunks.push(chunk.subarray(0, read));
  }
  return chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks));
}

function unreadable(file: string, error: NodeJS.ErrnoException): Error {
  const cause = error.code ?? error.message;
  if (error.code !== "ENOENT") return failure("topology.file", `${file} cannot be read`, { cause }, 2);
  const near =
    nearest(basename(file), siblings(file)) ??
    siblings(file).find((name) => name.replace(/\.(ya?ml|json)$/, "") === basename(file));
  const shapes = shapeUsages.map((usage) => usage.split(",")[0]!.split(":")[0]!).join(", ");
  const shape = nearestShape(file);
  if (shape !== null)
    return failure(
      "topology.file-missing",
      `there is no file ${file}`,
      { cause, hint: `did you mean the shape ${shape}?` },
      2,
    );
  const hint =
    near === undefined || near === null
      ? `name a topology file, or a shape (${shapes}), as in star:5`
      : `did you mean ${file.slice(0, file.length - basename(file).length)}${near}?`;
  return failure("topology.file-missing", `there is no file ${file}`, { cause, hint }, 2);
}

function siblings(file: string): string[] {
  try {
    return readdirSync(dirname(file)).slice(0, 1000);
  } catch {
    return [];
  }
}
