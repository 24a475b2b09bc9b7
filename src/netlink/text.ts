import { NetlinkEncodeError } from "./errors.ts";

/**
 * Text on the wire is bytes: the kernel lets an interface be called anything without `/` and white space, UTF-8 or not.
 * Bytes that are no UTF-8 become lone surrogates U+DC80–U+DCFF (as Python's surrogateescape does), so that a name read from
 * the kernel can be sent back to it unharmed.
 */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text from `start` up to the first NUL or `end`. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  // Names are short and ASCII: building them here is several times faster than a call into TextDecoder.
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0) return text;
    if (byte >= 0x80) return decodeWide(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeWide(bytes: Uint8Array, start: number, end: number): string {
  let stop = bytes.indexOf(0, start);
  if (stop < 0 || stop > end) stop = end;
  const slice = bytes.subarray(start, stop);
  try {
    return decoder.decode(slice);
  } catch {
    return Array.from(slice, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join("");
  }
}

/** True when every character is ASCII other than NUL: then bytes and characters are the same. */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code >= 0x80) return false;
  }
  return true;
}

/** Bytes of a text without its NUL. */
export function encodeText(text: string): Uint8Array {
  if (text.includes("\0")) throw new NetlinkEncodeError("a string for the kernel cannot hold a NUL character");
  if (!/[\uDC80-\uDCFF]/.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}
