/** Bytes that cannot be a netlink message: truncated, or a length that points outside of what was received. */
export class NetlinkDecodeError extends Error {
  override readonly name = "NetlinkDecodeError";
  /** Where, in bytes from the start of the buffer (or raw message) that was handed in. */
  readonly offset: number;
  /** What was being read: `nlmsghdr`, `IFLA_MTU`, `attribute header`. */
  readonly reading: string;

  constructor(reading: string, offset: number, reason: string) {
    super(`cannot decode ${reading} at byte ${offset}: ${reason}`);
    this.offset = offset;
    this.reading = reading;
  }
}

/** A value that the wire format cannot hold: a number too large for its field, a name with a NUL, 64 KiB of attribute. */
export class NetlinkEncodeError extends Error {
  override readonly name = "NetlinkEncodeError";
}
