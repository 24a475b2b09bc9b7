import { NetlinkDecodeError, NetlinkEncodeError } from "../errors.ts";
import { decodeText, encodeText } from "../text.ts";

/**
 * What nft keeps beside objects for itself, in libnftnl's format: type, length and value, a byte each for the first two.
 * The kernel only stores it (linux/netfilter has nothing about it; libnftnl/udata.h).
 */

export interface UserDatum {
  readonly type: number;
  readonly value: Uint8Array;
}

// Types mean different things in different objects.
/** Comment of a rule, a table, a chain or an element: text with its NUL. */
export const UDATA_COMMENT = 0;
export const UDATA_SET_KEYBYTEORDER = 0;
export const UDATA_SET_DATABYTEORDER = 1;
/** A word: overlapping ranges may be added, and become one. */
export const UDATA_SET_MERGE_ELEMENTS = 2;
export const UDATA_SET_DATA_INTERVAL = 6;
/** Of an element: a word of flags. */
export const UDATA_SET_ELEM_FLAGS = 1;
export const UDATA_SET_COMMENT = 7;

/** The kernel's NFT_USERDATA_MAXLEN. */
const LONGEST = 256;

/** @throws NetlinkDecodeError when it is in another format: other programs may store what they like. */
/**
 * User data as nft writes it: type, length and value of each part, a byte each but for the value.
 * @throws NetlinkDecodeError when a length points outside of the bytes.
 */
export function decodeUserData(bytes: Uint8Array): UserDatum[] {
  const list: UserDatum[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length)
      throw new NetlinkDecodeError("user data", at, "its length points outside");
    list.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return list;
}

/** The bytes of user data. A value has 255 bytes at most. */
export function encodeUserData(list: readonly UserDatum[]): Uint8Array {
  const length = list.reduce((sum, { value }) => sum + 2 + value.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { type, value } of list) {
    if (value.length > 255) throw new NetlinkEncodeError(`user data of ${value.length} bytes is longer than 255`);
    bytes[at] = type;
    bytes[at + 1] = value.length;
    bytes.set(value, at + 2);
    at += 2 + value.length;
  }
  if (length > LONGEST) throw new NetlinkEncodeError(`${length} bytes of user data are more than ${LONGEST}`);
  return bytes;
}

/** User data that is a comment, as `nft … comment "…"` stores it. `type`: UDATA_COMMENT unless it is a set's. */
export function commentUserData(comment: string, type = UDATA_COMMENT): Uint8Array {
  const text = encodeText(comment);
  const value = new Uint8Array(text.length + 1);
  value.set(text);
  return encodeUserData([{ type, value }]);
}

/** The value of one type in user data; undefined when there is none, or the format is another. */
export function datumOf(userData: Uint8Array | undefined, type: number): Uint8Array | undefined {
  if (userData === undefined) return undefined;
  try {
    return decodeUserData(userData).find((datum) => datum.type === type)?.value;
  } catch (error) {
    if (error instanceof NetlinkDecodeError) return undefined;
    throw error;
  }
}

/** The comment in user data; undefined when there is none. */
export function commentOf(userData: Uint8Array | undefined, type = UDATA_COMMENT): string | undefined {
  const value = datumOf(userData, type);
  return value && decodeText(value, 0, value.length);
}
