/**
 * The loop shared by TCP and UDP probes: one socket per probe, a bounded number at once, deadlines, room in the neighbour
 * table, and a temporary service at the destination where nothing listens yet.
 */

import { describeErrno, ERRNO } from "../errno.ts";
import { libc } from "../libc.ts";
import { parseAddress, socketAddress } from "./address.ts";
import { Poller, yieldToEventLoop } from "./poller.ts";
import type { ProbeOptions, ProbeReport, ProbeTarget } from "./report.ts";
import { describeIcmp, isPortUnreachable } from "./report.ts";
import { NeighbourRoom } from "./room.ts";
import { pendingError, readErrorQueue } from "./sockets.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN } from "../constants.ts";

const WINDOW = 128;

/** A probe of a port. With `destination` a temporary service answers there, or at `service`, if nothing listens. */
export interface PortTarget extends ProbeTarget {
  /** 1–65535 */
  readonly port: number;
  /** Where the port leads if it is translated on the way. */
  readonly service?: { readonly namespace: number; readonly address: string; readonly port: number };
}

export interface Attempt {
  readonly index: number;
  readonly fd: number;
  readonly target: PortTarget;
  readonly family: 4 | 6;
  readonly to: Buffer;
  /** performance.now() of the last transmission. */
  sentAt: number;
  /** How often it was sent. */
  sent: number;
  readonly deadline: number;
}

/** What differs between TCP and UDP. */
export interface Protocol {
  readonly defaultTimeout: number;
  /** Opens the client's socket. */
  open(target: PortTarget, family: 4 | 6): number;
  /** Sends (again). 0, or the errno of a failure that is final. */
  transmit(attempt: Attempt): number;
  /** Events to wait for on the client's socket. */
  readonly events: number;
  /** The socket is ready and has no error: true when that is the answer. */
  answered(attempt: Attempt): boolean;
  /** Milliseconds after the first transmission at which to send again. */
  readonly again: readonly number[];
  /** Binds the temporary service; its descriptor, or null when the port is taken or the address is not there. */
  serve(target: PortTarget, family: 4 | 6, address: Buffer): number | null;
  /** A client is at the service. */
  attend(fd: number): void;
  /** Closes a client's socket. */
  close(fd: number): void;
}

/** Probes every target; the reports are in the order of the targets. */
export async function probeAll(
  targets: readonly PortTarget[],
  options: ProbeOptions,
  protocol: Protocol,
): Promise<ProbeReport[]> {
  if (targets.length === 0) return [];
  using run = new PortRun(targets, options, protocol);
  return await run.finish();
}

class PortRun implements Disposable {
  readonly #targets: readonly PortTarget[];
  readonly #options: ProbeOptions;
  readonly #protocol: Protocol;
  readonly #timeout: number;
  readonly #addresses: Uint8Array[];
  readonly #reports: (ProbeReport | undefined)[];
  readonly #poller = new Poller();
  readonly #services = new Map<string, number | null>();
  readonly #serviceFds = new Set<number>();
  readonly #underWay = new Map<number, Attempt>();
  readonly #rooms = new Map<4 | 6, NeighbourRoom>();
  #next = 0;
  #done = 0;
  #full = false;

  constructor(targets: readonly PortTarget[], options: ProbeOptions, protocol: Protocol) {
    this.#targets = targets;
    this.#options = options;
    this.#protocol = protocol;
    this.#timeout = options.timeout ?? protocol.defaultTimeout;
    this.#addresses = targets.map(({ address }) => parseAddress(address));
    this.#reports = Array.from({ length: targets.length });
  }

  async finish(): Promise<ProbeReport[]> {
    let told = 0;
    // All services are started before the first probe leaves: a probe may reach another one's destination.
    this.#targets.forEach((target, i) => this.#serve(target, this.#addresses[i]!));
    while (this.#done < this.#targets.length) {
      const window = this.#options.window ?? WINDOW;
      let started = 0;
      while (!this.#full && this.#underWay.size < window && this.#next < this.#targets.length && started < 32) {
        this.#start(this.#next++);
        started++;
      }
      this.#poller.wait(started > 0 ? 0 : this.#timeout, (fd, events) => this.#ready(fd, events));
      this.#tick();
      if (started > 0 || this.#full) this.#checkRoom();
      if (this.#done > told) this.#options.onProgress?.((told = this.#done), this.#targets.length);
      await yieldToEventLoop();
      this.#options.signal?.throwIfAborted();
    }
    return this.#reports as ProbeReport[];
  }

  #serve(target: PortTarget, address: Uint8Array): void {
    const at = servicePlace(target);
    if (at === null) return;
    const key = placeOf(at);
    if (this.#services.has(key)) return;
    const bytes = target.service === undefined ? address : parseAddress(target.service.address);
    const fd = this.#protocol.serve(
      { ...target, destination: at.namespace },
      family(bytes),
      socketAddress(bytes, at.port, target.scope),
    );
    this.#services.set(key, fd);
    if (fd === null) return;
    this.#serviceFds.add(fd);
    this.#poller.add(fd, EPOLLIN, fd);
  }

  #start(index: number): void {
    const target = this.#targets[index]!;
    const address = this.#addresses[index]!;
    const fd = this.#protocol.open(target, family(address));
    const now = performance.now();
    const to = socketAddress(address, target.port, target.scope);
    const attempt: Attempt = {
      index,
      fd,
      target,
      family: family(address),
      to,
      sentAt: now,
      sent: 0,
      deadline: now + this.#timeout,
    };
    this.#underWay.set(fd, attempt);
    const room = this.#room(attempt.family, target.namespace);
    room.touch(target.namespace);
    if (target.destination !== undefined) room.touch(target.destination);
    if (this.#transmit(attempt)) this.#poller.add(fd, this.#protocol.events, fd);
  }

  /** False when that settled it. */
  #transmit(attempt: Attempt): boolean {
    attempt.sentAt = performance.now();
    attempt.sent++;
    const errno = this.#protocol.transmit(attempt);
    if (errno !== 0) this.#fail(attempt, errno);
    return errno === 0;
  }

  #ready(fd: number, events: number): void {
    if (this.#serviceFds.has(fd)) return this.#protocol.attend(fd);
    const attempt = this.#underWay.get(fd);
    if (attempt === undefined) return;
    if (events & EPOLLERR) {
      const error = pendingError(fd);
      if (error !== 0 || events & EPOLLHUP) return this.#fail(attempt, error || ERRNO.ECONNREFUSED);
      // Nothing pending, but the error queue may hold what the pending error was cleared of.
      const queued = readErrorQueue(fd);
      if (queued !== null) return this.#settle(attempt, reportOf(queued.errno, attempt.family, queued.icmp));
    }
    if (events & this.#protocol.events && this.#protocol.answered(attempt)) {
      const rtt = Math.max(1, Math.round((performance.now() - attempt.sentAt) * 1000));
      const at = servicePlace(attempt.target);
      const temporary = at !== null && typeof this.#services.get(placeOf(at)) === "number";
      this.#settle(attempt, { outcome: "reply", rtt, detail: null, ...(temporary ? { temporary } : {}) });
    }
  }

  #fail(attempt: Attempt, errno: number): void {
    let icmp = null;
    for (let queued = readErrorQueue(attempt.fd); queued !== null; queued = readErrorQueue(attempt.fd))
      icmp ??= queued.icmp;
    this.#settle(attempt, reportOf(errno, attempt.family, icmp));
  }

  #settle(attempt: Attempt, report: ProbeReport): void {
    this.#reports[attempt.index] = report;
    this.#done++;
    this.#underWay.delete(attempt.fd);
    this.#poller.remove(attempt.fd);
    this.#protocol.close(attempt.fd);
  }

  /** Sends again what is due, gives up on what is late. */
  #tick(): void {
    const now = performance.now();
    for (const attempt of this.#underWay.values()) {
      const age = now - (attempt.deadline - this.#timeout);
      const due = this.#protocol.again[attempt.sent - 1];
      if (now >= attempt.deadline) {
        const detail = `no answer from port ${attempt.target.port} in ${this.#timeout} ms`;
        this.#settle(attempt, { outcome: "silence", rtt: null, detail });
      } else if (due !== undefined && age >= due * this.#timeout) this.#transmit(attempt);
    }
  }

  #checkRoom(): void {
    this.#full = false;
    // Entries that were refused cost a retransmission here, not an answer: both protocols send again.
    for (const room of this.#rooms.values()) if (room.check(this.#underWay.size > 0) === "full") this.#full = true;
  }

  #room(family: 4 | 6, namespace: number): NeighbourRoom {
    let room = this.#rooms.get(family);
    if (room === undefined) {
      room = new NeighbourRoom(family, namespace, this.#options.transit ?? [], this.#timeout);
      this.#rooms.set(family, room);
    }
    return room;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#underWay.keys()) this.#protocol.close(fd);
    for (const fd of this.#serviceFds) libc().close(fd);
    for (const room of this.#rooms.values()) room[Symbol.dispose]();
    this.#poller[Symbol.dispose]();
  }
}

/** Where the target's service is or would be; null if no node of the lab has the address. */
function servicePlace({ service, destination, address, port }: PortTarget): NonNullable<PortTarget["service"]> | null {
  return service ?? (destination === undefined ? null : { namespace: destination, address, port });
}

const placeOf = ({ namespace, address, port }: NonNullable<PortTarget["service"]>): string =>
  `${namespace} ${address} ${port}`;

function family(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

function reportOf(
  errno: number,
  family: 4 | 6,
  icmp: { type: number; code: number; sender: string | null } | null,
): ProbeReport {
  const refused =
    icmp === null
      ? errno === ERRNO.ECONNREFUSED || errno === ERRNO.ECONNRESET
      : isPortUnreachable(family, icmp.type, icmp.code);
  const detail = icmp === null ? describeErrno(errno) : describeIcmp(family, icmp.type, icmp.code, icmp.sender);
  return { outcome: refused ? "refused" : "unreachable", rtt: null, detail };
}
