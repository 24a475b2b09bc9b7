/** Ping of many pairs at once: one raw socket per sending namespace and family. Needs CAP_NET_RAW there. */

import { randomBytes } from "node:crypto";
import { describeErrno, ERRNO } from "../errno.ts";
import { KernelError } from "../error.ts";
import { lastErrno, libc } from "../libc.ts";
import { addressIn, formatAddress, parseAddress, sameAddress, socketAddress } from "./address.ts";
import { ECHO_LENGTH, readAnswer, writeEcho } from "./packet.ts";
import { Poller, yieldToEventLoop } from "./poller.ts";
import type { ProbeOptions, ProbeReport, ProbeTarget } from "./report.ts";
import { describeIcmp, isPortUnreachable } from "./report.ts";
import { NeighbourRoom } from "./room.ts";
import { openSocket } from "./sockets.ts";
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from "../../netlink/constants.ts";
import { EPOLLERR, EPOLLIN, MSG_DONTWAIT, SOCK_RAW, SOL_RAW } from "../constants.ts";

const TIMEOUT = 1000;
const WINDOW = 4096;
/** Probes sent between two looks at what came back and at the neighbour table. */
const BURST = 32;
/** When to send again and when to give up, as parts of the timeout. A first packet lost to address resolution is normal. */
const PATIENCE = [0.15, 0.3, 0.55];
/** Times that lost neighbour entries may send a probe back to its start. */
const LIVES = 20;
const PASSING: ReadonlySet<number> = new Set([ERRNO.EAGAIN, ERRNO.ENOBUFS, ERRNO.EINTR, ERRNO.ENOMEM]);

interface Lane {
  readonly fd: number;
  readonly family: 4 | 6;
}

/** Pings every target; the reports are in the order of the targets. */
export async function pingAll(targets: readonly ProbeTarget[], options: ProbeOptions = {}): Promise<ProbeReport[]> {
  if (targets.length === 0) return [];
  using run = new EchoRun(targets, options);
  return await run.finish();
}

class EchoRun implements Disposable {
  readonly #targets: readonly ProbeTarget[];
  readonly #options: ProbeOptions;
  readonly #timeout: number;
  readonly #addresses: Uint8Array[];
  readonly #reports: (ProbeReport | undefined)[];
  readonly #nonce = randomBytes(8);
  readonly #idBase = process.pid & 0xffff;
  readonly #poller = new Poller();
  readonly #lanes: Lane[] = [];
  readonly #laneOf = new Map<string, number>();
  readonly #rooms: NeighbourRoom[] = [];
  readonly #roomOf = new Map<4 | 6, NeighbourRoom>();
  /** Targets in the order of sending; those after #fresh have not been sent yet. */
  readonly #order: Uint32Array;
  #fresh = 0;
  #again: number[] = [];
  /** Per patience step: what was sent, oldest first, as pairs of target and transmission number. */
  readonly #waiting: number[][] = PATIENCE.map(() => []);
  readonly #heads: number[] = PATIENCE.map(() => 0);
  readonly #step: Uint8Array;
  readonly #transmission: Uint32Array;
  readonly #lives: Uint8Array;
  /** When each of the last four transmissions of a target was sent. */
  readonly #sentAt: Float64Array;
  /** Targets whose last transmission the kernel refused, with the errno. */
  readonly #unsent = new Map<number, number>();
  #lastCheck = 0;
  #inFlight = 0;
  #done = 0;
  #full = false;
  readonly #packet = new Uint8Array(ECHO_LENGTH);
  readonly #received = Buffer.allocUnsafeSlow(2048);
  readonly #sender = Buffer.alloc(28);
  readonly #senderLength = Buffer.alloc(4);

  constructor(targets: readonly ProbeTarget[], options: ProbeOptions) {
    this.#targets = targets;
    this.#options = options;
    this.#timeout = options.timeout ?? TIMEOUT;
    this.#addresses = targets.map((target) => parseAddress(target.address));
    this.#reports = Array.from({ length: targets.length });
    this.#order = bothWaysTogether(targets);
    this.#step = new Uint8Array(targets.length);
    this.#lives = new Uint8Array(targets.length).fill(LIVES);
    this.#transmission = new Uint32Array(targets.length);
    this.#sentAt = new Float64Array(targets.length * 4);
  }

  async finish(): Promise<ProbeReport[]> {
    let yielded = performance.now();
    let told = 0;
    for (;;) {
      const sent = this.#sendBurst();
      const idle = sent > 0 ? 0 : Math.max(0, this.#nextDeadline() - performance.now());
      this.#poller.wait(idle, (key) => this.#drain(this.#lanes[key]!));
      if (sent > 0 || this.#full || this.#dueCheck()) this.#checkRoom();
      this.#expire();
      if (this.#done > told) this.#options.onProgress?.((told = this.#done), this.#targets.length);
      if (this.#done === this.#targets.length) return this.#reports as ProbeReport[];
      if (sent === 0 || performance.now() - yielded > 5) {
        await yieldToEventLoop();
        this.#options.signal?.throwIfAborted();
        yielded = performance.now();
      }
    }
  }

  #sendBurst(): number {
    let sent = 0;
    for (; sent < BURST; sent++) {
      const again = this.#again.pop();
      if (again !== undefined) {
        if (this.#reports[again] === undefined) this.#send(again);
        continue;
      }
      const mayStart = !this.#full && this.#inFlight < (this.#options.window ?? WINDOW);
      if (!mayStart || this.#fresh === this.#order.length) break;
      this.#inFlight++;
      this.#send(this.#order[this.#fresh++]!);
    }
    return sent;
  }

  #send(i: number): void {
    const target = this.#targets[i]!;
    const address = this.#addresses[i]!;
    const family = address.length === 4 ? 4 : 6;
    const lane = this.#lane(target.namespace, family);
    const room = this.#room(family);
    room.touch(target.namespace);
    if (target.destination !== undefined) room.touch(target.destination);
    const transmission = ++this.#transmission[i]!;
    writeEcho(this.#packet, family, (this.#idBase + (i >>> 16)) & 0xffff, i & 0xffff, this.#nonce, transmission & 0xff);
    const to = socketAddress(address, 0, target.scope);
    const step = this.#step[i]!;
    this.#waiting[step]!.push(i, transmission);
    this.#sentAt[i * 4 + (transmission & 3)] = performance.now();
    if (libc().sendto(lane.fd, this.#packet, ECHO_LENGTH, MSG_DONTWAIT, to, to.length) >= 0) {
      this.#unsent.delete(i);
      // Within one machine the answer is mostly there before sendto() returns; reading it now gives its true time.
      this.#receive(lane);
      return;
    }
    const errno = lastErrno();
    // Full queues and a full neighbour table (EINVAL for IPv6) are temporary: this step's deadline sends it again.
    const passing = family === 6 && errno === ERRNO.EINVAL;
    if (passing || PASSING.has(errno)) return void this.#unsent.set(i, errno);
    this.#settle(i, { outcome: "unreachable", rtt: null, detail: describeErrno(errno) });
  }

  #drain(lane: Lane): void {
    while (this.#receive(lane));
  }

  /** Reads one packet; false when there is none. */
  #receive(lane: Lane): boolean {
    this.#senderLength.writeUInt32LE(this.#sender.length);
    const length = libc().recvfrom(
      lane.fd,
      this.#received,
      this.#received.length,
      MSG_DONTWAIT,
      this.#sender,
      this.#senderLength,
    );
    if (length < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return false;
      if (errno === ERRNO.EINTR) return true;
      // A pending error of the socket, which reading has cleared; what it is about is known from its packet, if at all.
      return errno !== 9;
    }
    const now = performance.now();
    const answer = readAnswer(this.#received.subarray(0, length), lane.family, this.#nonce);
    if (answer === null) return true;
    const i = (((answer.id - this.#idBase) & 0xffff) << 16) | answer.sequence;
    const address = this.#addresses[i];
    const sender = addressIn(this.#sender);
    if (address === undefined || sender === null || this.#reports[i] !== undefined || this.#transmission[i] === 0)
      return true;
    if (answer.kind === "reply") {
      if (!sameAddress(sender, address)) return true;
      const rtt = now - this.#sentAt[i * 4 + (answer.attempt! & 3)]!;
      this.#settle(i, { outcome: "reply", rtt: Math.max(1, Math.round(rtt * 1000)), detail: null });
    } else if (sameAddress(answer.destination!, address)) {
      const detail = describeIcmp(lane.family, answer.type, answer.code, formatAddress(sender));
      const refused = isPortUnreachable(lane.family, answer.type, answer.code);
      this.#settle(i, { outcome: refused ? "refused" : "unreachable", rtt: null, detail });
    }
    return true;
  }

  #settle(i: number, report: ProbeReport): void {
    this.#reports[i] = report;
    this.#inFlight--;
    this.#done++;
  }

  /** Sends again, or gives up on, what has waited long enough. */
  #expire(): void {
    const now = performance.now();
    PATIENCE.forEach((part, step) => {
      const queue = this.#waiting[step]!;
      let head = this.#heads[step]!;
      for (; head < queue.length; head += 2) {
        const i = queue[head]!;
        const transmission = queue[head + 1]!;
        if (this.#reports[i] !== undefined || this.#transmission[i] !== transmission) continue;
        if (now < this.#sentAt[i * 4 + (transmission & 3)]! + part * this.#timeout) break;
        if (step + 1 < PATIENCE.length) {
          this.#step[i] = step + 1;
          this.#again.push(i);
        } else this.#giveUp(i);
      }
      this.#heads[step] = head;
      if (head > 4096 && head * 2 > queue.length) {
        queue.splice(0, head);
        this.#heads[step] = 0;
      }
    });
  }

  #giveUp(i: number): void {
    const errno = this.#unsent.get(i);
    const full = this.#lives[i] === 0;
    if (errno !== undefined && !full)
      return this.#settle(i, { outcome: "unreachable", rtt: null, detail: describeErrno(errno) });
    const detail = full
      ? "the machine's neighbour table is full (net.ipv4.neigh.default.gc_thresh3)"
      : `no answer to ${PATIENCE.length} echo requests in ${this.#timeout} ms`;
    this.#settle(i, { outcome: "silence", rtt: null, detail });
  }

  #nextDeadline(): number {
    let next = Infinity;
    PATIENCE.forEach((part, step) => {
      const head = this.#heads[step]!;
      const queue = this.#waiting[step]!;
      if (head >= queue.length) return;
      next = Math.min(next, this.#sentAt[queue[head]! * 4 + (queue[head + 1]! & 3)]! + part * this.#timeout);
    });
    return next;
  }

  #dueCheck(): boolean {
    return performance.now() - this.#lastCheck > 0.1 * this.#timeout;
  }

  #checkRoom(): void {
    this.#full = false;
    const since = this.#lastCheck;
    this.#lastCheck = performance.now();
    for (const room of this.#rooms) {
      const state = room.check(this.#inFlight > 0);
      if (state === "full") this.#full = true;
      if (state === "refused") this.#startOver(since);
    }
  }

  /** Entries were refused: what was sent since `time` and is unanswered may never have left. It gets all its tries back. */
  #startOver(time: number): void {
    this.#waiting.forEach((queue, step) => {
      for (let at = this.#heads[step]!; at < queue.length; at += 2) {
        const i = queue[at]!;
        const stale = this.#reports[i] !== undefined || this.#transmission[i] !== queue[at + 1];
        if (stale || this.#lives[i] === 0 || this.#sentAt[i * 4 + (queue[at + 1]! & 3)]! < time) continue;
        this.#lives[i]!--;
        this.#step[i] = 0;
        this.#again.push(i);
      }
    });
  }

  #lane(namespace: number, family: 4 | 6): Lane {
    const name = `${namespace}/${family}`;
    let key = this.#laneOf.get(name);
    if (key === undefined) {
      const fd = openSocket(namespace, family, SOCK_RAW, family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
      key = this.#lanes.push({ fd, family }) - 1;
      this.#laneOf.set(name, key);
      acceptAnswersOnly(fd, family);
      this.#poller.add(fd, EPOLLIN | EPOLLERR, key);
    }
    return this.#lanes[key]!;
  }

  #room(family: 4 | 6): NeighbourRoom {
    let room = this.#roomOf.get(family);
    if (room === undefined) {
      // The last target's: the first is often the machine with the bridges, where reading costs a message a link.
      const statistics = this.#targets.at(-1)!.namespace;
      room = new NeighbourRoom(family, statistics, this.#options.transit ?? [], this.#timeout);
      this.#roomOf.set(family, room);
      this.#rooms.push(room);
    }
    return room;
  }

  [Symbol.dispose](): void {
    for (const lane of this.#lanes) libc().close(lane.fd);
    for (const room of this.#rooms) room[Symbol.dispose]();
    this.#poller[Symbol.dispose]();
  }
}

/** Has the kernel throw away what is neither an echo reply nor an error: the echo requests of all the others. */
function acceptAnswersOnly(fd: number, family: 4 | 6): void {
  const types = family === 4 ? [0, 3, 11, 12] : [1, 2, 3, 4, 129];
  const filter = Buffer.alloc(family === 4 ? 4 : 32, 0xff); // a set bit blocks the type
  for (const type of types) filter[type >> 3]! &= ~(1 << (type & 7));
  const level = family === 4 ? SOL_RAW : IPPROTO_ICMPV6;
  if (libc().setsockopt(fd, level, 1, filter, filter.length) !== 0)
    throw new KernelError("filter ICMP messages", lastErrno());
}

/** Targets reordered so that a → b and b → a, which need the same two neighbour entries, follow one another. */
function bothWaysTogether(targets: readonly ProbeTarget[]): Uint32Array {
  const groups = new Map<string | number, number[]>();
  targets.forEach(({ namespace, destination }, i) => {
    const key =
      destination === undefined ? i : `${Math.min(namespace, destination)}-${Math.max(namespace, destination)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  });
  return Uint32Array.from([...groups.values()].flat());
}
