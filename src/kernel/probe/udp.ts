/** Is a UDP port reachable? A datagram is sent; any answer counts, and "port unreachable" means that nothing listens. */

import { ERRNO } from "../errno.ts";
import { lastErrno, libc } from "../libc.ts";
import type { ProbeOptions, ProbeReport } from "./report.ts";
import type { PortTarget, Protocol } from "./run.ts";
import { probeAll } from "./run.ts";
import { keepErrors, openSocket, setNumber } from "./sockets.ts";
import { EPOLLIN, IPV6_V6ONLY, MSG_DONTWAIT, SOCK_DGRAM, SOL_IPV6 } from "../constants.ts";

const PAYLOAD = Buffer.from("netloom probe");
const buffer = Buffer.allocUnsafeSlow(2048);
const sender = Buffer.alloc(28);
const senderLength = Buffer.alloc(4);

/**
 * Sends to every target. With `destination` an echo service runs there meanwhile, unless the port is in use: a real
 * service may well not answer a datagram it does not understand, which then counts as silence.
 */
export function probeUdp(targets: readonly PortTarget[], options: ProbeOptions = {}): Promise<ProbeReport[]> {
  return probeAll(targets, options, UDP);
}

const UDP: Protocol = {
  defaultTimeout: 1000,
  again: [0.15, 0.45],
  events: EPOLLIN,

  open({ namespace }, family) {
    const fd = openSocket(namespace, family, SOCK_DGRAM, 0);
    keepErrors(fd, family);
    return fd;
  },

  transmit({ fd, to, sent, family }) {
    // Connected, so that only the destination's answers and errors come in. Needs a route, as sending would.
    const connected = sent > 1 || libc().connect(fd, to, to.length) === 0;
    if (connected && libc().send(fd, PAYLOAD, PAYLOAD.length, MSG_DONTWAIT) >= 0) return 0;
    const errno = lastErrno();
    // Full queues and a full neighbour table (EINVAL for IPv6) are temporary: the next transmission tries again.
    if (family === 6 && errno === ERRNO.EINVAL) return 0;
    return errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS || errno === ERRNO.EINTR ? 0 : errno;
  },

  answered: ({ fd }) => libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT) >= 0,

  serve({ destination }, family, address) {
    const fd = openSocket(destination!, family, SOCK_DGRAM, 0);
    if (family === 6) setNumber(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    if (libc().bind(fd, address, address.length) === 0) return fd;
    libc().close(fd);
    return null;
  },

  attend(fd) {
    senderLength.writeUInt32LE(sender.length);
    const length = libc().recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, sender, senderLength);
    if (length >= 0) libc().sendto(fd, buffer, length, MSG_DONTWAIT, sender, senderLength.readUInt32LE(0));
  },

  close: (fd) => void libc().close(fd),
};
