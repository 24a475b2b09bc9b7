import { NLA_F_NESTED } from "./constants.ts";
import { NetlinkEncodeError } from "./errors.ts";
import { encodeText, isPlain } from "./text.ts";

/** Netlink speaks the host's byte order, except where a field is marked as network order (ports, addresses). */
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
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity Bytes to start with; it doubles when full. */
  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
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
    this.#length = 0;
  }

  /** Writes a struct nlmsghdr; hand the result to `endMessage`. */
  beginMessage(type: number, flags: number, sequence: number, portId: number): number {
    const start = this.skip(MESSAGE_HEADER);
    check(type, 0, 0xffff, "nlmsg_type");
    check(flags, 0, 0xffff, "nlmsg_flags");
    this.#view.setUint16(start + 4, type, LITTLE_ENDIAN);
    this.#view.setUint16(start + 6, flags, LITTLE_ENDIAN);
    this.#view.setUint32(start + 8, sequence, LITTLE_ENDIAN);
    this.#view.setUint32(start + 12, portId, LITTLE_ENDIAN);
    return start;
  }

  /** Fills in nlmsg_len. */
  endMessage(start: number): void {
    this.#view.setUint32(start, this.#length - start, LITTLE_ENDIAN);
  }

  /** Appends zeroed bytes (for a fixed header); returns where they start. Rounded up to the alignment of 4. */
  skip(length: number): number {
    const start = this.#length;
    const end = start + ((length + 3) & ~3);
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.fill(0, start, end);
    this.#length = end;
    return start;
  }

  putU8(at: number, value: number): void {
    this.#view.setUint8(at, check(value, 0, 0xff, "an 8-bit field"));
  }

  putU16(at: number, value: number): void {
    this.#view.setUint16(at, check(value, 0, 0xffff, "a 16-bit field"), LITTLE_ENDIAN);
  }

  putU32(at: number, value: number): void {
    this.#view.setUint32(at, check(value, 0, 0xffffffff, "a 32-bit field"), LITTLE_ENDIAN);
  }

  putI32(at: number, value: number): void {
    this.#view.setInt32(at, check(value, -0x80000000, 0x7fffffff, "a signed 32-bit field"), LITTLE_ENDIAN);
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
    this.#view.setUint16(at, check(value, 0, 0xffff, "a 16-bit field"), false);
  }

  attributeU32(type: number, value: number): void {
    this.putU32(this.#attribute(type, 4), value);
  }

  attributeI32(type: number, value: number): void {
    this.putI32(this.#attribute(type, 4), value);
  }

  attributeU64(type: number, value: bigint): void {
    this.#view.setBigUint64(this.#attribute(type, 8), value, LITTLE_ENDIAN);
  }

  /** An array of 64-bit numbers, as IFLA_STATS64. */
  attributeU64Array(type: number, values: readonly bigint[]): void {
    const at = this.#attribute(type, values.length * 8);
    for (let i = 0; i < values.length; i++) this.#view.setBigUint64(at + i * 8, values[i]!, LITTLE_ENDIAN);
  }

  /** Text with its NUL. */
  attributeString(type: number, value: string): void {
    if (!isPlain(value)) {
      const text = encodeText(value);
      this.#bytes.set(text, this.#attribute(type, text.length + 1));
      return;
    }
    const at = this.#attribute(type, value.length + 1);
    for (let i = 0; i < value.length; i++) this.#bytes[at + i] = value.charCodeAt(i);
  }

  attributeBytes(type: number, value: Uint8Array): void {
    this.#bytes.set(value, this.#attribute(type, value.length));
  }

  /** Starts an attribute that holds attributes (sets NLA_F_NESTED); hand the result to `endNested`. */
  beginNested(type: number): number {
    return this.beginAttribute(type | NLA_F_NESTED);
  }

  /** Starts an attribute of any content, written with `skip`, `put…` and further attributes. */
  beginAttribute(type: number): number {
    return this.#attribute(type, 0) - 4;
  }

  /** Fills in the length of what `beginNested` or `beginAttribute` started. */
  endNested(start: number): void {
    this.#view.setUint16(start, checkLength(this.#length - start), LITTLE_ENDIAN);
  }

  /** Writes header and zeroed, padded room; returns where the value goes. */
  #attribute(type: number, length: number): number {
    checkLength(length + 4);
    const start = this.skip(length + 4);
    this.#view.setUint16(start, length + 4, LITTLE_ENDIAN);
    this.#view.setUint16(start + 2, check(type, 0, 0xffff, "an attribute's type"), LITTLE_ENDIAN);
    return start + 4;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function check(value: number, low: number, high: number, field: string): number {
  // DataView would silently wrap: mtu 2^32 would become 0.
  if (value >= low && value <= high && Number.isInteger(value)) return value;
  throw new NetlinkEncodeError(`${value} does not fit ${field} (${low} to ${high})`);
}

function checkLength(length: number): number {
  if (length <= 0xffff) return length;
  throw new NetlinkEncodeError(
    `an attribute of ${length} bytes is longer than the 65,535 that its length field can say`,
  );
}
