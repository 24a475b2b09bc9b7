import type { Mutable } from "./attributes.ts";
import { writeUnknown } from "./attributes.ts";
import { NLA_F_NESTED } from "./constants.ts";
import { NetlinkDecodeError, NetlinkEncodeError } from "./errors.ts";
import type { AttributeCursor } from "./reader.ts";
import type { RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/**
 * Attributes as tables. netfilter has several dozen levels of attributes, nearly all of plain numbers, so that each is a
 * list of rows (number, kernel's name, field, codec) from which both directions follow. All its numbers are in network
 * order.
 */

/** How one attribute's value goes to the wire and comes back. */
export interface Codec<T> {
  write(writer: MessageWriter, type: number, value: T): void;
  /** Reads the attribute that the cursor is at. */
  read(cursor: AttributeCursor): T;
  /** What the attribute holds, if attributes: for naming one inside. A function, since levels may hold each other. */
  readonly inside?: () => AnyLevel;
}

/** nla_type, the kernel's name, the field of T, and its codec. */
export type Field<T> = {
  [K in keyof T & string]-?: readonly [type: number, name: string, field: K, codec: Codec<NonNullable<T[K]>>];
}[keyof T & string];

export interface AnyLevel {
  readonly names: readonly string[];
  /** Codec by nla_type, for looking into a message without its values. */
  readonly codecs: readonly (Codec<never> | undefined)[];
}

/** One level of attributes that makes up a T, in the order in which the kernel writes them. */
export interface Level<T> extends AnyLevel {
  readonly fields: readonly Field<T>[];
  readonly byType: readonly (Field<T> | undefined)[];
  /** Without one of these a value makes no sense. */
  readonly required: readonly (keyof T & string)[];
}

export function level<T>(fields: readonly Field<T>[], required: readonly (keyof T & string)[] = []): Level<T> {
  const byType: (Field<T> | undefined)[] = [];
  const names: string[] = [];
  for (const field of fields) {
    byType[field[0]] = field;
    names[field[0]] = field[1];
  }
  return { fields, byType, names, required, codecs: byType.map((field) => field?.[3] as Codec<never> | undefined) };
}

/** A value to which attributes without a field of their own stick. */
export interface Open {
  readonly unknown?: readonly RawAttribute[];
}

/** Writes the fields that are there, then what is unknown. */
export function writeLevel<T extends Open>(writer: MessageWriter, { fields }: Level<T>, value: T): void {
  for (const field of fields) {
    const part = value[field[2]];
    if (part !== undefined && part !== null) field[3].write(writer, field[0], part);
  }
  writeUnknown(writer, value.unknown);
}

/** Reads every attribute into `into`; those without a row go to `unknown`. */
export function readLevel<T extends Open>(cursor: AttributeCursor, { byType }: Level<T>, into: Mutable<T>): void {
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    const field = byType[cursor.type];
    if (field === undefined) unknown = cursor.keep(unknown);
    else into[field[2]] = field[3].read(cursor);
  }
  if (unknown !== undefined) (into as { unknown?: readonly RawAttribute[] }).unknown = unknown;
}

/** Whether all that a value needs was there. */
export function complete<T>({ required }: Level<T>, value: Partial<T>): value is T {
  return required.every((field) => value[field] !== undefined);
}

function need(cursor: AttributeCursor, length: number): number {
  cursor.reader.require(cursor.valueStart, length, cursor.valueEnd, cursor.name());
  return cursor.valueStart;
}

function refuse(value: number | bigint, field: string): never {
  throw new NetlinkEncodeError(`${value} does not fit the field's ${field}`);
}

export const u8: Codec<number> = {
  write: (writer, type, value) => writer.attributeU8(type, value),
  read: (cursor) => cursor.u8(),
};

export const u16: Codec<number> = {
  write: (writer, type, value) => writer.attributeU16BE(type, value),
  read: (cursor) => cursor.u16BE(),
};

export const u32: Codec<number> = {
  write: (writer, type, value) => writer.attributeU32BE(type, value),
  read: (cursor) => cursor.reader.view.getUint32(need(cursor, 4), false),
};

export const i32: Codec<number> = {
  write(writer, type, value) {
    if ((value | 0) !== value) refuse(value, "32 bits with sign");
    writer.attributeU32BE(type, value >>> 0);
  },
  read: (cursor) => cursor.reader.view.getInt32(need(cursor, 4), false),
};

export const u64: Codec<bigint> = {
  write(writer, type, value) {
    if (BigInt.asUintN(64, value) !== value) refuse(value, "64 bits");
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, false);
    writer.attributeBytes(type, bytes);
  },
  read: (cursor) => cursor.reader.view.getBigUint64(need(cursor, 8), false),
};

/** Text with its NUL. */
export const text: Codec<string> = {
  write: (writer, type, value) => writer.attributeString(type, value),
  read: (cursor) => cursor.string(),
};

export const bytes: Codec<Uint8Array> = {
  write: (writer, type, value) => writer.attributeBytes(type, value),
  read: (cursor) => cursor.bytes(),
};

/**
 * An attribute that holds attributes.
 * @param flag NLA_F_NESTED or 0. nf_tables takes both and writes 0, conntrack writes the flag.
 */
export function nested<T extends Open>(inside: Level<T>, flag = 0): Codec<T> {
  return {
    write(writer, type, value) {
      const start = writer.beginAttribute(type | flag);
      writeLevel(writer, inside, value);
      writer.endNested(start);
    },
    read(cursor) {
      const value = {} as Mutable<T>;
      readLevel(cursor.nested(inside.names), inside, value);
      if (!complete(inside, value as Partial<T>)) throw missing(cursor, inside, value as Partial<T>);
      return value;
    },
    inside: () => inside,
  };
}

export const NESTED = NLA_F_NESTED;

function missing<T>(cursor: AttributeCursor, { required, fields }: Level<T>, value: Partial<T>): NetlinkDecodeError {
  const field = required.find((one) => value[one] === undefined);
  const name = fields.find((one) => one[2] === field)?.[1];
  return new NetlinkDecodeError(cursor.name(), cursor.start, `${name} is missing`);
}

/**
 * An attribute that holds any number of one and the same attribute. Written with one type (1 unless told: NFTA_LIST_ELEM)
 * and read with any: libnftnl numbers the elements of a set instead.
 */
export function list<T>(element: Codec<T>, elementType = 1, name = "NFTA_LIST_ELEM"): Codec<readonly T[]> {
  const names: string[] = [];
  names[elementType] = name;
  const codecs: Codec<never>[] = [];
  codecs[elementType] = element as Codec<never>;
  return {
    write(writer, type, values) {
      const start = writer.beginAttribute(type);
      for (const value of values) element.write(writer, elementType, value);
      writer.endNested(start);
    },
    read(cursor) {
      const values: T[] = [];
      const elements = cursor.nested(names);
      while (elements.next()) values.push(element.read(elements));
      return values;
    },
    inside: () => ({ names, codecs }),
  };
}
