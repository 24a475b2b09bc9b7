/**
 * A directory that is held by its descriptor, and files beneath it. Whatever is mounted, unmounted or linked where its path
 * leads meanwhile, nothing is written anywhere else: neither a symbolic link nor a mount is followed on the way (openat2(2)).
 */

import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  constants,
  writeSync,
} from "node:fs";
import {
  AT_REMOVEDIR,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  SYS_OPENAT2,
} from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { fsCall, KernelError } from "./error.ts";
import { lastErrno, libc, pointerTo } from "./libc.ts";

const RESOLVE = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** What openat2(2) is asked with: one for all calls, since thousands of settings are written this way. */
interface Request {
  /** struct open_how: flags, mode and resolve, of 64 bits each. */
  readonly how: Buffer;
  readonly path: Buffer;
  readonly at: { readonly how: number; readonly path: number };
}

const PATH_MAX = 4096;
let request: Request | undefined;

function makeRequest(): Request {
  // Memory that stays where it is: the engine moves small arrays of its own.
  const how = Buffer.from(new ArrayBuffer(24));
  const path = Buffer.from(new ArrayBuffer(PATH_MAX));
  how.writeUInt32LE(RESOLVE, 16);
  return { how, path, at: { how: Number(pointerTo(how)), path: Number(pointerTo(path)) } };
}

/** A symbolic link, a mount, a pipe or a directory where a file of ours was. */
const REPLACED: ReadonlySet<number> = new Set([ERRNO.ELOOP, ERRNO.EXDEV, ERRNO.ENXIO, ERRNO.EISDIR, ERRNO.ENOTDIR]);

export class HeldDirectory implements Disposable {
  readonly fd: number;
  /** Where it was when it was opened, and where programs look for it. */
  readonly path: string;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /** Call it before anything else can have changed what the path leads to. */
  static open(path: string): HeldDirectory {
    return new HeldDirectory(
      fsCall(`open ${path}`, () => openSync(path, O_RDONLY | O_DIRECTORY)),
      path,
    );
  }

  /** A path that leads here whatever happens to the directory's own path. Only valid in this process. */
  get anchor(): string {
    return `/proc/self/fd/${this.fd}`;
  }

  /** Does `path`, as this thread sees it, lead to this very directory? */
  isAt(path: string): boolean {
    const there = statSync(path, { bigint: true, throwIfNoEntry: false });
    const { dev, ino } = fstatSync(this.fd, { bigint: true });
    return there?.dev === dev && there.ino === ino;
  }

  /** Opens something beneath. The caller closes it. */
  openFile(name: string, flags: number, mode = 0): number {
    const operation = `open ${this.path}/${name}`;
    const { how, path, at } = (request ??= makeRequest());
    // A name that does not fit is cut off, and has its end elsewhere than it should.
    const length = path.write(`${name}\0`);
    if (path.indexOf(0) !== length - 1) throw refused(operation, ERRNO.EINVAL);
    how.writeUInt32LE(flags | O_CLOEXEC | O_NOFOLLOW, 0);
    how.writeUInt32LE(mode, 8);
    const fd = libc().syscall(SYS_OPENAT2, this.fd, at.path, at.how, how.length);
    if (fd < 0) throw refused(operation, lastErrno());
    return fd;
  }

  /** A directory beneath, made if it is missing. */
  folder(name: string, mode = 0o700): HeldDirectory {
    this.makeFolder(name, mode);
    return new HeldDirectory(this.openFile(name, O_RDONLY | O_DIRECTORY), `${this.path}/${name}`);
  }

  /** Makes a directory, and those above it; one that is there is fine. Its mode does not depend on the umask. */
  makeFolder(name: string, mode = 0o700): void {
    const parts = name.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const each = parts.slice(0, depth).join("/");
      const made = this.#inParent(
        each,
        (parent, last) =>
          libc().mkdirat(parent, last, mode) === 0 || failedUnless(`make ${this.path}/${each}`, ERRNO.EEXIST),
      );
      if (!made) continue;
      const fd = this.openFile(each, O_RDONLY | O_DIRECTORY);
      try {
        fchmodSync(fd, mode);
      } finally {
        closeSync(fd);
      }
    }
  }

  /** Replaces the content of a file; creates it if it is missing. */
  write(name: string, text: string, mode = 0o600): void {
    this.#withFile(name, O_WRONLY | O_CREAT, mode, (fd) => {
      ftruncateSync(fd);
      writeFileSync(fd, text);
    });
  }

  /** Writes in place, since the file may be bound elsewhere, and so that a reader sees the old text or the new one. */
  overwrite(name: string, text: string, mode = 0o644): void {
    this.#withFile(name, O_RDWR | O_CREAT, mode, (fd) => {
      const bytes = Buffer.from(text);
      const { size, mode: present } = fstatSync(fd);
      // The umask is the user's.
      if ((present & 0o777) !== mode && size === 0) fchmodSync(fd, mode);
      // One write that covers all of the old text; the empty lines behind the new one are cut off then.
      writeSync(fd, Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length), "\n")]), 0, null, 0);
      ftruncateSync(fd, bytes.length);
    });
  }

  append(name: string, bytes: Uint8Array, mode = 0o600): void {
    this.#withFile(name, O_WRONLY | O_APPEND | O_CREAT, mode, (fd) => writeFileSync(fd, bytes));
  }

  /** The content of a file; null if there is none. */
  read(name: string): string | null {
    try {
      return this.#withFile(name, O_RDONLY, 0, (fd) => readFileSync(fd, "utf8"));
    } catch (error) {
      if (error instanceof KernelError && error.errno === ERRNO.ENOENT) return null;
      throw error;
    }
  }

  /** Is there anything of that name, be it a link that leads nowhere? */
  has(name: string): boolean {
    try {
      closeSync(this.openFile(name, O_PATH));
      return true;
    } catch (error) {
      if (error instanceof KernelError && REPLACED.has(error.errno)) return true;
      if (error instanceof KernelError && error.errno === ERRNO.ENOENT) return false;
      throw error;
    }
  }

  /** Bytes in a file; 0 when there is none. */
  size(name: string): number {
    return this.has(name) ? this.#withFile(name, O_RDONLY, 0, (fd) => fstatSync(fd).size) : 0;
  }

  /** Nanoseconds of the epoch at which a file was written last. */
  writtenAt(name: string): bigint {
    return this.#withFile(name, O_RDONLY, 0, (fd) => fstatSync(fd, { bigint: true }).mtimeNs);
  }

  rename(from: string, to: string): void {
    this.#inParent(from, (parent, old) =>
      this.#inParent(to, (target, name) => {
        if (libc().renameat(parent, old, target, name) !== 0) throw refused(`rename ${this.path}/${from}`, lastErrno());
      }),
    );
  }

  /** Removes a file, or an empty directory. One that is missing is fine. */
  remove(name: string): void {
    this.#inParent(name, (parent, last) => {
      if (libc().unlinkat(parent, last, 0) === 0) return;
      const errno = lastErrno();
      const gone = errno === ERRNO.EISDIR && libc().unlinkat(parent, last, AT_REMOVEDIR) === 0;
      if (!gone && errno !== ERRNO.ENOENT) throw refused(`remove ${this.path}/${name}`, errno);
    });
  }

  /** Names of what is in it. */
  entries(): string[] {
    return fsCall(`read ${this.path}`, () => readdirSync(this.anchor));
  }

  /** Removes all that is in it. */
  clear(): void {
    for (const name of this.entries()) {
      fsCall(`remove ${this.path}/${name}`, () => rmSync(`${this.anchor}/${name}`, { recursive: true, force: true }));
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }

  /** Never waits for the other end of a pipe. */
  #withFile<T>(name: string, flags: number, mode: number, use: (fd: number) => T): T {
    const fd = this.openFile(name, flags | O_NONBLOCK, mode);
    try {
      if (!fstatSync(fd).isFile()) throw refused(`open ${this.path}/${name}`, ERRNO.ENXIO);
      return fsCall(`use ${this.path}/${name}`, () => use(fd));
    } finally {
      closeSync(fd);
    }
  }

  #inParent<T>(name: string, use: (parent: number, last: string) => T): T {
    const at = name.lastIndexOf("/");
    if (at < 0) return use(this.fd, name);
    const parent = this.openFile(name.slice(0, at), O_PATH | O_DIRECTORY);
    try {
      return use(parent, name.slice(at + 1));
    } finally {
      closeSync(parent);
    }
  }
}

/** False for the one errno that is fine. */
function failedUnless(operation: string, fine: number): false {
  const errno = lastErrno();
  if (errno !== fine) throw refused(operation, errno);
  return false;
}

function refused(operation: string, errno: number): KernelError {
  if (!REPLACED.has(errno)) return new KernelError(operation, errno);
  return new KernelError(operation, errno, {
    code: "kernel.replaced",
    cause: "a link, a mount or something else was put in place of netloom's file, and it is not followed",
    hint: "remove it and try again; `netloom down` works in any case",
  });
}
