import type { AttributeCursor } from "./reader.ts";
import type { RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** Removes `readonly`, for decoders that fill a value field by field. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Writes attributes that were kept as they came, flag bits and all. */
export function writeUnknown(writer: MessageWriter, attributes: readonly RawAttribute[] | undefined): void {
  if (attributes === undefined) return;
  for (const attribute of attributes) writer.attributeBytes(attribute.type, attribute.value);
}

/** Every attribute of a level, undecoded. */
export function readRaw(cursor: AttributeCursor): RawAttribute[] {
  const list: RawAttribute[] = [];
  while (cursor.next()) list.push(cursor.raw());
  return list;
}
