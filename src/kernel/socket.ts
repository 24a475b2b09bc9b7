/** Netlink sockets: one belongs to the namespace it was opened in, wherever the thread goes later. */

import type { Decoded, DecodeOptions, RouteNetlinkMessage } from "../netlink/index.ts";
import {
  AF_NETLINK,
  decodeMessages,
  decodeObjects,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  SOL_NETLINK,
} from "../netlink/index.ts";
import type { EncodedBatch } from "./batch.ts";
import { Batch } from "./batch.ts";
import { admit } from "./gate.ts";
import { ERRNO } from "./errno.ts";
import type { NetlinkFailure } from "./error.ts";
import { KernelError, NetlinkError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import { within } from "./namespace.ts";
import { collectAnswers, failureOf, readDump } from "./answers.ts";
import { receiveNow } from "./receive.ts";
import {
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
} from "./constants.ts";

/** struct sockaddr_nl with port id 0: the kernel picks one. */
const ANY_ADDRESS = Uint8Array.of(AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const BUFFER_BYTES = 4 << 20;
/** What one error answer takes of the receive buffer, generously: its skb is charged in full. */
const ANSWER_CHARGE = 2048;
const DUMP_ATTEMPTS = 10;

export interface NetlinkSocketOptions {
  /** Descriptor of the namespace; default: the one that the thread is in. */
  readonly namespace?: number;
  /** Its name, for errors. */
  readonly name?: string;
  /** NETLINK_*; default NETLINK_ROUTE. */
  readonly protocol?: number;
  /** Multicast groups to join (RTNLGRP_* numbers). */
  readonly groups?: readonly number[];
  /**
   * For questions only: the kernel goes on with a dump when there is room, so that buffers do as they are, and refuses
   * none for a reason that errno does not give.
   */
  readonly asks?: boolean;
}

export interface DumpOptions {
  /** What it is for, in errors: `read links`. */
  readonly operation?: string | (() => string);
  /** What to leave out, for speed. */
  readonly decode?: DecodeOptions;
}

/** What a recorder receives for every send. `bytes` is a view: copy it. */
export interface SendEvent {
  /** As given to `open`; −1 for the thread's own namespace. */
  readonly namespace: number;
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

let recorder: ((event: SendEvent) => void) | undefined;

/** Has everything that netlink sockets send reported, for a benchmark that replays it; undefined ends it. */
export function setRecorder(record: ((event: SendEvent) => void) | undefined): void {
  recorder = record;
}

/** A netlink socket. Synchronous; closed by `using` or `Symbol.dispose`. */
export class NetlinkSocket implements Disposable {
  readonly fd: number;
  readonly namespace: number;
  readonly protocol: number;
  readonly name: string | undefined;
  /** Bounds of one send: of its bytes, and of its messages so that the answers fit if every one of them fails. */
  readonly #maxBytes: number;
  readonly #maxMessages: number;
  #closed = false;

  private constructor(fd: number, options: NetlinkSocketOptions, sendBuffer: number, receiveBuffer: number) {
    this.fd = fd;
    this.namespace = options.namespace ?? -1;
    this.protocol = options.protocol ?? NETLINK_ROUTE;
    this.name = options.name;
    this.#maxBytes = Math.max(4096, sendBuffer - 1024); // the kernel keeps 32 of them
    this.#maxMessages = Math.max(16, Math.floor(receiveBuffer / ANSWER_CHARGE));
  }

  /** How many bytes one send can have. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  static open(options: NetlinkSocketOptions = {}): NetlinkSocket {
    const make = (): number => libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, options.protocol ?? NETLINK_ROUTE);
    const fd = options.namespace === undefined ? make() : within(options.namespace, make);
    if (fd < 0) throw new KernelError("open a netlink socket", lastErrno(), { namespace: options.name });
    try {
      if (options.asks !== true) {
        setOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
        // Errors need not bring the request back: the sender still has it.
        setOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
      }
      if ((options.protocol ?? NETLINK_ROUTE) === NETLINK_ROUTE) setOption(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      // Without its own port id a socket counts as the sender of every notification, and receives none.
      if (options.groups?.length && libc().bind(fd, ANY_ADDRESS, 12) !== 0)
        throw new KernelError("bind a netlink socket", lastErrno());
      for (const group of options.groups ?? []) {
        if (!setOption(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) {
          throw new KernelError(`join netlink group ${group}`, lastErrno(), { namespace: options.name });
        }
      }
      if (options.asks === true) return new NetlinkSocket(fd, options, 0, 0);
      return new NetlinkSocket(
        fd,
        options,
        enlarge(fd, SO_SNDBUF, SO_SNDBUFFORCE),
        enlarge(fd, SO_RCVBUF, SO_RCVBUFFORCE),
      );
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /**
   * Sends all requests, in one send each as large as the socket's buffers allow, and reads their answers. A request that
   * fails does not stop those behind it. Returns what was refused, in the order of the batch; [] when all is well.
   */
  transact(batch: EncodedBatch): readonly NetlinkFailure[] {
    const failures: NetlinkFailure[] = [];
    let from = 0;
    let limit = this.#maxMessages;
    const { bytes, starts } = batch;
    const admitted = admit(starts.length);
    while (from < admitted) {
      const end = this.#fit(batch, from, Math.min(limit, admitted - from));
      const last = starts[end - 1]!;
      // Only the last is acknowledged; the kernel answers in order, so its answer means that all are done.
      bytes[last + 6]! |= NLM_F_ACK;
      const errno = this.#send(bytes.subarray(starts[from], starts[end] ?? bytes.length));
      if (errno === 0) {
        collectAnswers(this, batch, from, end, failures);
        from = end;
      } else if ((errno === ERRNO.EMSGSIZE || errno === ERRNO.ENOBUFS) && end - from > 1) {
        bytes[last + 6]! &= ~NLM_F_ACK;
        limit = (end - from) >> 1;
      } else {
        failures.push(failureOf(batch, from, { kind: "ack", errno, requestType: 0 }));
        from = end;
      }
    }
    if (admitted < starts.length)
      failures.push(failureOf(batch, admitted, { kind: "ack", errno: ERRNO.EIO, requestType: 0 }));
    return failures;
  }

  /** Sends one request and returns its answers. Throws NetlinkError when it is refused. */
  request(
    message: RouteNetlinkMessage,
    flags = 0,
    operation: string | (() => string) = () => nameOf(message),
  ): Decoded[] {
    const batch = new Batch();
    batch.add(message, flags | NLM_F_ACK, operation);
    const answers: Decoded[] = [];
    const failures: NetlinkFailure[] = [];
    const errno = this.#send(batch.bytes);
    if (errno !== 0) throw new KernelError(batch.operation(0), errno, { namespace: this.name });
    collectAnswers(this, batch, 0, 1, failures, answers);
    if (failures.length > 0) throw new NetlinkError(failures[0]!, { namespace: this.name });
    return answers;
  }

  /**
   * Asks several questions, each for one object, in one send and returns the answers to those that have one: the kernel's
   * refusals (no such object, no such family) are left out.
   */
  ask(questions: EncodedBatch): Decoded[] {
    const answers: Decoded[] = [];
    const errno = this.#send(questions.bytes);
    if (errno !== 0) throw new KernelError(questions.operation(0), errno, { namespace: this.name });
    collectAnswers(this, questions, 0, questions.starts.length, [], answers);
    return answers;
  }

  /**
   * Asks for every object of a kind (NLM_F_DUMP). Starts again when it changed meanwhile, up to a bound. A question that
   * is put to many sockets can be encoded once, by `dumpRequest`. Behind it the batch may ask for single objects: they
   * are in the result, too, but for those that the kernel refused.
   */
  dump(question: RouteNetlinkMessage | EncodedBatch, options: DumpOptions = {}): RouteNetlinkMessage[] {
    const batch = "kind" in question ? dumpRequest(question, options.operation) : question;
    const datagrams = this.dumpDatagrams(batch);
    return datagrams.flatMap((datagram) => decodeObjects(datagram, options.decode));
  }

  /**
   * The messages of a dump as they came, in pieces of any number of them, for types that netlink/ has no decoder for. The end
   * of the dump may be missing.
   */
  dumpDatagrams(batch: EncodedBatch): Uint8Array[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const errno = this.#send(batch.bytes);
      if (errno !== 0) throw new KernelError(batch.operation(0), errno, { namespace: this.name });
      const datagrams = readDump(this, batch);
      if (datagrams !== null) return datagrams;
    }
    throw new KernelError(batch.operation(0), ERRNO.EINTR, {
      namespace: this.name,
      code: "kernel.netlink",
      cause: `it changed while being read, ${DUMP_ATTEMPTS} times`,
    });
  }

  /** Notifications that have arrived, for sockets with groups; never waits. `lost`: some were dropped. */
  readNotifications(): { messages: Decoded[]; lost: boolean } {
    const messages: Decoded[] = [];
    let lost = false;
    for (;;) {
      const received = receiveNow(this.fd);
      if (received.kind === "empty") return { messages, lost };
      if (received.kind === "datagram")
        messages.push(...decodeMessages(Uint8Array.prototype.slice.call(received.bytes)));
      else lost = true;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().close(this.fd);
  }

  #fit(batch: EncodedBatch, from: number, limit: number): number {
    const { starts, bytes } = batch;
    let end = from + 1;
    while (
      end < starts.length &&
      end - from < limit &&
      (starts[end + 1] ?? bytes.length) - starts[from]! <= this.#maxBytes
    )
      end++;
    return end;
  }

  /** Sends bytes as they are and reads no answer; 0 or the errno. */
  send(bytes: Uint8Array): number {
    return this.#send(bytes);
  }

  /** 0 or the errno. The kernel processes rtnetlink requests inside this call. */
  #send(bytes: Uint8Array): number {
    recorder?.({ namespace: this.namespace, protocol: this.protocol, bytes });
    for (;;) {
      if (libc().send(this.fd, bytes, bytes.length, 0) >= 0) return 0;
      const errno = lastErrno();
      if (errno !== ERRNO.EINTR) return errno;
    }
  }
}

/** The request for a dump, encoded. */
export function dumpRequest(message: RouteNetlinkMessage, operation?: DumpOptions["operation"]): Batch {
  const batch = new Batch();
  batch.add(message, NLM_F_DUMP, operation ?? (() => nameOf(message)));
  return batch;
}

function nameOf(message: RouteNetlinkMessage): string {
  const verb = message.command === "get" ? "read" : message.command === "new" ? "create" : message.command;
  return `${verb} ${message.kind}`;
}

const value = Buffer.alloc(4);
const size = Buffer.from([4, 0, 0, 0]);

function setOption(fd: number, level: number, option: number, number: number): boolean {
  value.writeInt32LE(number);
  return libc().setsockopt(fd, level, option, value, 4) === 0;
}

// The *FORCE options need CAP_NET_ADMIN in the first user namespace: tried once, not for each of 1,000 sockets.
let mayForce = true;

function enlarge(fd: number, option: number, forced: number): number {
  if (mayForce) mayForce = setOption(fd, SOL_SOCKET, forced, BUFFER_BYTES);
  if (!mayForce) setOption(fd, SOL_SOCKET, option, BUFFER_BYTES);
  size.writeUInt32LE(4);
  return libc().getsockopt(fd, SOL_SOCKET, option, value, size) === 0 ? value.readInt32LE(0) : 0;
}
