/** Is a TCP port reachable? A handshake, nothing more; both ends are closed with a reset. */

import { ERRNO } from "../errno.ts";
import { lastErrno, libc } from "../libc.ts";
import type { ProbeOptions, ProbeReport } from "./report.ts";
import type { PortTarget, Protocol } from "./run.ts";
import { probeAll } from "./run.ts";
import { closeHard, keepErrors, openSocket, setNumber, SOCK_FLAGS } from "./sockets.ts";
import { EPOLLOUT, IPV6_V6ONLY, SOCK_STREAM, SOL_IPV6, SOL_SOCKET, SO_REUSEADDR } from "../constants.ts";

const BACKLOG = 4096;

/** Connects to every target. With `destination` a listener runs there meanwhile, unless something is listening already. */
export function probeTcp(targets: readonly PortTarget[], options: ProbeOptions = {}): Promise<ProbeReport[]> {
  return probeAll(targets, options, TCP);
}

const TCP: Protocol = {
  // The kernel sends a lost SYN again after one second.
  defaultTimeout: 1500,
  again: [],
  events: EPOLLOUT,

  open({ namespace }, family) {
    const fd = openSocket(namespace, family, SOCK_STREAM, 0);
    keepErrors(fd, family);
    return fd;
  },

  transmit({ fd, to }) {
    if (libc().connect(fd, to, to.length) === 0) return 0;
    const errno = lastErrno();
    return errno === ERRNO.EINPROGRESS || errno === ERRNO.EINTR ? 0 : errno;
  },

  answered: () => true,

  serve({ destination }, family, address) {
    const fd = openSocket(destination!, family, SOCK_STREAM, 0);
    setNumber(fd, SOL_SOCKET, SO_REUSEADDR, 1); // over connections in TIME_WAIT; a listener still keeps its port
    if (family === 6) setNumber(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    if (libc().bind(fd, address, address.length) === 0 && libc().listen(fd, BACKLOG) === 0) return fd;
    libc().close(fd);
    return null;
  },

  attend(fd) {
    const client = libc().accept4(fd, null, null, SOCK_FLAGS);
    if (client >= 0) closeHard(client);
  },

  close: closeHard,
};
