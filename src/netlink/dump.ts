import { NLMSG_DONE, NLMSG_ERROR } from "./constants.ts";
import { NetlinkDecodeError } from "./errors.ts";
import { MESSAGE_HEADER, messageEnd, nextMessage } from "./header.ts";
import type { Reader } from "./reader.ts";

/**
 * For dumps of one kind of object: what `decode` makes of the payload of every message of this nlmsg_type in what one
 * recvmsg returned. Ends of dumps and acknowledgements are left out.
 * @param what Names the object in the error about a message of another type.
 * @throws NetlinkDecodeError
 */
export function decodeDump<T>(
  reader: Reader,
  type: number,
  what: string,
  decode: (start: number, end: number) => T | null,
): T[] {
  const list: T[] = [];
  for (let start = 0; start < reader.bytes.length;) {
    const end = messageEnd(reader, start);
    const found = reader.u16(start + 4);
    if (found === type) {
      const object = decode(start + MESSAGE_HEADER, end);
      if (object !== null) list.push(object);
    } else if (found !== NLMSG_DONE && found !== NLMSG_ERROR) {
      throw new NetlinkDecodeError("nlmsghdr", start, `message type ${found} is no ${what}`);
    }
    start = nextMessage(start, end);
  }
  return list;
}
