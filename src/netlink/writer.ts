import { NLA_F_NESTED } from "./constants.ts";
import { NetlinkEncodeError } from "./errors.ts";
import { encodeText, isPlain } from "./text.ts";

/** Netlink uses the host's byte order, except where a field is marked as network order (ports, addresses). */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const MESSAGE_HEADER = 16;

/**
 * A growing buffer that messages are written into, one after the other, ready for one sendmsg. Meant to be reused: `reset`
 * keeps the memory. Nothing is allocated per message or attribute. After a NetlinkEncodeError, `reset` before going on.
 *
 * ```ts
 * const start = writer.beginMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0);
 * writer.skip(16);                       // struct ifinfomsg, all zero
 * writer.attributeU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
 * writer.endMessage(start);
 * ```
 */
export class MessageWriter {
  // Everything in a netlink message is aligned to its size, so that typed arrays over one buffer write host order at once;
  // DataView calls cost several times as much before they are compiled. Behind #length all bytes are zero: padding needs no
  // write.
  #bytes: Uint8Array;
  #halves: Uint16Array;
  #words: Uint32Array;
  #length = 0;

  /** @param capacity Bytes to start with; it doubles when full. */
  constructor(capacity = 4096) {
    const buffer = new ArrayBuffer(Math.max(64, (capacity + 7) & ~7));
    this.#bytes = new Uint8Array(buffer);
    this.#halves = new Uint16Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as a view: valid until the next write or `reset`. Copy it (`.slice()`) to keep it. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
  }

  /** Writes a struct nlmsghdr; hand the result to `endMessage`. */
  beginMessage(type: number, flags: number, sequence: number, portId: number): number {
    const start = this.skip(MESSAGE_HEADER);
    this.putU16(start + 4, type);
    this.putU16(start + 6, flags);
    this.putU32(start + 8, sequence);
    this.putU32(start + 12, portId);
    return start;
  }

  /** Fills in nlmsg_len. */
  endMessage(start: number): void {
    this.#words[start >> 2] = this.#length - start;
  }

  /** Appends zeroed bytes (for a fixed header), rounded up to a multiple of 4; returns where they start. */
  skip(length: number): number {
    const start = this.#length;
    const end = start + ((length + 3) & ~3);
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return start;
  }

  /** Sets a field of what `skip` appended. `at` counts from the writer's start and is a multiple of the field's size. */
  putU8(at: number, value: number): void {
    if ((value & 0xff) !== value) refuse(value, "8 bits");
    this.#bytes[at] = value;
  }

  putU16(at: number, value: number): void {
    if ((value & 0xffff) !== value) refuse(value, "16 bits");
    this.#halves[at >> 1] = value;
  }

  putU32(at: number, value: number): void {
    if (value >>> 0 !== value) refuse(value, "32 bits");
    this.#words[at >> 2] = value;
  }

  putI32(at: number, value: number): void {
    if ((value | 0) !== value) refuse(value, "32 bits with sign");
    this.#words[at >> 2] = value;
  }

  putBytes(at: number, value: Uint8Array): void {
    this.#bytes.set(value, at);
  }

  attributeU8(type: number, value: number): void {
    this.putU8(this.#attribute(type, 1), value);
  }

  attributeU16(type: number, value: number): void {
    this.putU16(this.#attribute(type, 2), value);
  }

  /** A 16-bit number in network order: a port. */
  attributeU16BE(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    if ((value & 0xffff) !== value) refuse(value, "16 bits");
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value & 0xff;
  }

  attributeU32(type: number, value: number): void {
    this.putU32(this.#attribute(type, 4), value);
  }

  /** A 32-bit number in network order. */
  attributeU32BE(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    if (value >>> 0 !== value) refuse(value, "32 bits");
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = (value >>> 16) & 0xff;
    bytes[at + 2] = (value >>> 8) & 0xff;
    bytes[at + 3] = value & 0xff;
  }

  attributeI32(type: number, value: number): void {
    this.putI32(this.#attribute(type, 4), value);
  }

  attributeU64(type: number, value: bigint): void {
    this.attributeU64Array(type, [value]);
  }

  /** An array of 64-bit numbers, as IFLA_STATS64. */
  attributeU64Array(type: number, values: readonly bigint[]): void {
    const at = this.#attribute(type, values.length * 8);
    // Attributes are aligned to 4 only: too little for a BigUint64Array.
    const view = new DataView(this.#bytes.buffer, at);
    for (const [index, value] of values.entries()) {
      if (BigInt.asUintN(64, value) !== value) refuse(value, "64 bits");
      view.setBigUint64(index * 8, value, LITTLE_ENDIAN);
    }
  }

  /** Text with its NUL. */
  attributeString(type: number, value: string): void {
    if (!isPlain(value)) {
      const text = encodeText(value);
      const at = this.#attribute(type, text.length + 1);
      this.#bytes.set(text, at);
      return;
    }
    const at = this.#attribute(type, value.length + 1);
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
  }

  attributeBytes(type: number, value: Uint8Array): void {
    // Two steps: making room may replace the buffer.
    const at = this.#attribute(type, value.length);
    this.#bytes.set(value, at);
  }

  /** Starts an attribute that holds attributes (sets NLA_F_NESTED); hand the result to `endNested`. */
  beginNested(type: number): number {
    return this.#attribute(type | NLA_F_NESTED, 0) - 4;
  }

  /** Starts an attribute of any content, written with `skip`, `put…` and further attributes. */
  beginAttribute(type: number): number {
    return this.#attribute(type, 0) - 4;
  }

  /** Fills in the length of what `beginNested` or `beginAttribute` started. */
  endNested(start: number): void {
    const length = this.#length - start;
    if (length > 0xffff) tooLong(length);
    this.#halves[start >> 1] = length;
  }

  /** Writes the header and makes room for the value, padded; returns where the value goes. */
  #attribute(type: number, length: number): number {
    if (length > 0xffff - 4) tooLong(length + 4);
    if ((type & 0xffff) !== type) refuse(type, "16 bits");
    const start = this.#length;
    const end = start + ((length + 7) & ~3);
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    this.#halves[start >> 1] = length + 4;
    this.#halves[(start >> 1) + 1] = type;
    return start + 4;
  }

  #grow(needed: number): void {
    let size = this.#bytes.length * 2;
    while (size < needed) size *= 2;
    const buffer = new ArrayBuffer(size);
    const larger = new Uint8Array(buffer);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#halves = new Uint16Array(buffer);
    this.#words = new Uint32Array(buffer);
  }
}

/** A typed array would silently wrap: mtu 2^32 would become 0. */
function refuse(value: number | bigint, field: string): never {
  throw new NetlinkEncodeError(`${value} does not fit the field's ${field}`);
}

function tooLong(length: number): never {
  throw new NetlinkEncodeError(
    `an attribute of ${length} bytes is longer than the 65,535 that its length field can say`,
  );
}
