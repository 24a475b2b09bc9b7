/** The sockets of another process: in which network namespace each of them is. */

import { libc } from "./libc.ts";
import { SIOCGSKNS, SYS_PIDFD_GETFD, SYS_PIDFD_OPEN } from "./constants.ts";

/** Closed by `using`. */
export class OtherProcess implements Disposable {
  readonly #pidfd: number;

  private constructor(pidfd: number) {
    this.#pidfd = pidfd;
  }

  /** Null when it is gone. */
  static open(pid: number): OtherProcess | null {
    const pidfd = libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0);
    return pidfd < 0 ? null : new OtherProcess(pidfd);
  }

  /**
   * A descriptor of the namespace, closed on exec; null if it is not a socket, or if we may not ask. For that moment
   * there is a copy of the socket's descriptor: its owner only notices if it closes the socket just then.
   */
  namespaceOfSocket(fd: number): number | null {
    const copy = libc().syscall(SYS_PIDFD_GETFD, this.#pidfd, fd, 0);
    if (copy < 0) return null;
    const namespace = libc().ioctl(copy, SIOCGSKNS, 0);
    libc().close(copy);
    return namespace < 0 ? null : namespace;
  }

  [Symbol.dispose](): void {
    libc().close(this.#pidfd);
  }
}
