import { NLA_TYPE_MASK } from "./constants.ts";
import { NetlinkDecodeError } from "./errors.ts";
import { decodeText } from "./text.ts";
import type { RawAttribute } from "./types.ts";
import { LITTLE_ENDIAN } from "./writer.ts";

/** What a decoder may leave out, for dumps of thousands of messages of which few attributes matter. */
export interface DecodeOptions {
  /** Keep attributes without a field of their own in `unknown` (default true). Without them a message cannot be sent back whole. */
  readonly unknown?: boolean;
  /** Decode IFLA_STATS64 (default true). */
  readonly stats?: boolean;
  /** Decode what only a copy of a link needs (default true): the settings in IFLA_AF_SPEC, queues, broadcast address. */
  readonly settings?: boolean;
  /**
   * Which messages to decode at all, judged by the fixed header that starts at `offset` (default: all). Control messages
   * (acknowledgements, the end of a dump) are always decoded.
   */
  readonly wanted?: (bytes: Uint8Array, offset: number) => boolean;
}

/**
 * Bytes that cannot be read outside of their bounds. Values are views of the buffer, not copies: a caller who reuses its
 * receive buffer hands in a copy.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly keepUnknown: boolean;
  readonly keepStats: boolean;
  readonly keepSettings: boolean;

  constructor(bytes: Uint8Array, options: DecodeOptions = {}) {
    // A Node Buffer would make every view a Buffer; callers get plain Uint8Arrays.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.keepUnknown = options.unknown ?? true;
    this.keepStats = options.stats ?? true;
    this.keepSettings = options.settings ?? true;
  }

  /** Throws unless `length` bytes from `start` lie before `end` and in the buffer. */
  require(start: number, length: number, end: number, reading: string): void {
    if (start + length > end || end > this.bytes.length) {
      const there = Math.max(0, Math.min(end, this.bytes.length) - start);
      throw new NetlinkDecodeError(reading, start, `needs ${length} bytes and there are ${there}`);
    }
  }

  u8(at: number): number {
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    return this.view.getUint16(at, LITTLE_ENDIAN);
  }

  u32(at: number): number {
    return this.view.getUint32(at, LITTLE_ENDIAN);
  }

  i32(at: number): number {
    return this.view.getInt32(at, LITTLE_ENDIAN);
  }

  /** The attributes between `start` and `end`; `names` serve error messages only. */
  attributes(start: number, end: number, names: readonly string[]): AttributeCursor {
    return new AttributeCursor(this, start, end, names);
  }
}

/**
 * Walks over the attributes of one level; one object a level, none an attribute. `next()` moves to the first, then the
 * following attribute and says whether there is one; the getters read the present one and check its length.
 */
export class AttributeCursor {
  /** nla_type without its two flag bits. */
  type = 0;
  /** Where the present attribute's header starts, its value starts, and its value ends (padding excluded). */
  start = 0;
  valueStart = 0;
  valueEnd = 0;
  readonly reader: Reader;
  readonly names: readonly string[];
  #next: number;
  readonly #end: number;

  constructor(reader: Reader, start: number, end: number, names: readonly string[]) {
    this.reader = reader;
    this.names = names;
    this.#next = start;
    this.#end = end;
  }

  /** With `known`, by type: what is not in it is passed over, unless the reader keeps what is unknown. */
  next(known?: readonly unknown[]): boolean {
    const { reader } = this;
    const { view } = reader;
    const end = this.#end;
    const passes = known !== undefined && !reader.keepUnknown;
    for (let start = this.#next; start < end; start = this.#next) {
      if (start + 4 > end || end > view.byteLength) reader.require(start, 4, end, "attribute header");
      const length = view.getUint16(start, LITTLE_ENDIAN);
      const type = view.getUint16(start + 2, LITTLE_ENDIAN) & NLA_TYPE_MASK;
      this.type = type;
      this.start = start;
      // A length below 4 would never move forward.
      if (length < 4) throw new NetlinkDecodeError(this.name(), start, `its length ${length} is less than its header`);
      if (start + length > end) reader.require(start, length, end, this.name());
      this.#next = start + ((length + 3) & ~3);
      if (passes && known[type] === undefined) continue;
      this.valueStart = start + 4;
      this.valueEnd = start + length;
      return true;
    }
    return false;
  }

  /** The attribute's name, for messages. */
  name(): string {
    return this.names[this.type] || `attribute ${this.type}`;
  }

  /** nla_type as it came. */
  rawType(): number {
    return this.reader.u16(this.start + 2);
  }

  u8(): number {
    this.#need(1);
    return this.reader.u8(this.valueStart);
  }

  u16(): number {
    this.#need(2);
    return this.reader.u16(this.valueStart);
  }

  /** A 16-bit number in network order. */
  u16BE(): number {
    this.#need(2);
    return this.reader.view.getUint16(this.valueStart, false);
  }

  u32(): number {
    this.#need(4);
    return this.reader.u32(this.valueStart);
  }

  i32(): number {
    this.#need(4);
    return this.reader.i32(this.valueStart);
  }

  u64Array(): bigint[] {
    const values: bigint[] = [];
    if ((this.valueEnd - this.valueStart) % 8 !== 0) this.#need(Math.ceil((this.valueEnd - this.valueStart) / 8) * 8);
    for (let at = this.valueStart; at < this.valueEnd; at += 8)
      values.push(this.reader.view.getBigUint64(at, LITTLE_ENDIAN));
    return values;
  }

  string(): string {
    return decodeText(this.reader.bytes, this.valueStart, this.valueEnd);
  }

  /** A view of the value. */
  bytes(): Uint8Array {
    return this.reader.bytes.subarray(this.valueStart, this.valueEnd);
  }

  /** The value's attributes. */
  nested(names: readonly string[]): AttributeCursor {
    return new AttributeCursor(this.reader, this.valueStart, this.valueEnd, names);
  }

  raw(): RawAttribute {
    return { type: this.rawType(), value: this.bytes() };
  }

  /** Adds the present attribute to a list made when first needed; undefined when unknown attributes are not wanted. */
  keep(list: RawAttribute[] | undefined): RawAttribute[] | undefined {
    if (!this.reader.keepUnknown) return undefined;
    if (list === undefined) return [this.raw()];
    list.push(this.raw());
    return list;
  }

  #need(length: number): void {
    if (this.valueStart + length > this.valueEnd)
      this.reader.require(this.valueStart, length, this.valueEnd, this.name());
  }
}
