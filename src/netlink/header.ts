import { NetlinkDecodeError } from "./errors.ts";
import type { Reader } from "./reader.ts";

/** Length of struct nlmsghdr. */
export const MESSAGE_HEADER = 16;

/**
 * Checks the header that starts there and returns where its message ends.
 * @throws NetlinkDecodeError when its length points outside of the buffer.
 */
export function messageEnd(reader: Reader, start: number): number {
  const { length } = reader.bytes;
  reader.require(start, MESSAGE_HEADER, length, "nlmsghdr");
  const size = reader.u32(start);
  // A length below 16 would never move forward.
  if (size < MESSAGE_HEADER) throw new NetlinkDecodeError("nlmsghdr", start, `its length ${size} is less than itself`);
  reader.require(start, size, length, "message");
  return start + size;
}

/** Where the message behind this one starts: NLMSG_ALIGN. */
export function nextMessage(start: number, end: number): number {
  return start + ((end - start + 3) & ~3);
}
