import {
  RTM_GETQDISC,
  RTM_NEWQDISC,
  TCA_FQ_CODEL_INTERVAL,
  TCA_FQ_CODEL_LIMIT,
  TCA_FQ_CODEL_TARGET,
  TCA_HTB_INIT,
  TCA_KIND,
  TCA_NETEM_CORRUPT,
  TCA_NETEM_JITTER64,
  TCA_NETEM_LATENCY64,
  TCA_NETEM_RATE,
  TCA_NETEM_RATE64,
  TCA_NETEM_REORDER,
  TCA_OPTIONS,
  TCA_TBF_PARMS,
  TCA_TBF_RATE64,
} from "./constants.ts";
import type { Mutable } from "./attributes.ts";
import { decodeDump } from "./dump.ts";
import { Reader } from "./reader.ts";
import type { MessageHeader } from "./types.ts";
import { LITTLE_ENDIAN, type MessageWriter } from "./writer.ts";

/** Queueing disciplines, from RTM_GETQDISC; read only. linux/pkt_sched.h. */

/** struct tcmsg: family, 3 bytes pad, index, handle, parent, info. */
const TCMSG = 20;

const NAMES = ["TCA_UNSPEC", "TCA_KIND", "TCA_OPTIONS"];

/** The kernel counts times in ticks of 64 ns (PSCHED_SHIFT). */
const TICK = 64e-9;

/** A queueing discipline: struct tcmsg and TCA_* of linux/rtnetlink.h. */
export interface QdiscMessage {
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  readonly qdisc: string;
  /**
   * What people set, in units of people: `rate` bit/s, `burst` and `limit` as the discipline counts it, `delay`, `jitter`, `target`
   * and `interval` seconds, `loss`, `duplicate`, `corrupt` and `reorder` as a share of 1, `bands`, `default`.
   */
  readonly options: Readonly<Record<string, number>>;
}

/** Appends the question for all disciplines of a namespace. */
export function encodeQdiscQuestion(writer: MessageWriter, header: MessageHeader): void {
  const start = writer.beginMessage(RTM_GETQDISC, header.flags, header.sequence, header.portId);
  writer.skip(TCMSG);
  writer.endMessage(start);
}

/**
 * The disciplines in what one recvmsg returned; with `wanted` only those, judged by struct tcmsg, which starts at `offset`.
 * @throws NetlinkDecodeError
 */
export function decodeQdiscs(
  bytes: Uint8Array,
  wanted: (bytes: Uint8Array, offset: number) => boolean = () => true,
): QdiscMessage[] {
  const reader = new Reader(bytes);
  return decodeDump(reader, RTM_NEWQDISC, "queueing discipline", (start, end) =>
    wanted(bytes, start) ? decodeQdisc(reader, start, end) : null,
  );
}

function decodeQdisc(reader: Reader, start: number, end: number): QdiscMessage {
  reader.require(start, TCMSG, end, "tcmsg");
  const message: Mutable<QdiscMessage> = {
    index: reader.i32(start + 4),
    handle: reader.u32(start + 8),
    parent: reader.u32(start + 12),
    qdisc: "",
    options: {},
  };
  const cursor = reader.attributes(start + TCMSG, end, NAMES);
  let from = 0;
  let to = 0;
  while (cursor.next()) {
    if (cursor.type === TCA_KIND) message.qdisc = cursor.string();
    else if (cursor.type === TCA_OPTIONS) [from, to] = [cursor.valueStart, cursor.valueEnd];
  }
  const read = OPTIONS[message.qdisc];
  if (to > from && read !== undefined) message.options = read(reader, from, to);
  return message;
}

type Options = Record<string, number>;

/** How the options of each kind lie in TCA_OPTIONS. */
const OPTIONS: Readonly<Record<string, (reader: Reader, start: number, end: number) => Options>> = {
  tbf,
  netem,
  htb: (reader, start, end) => {
    const options: Options = {};
    // struct tc_htb_glob
    each(reader, start, end, (type, at, size) => {
      if (type === TCA_HTB_INIT && size >= 12) options["default"] = reader.u32(at + 8);
    });
    return options;
  },
  fq_codel: (reader, start, end) => {
    const options: Options = {};
    each(reader, start, end, (type, at, size) => {
      if (size < 4) return;
      if (type === TCA_FQ_CODEL_TARGET) options["target"] = reader.u32(at) / 1e6;
      if (type === TCA_FQ_CODEL_LIMIT) options["limit"] = reader.u32(at);
      if (type === TCA_FQ_CODEL_INTERVAL) options["interval"] = reader.u32(at) / 1e6;
    });
    return options;
  },
  pfifo: fifo,
  bfifo: fifo,
  prio: bands,
  pfifo_fast: bands,
};

function fifo(reader: Reader, start: number, end: number): Options {
  return end - start >= 4 ? { limit: reader.u32(start) } : {};
}

function bands(reader: Reader, start: number, end: number): Options {
  return end - start >= 4 ? { bands: reader.i32(start) } : {};
}

/** TCA_TBF_PARMS: struct tc_tbf_qopt; TCA_TBF_RATE64 where 32 bits do not hold it. */
function tbf(reader: Reader, start: number, end: number): Options {
  let rate = 0;
  let buffer = 0;
  let limit = 0;
  each(reader, start, end, (type, at, size) => {
    if (type === TCA_TBF_PARMS && size >= 36) {
      if (rate === 0) rate = reader.u32(at + 8);
      limit = reader.u32(at + 24);
      buffer = reader.u32(at + 28);
    } else if (type === TCA_TBF_RATE64 && size >= 8) rate = u64(reader, at);
  });
  return { rate: rate * 8, burst: Math.round(rate * buffer * TICK), limit };
}

/** struct tc_netem_qopt, and attributes behind it. */
function netem(reader: Reader, start: number, end: number): Options {
  if (end - start < 24) return {};
  const share = (at: number): number => reader.u32(at) / 0xffffffff;
  const options: Options = {
    delay: reader.u32(start) * TICK,
    limit: reader.u32(start + 4),
    loss: share(start + 8),
    duplicate: share(start + 16),
    jitter: reader.u32(start + 20) * TICK,
  };
  each(reader, start + 24, end, (type, at, size) => {
    if (type === TCA_NETEM_REORDER && size >= 8) options["reorder"] = share(at);
    if (type === TCA_NETEM_CORRUPT && size >= 8) options["corrupt"] = share(at);
    if (type === TCA_NETEM_RATE && size >= 16) options["rate"] ??= reader.u32(at) * 8;
    if (type === TCA_NETEM_RATE64 && size >= 8) options["rate"] = u64(reader, at) * 8;
    if (type === TCA_NETEM_LATENCY64 && size >= 8) options["delay"] = u64(reader, at) / 1e9;
    if (type === TCA_NETEM_JITTER64 && size >= 8) options["jitter"] = u64(reader, at) / 1e9;
  });
  for (const [name, value] of Object.entries(options)) if (value === 0) delete options[name];
  return options;
}

function each(
  reader: Reader,
  start: number,
  end: number,
  tell: (type: number, at: number, size: number) => void,
): void {
  const cursor = reader.attributes(start, end, []);
  while (cursor.next()) tell(cursor.type, cursor.valueStart, cursor.valueEnd - cursor.valueStart);
}

function u64(reader: Reader, at: number): number {
  return Number(reader.view.getBigUint64(at, LITTLE_ENDIAN));
}
