/** Many encoded requests in one buffer, and what each of them was for. */

import type { RouteNetlinkMessage } from "../netlink/index.ts";
import { encodeMessage, MessageWriter, NLM_F_REQUEST } from "../netlink/index.ts";

/** What a socket needs to send several requests at once and to report which of them failed. */
export interface EncodedBatch {
  readonly bytes: Uint8Array;
  /** Offset of every message in `bytes`. */
  readonly starts: readonly number[];
  /** Message i carries this sequence number + i (modulo 2^32). */
  readonly firstSequence: number;
  /** What message i is for: `create link a-eth0`. */
  operation(index: number): string;
}

// Every batch has its own range, so that a late answer is never mistaken for one to the next batch.
const RANGE = 1 << 20;
let nextRange = RANGE;

/** Sequence number of a request outside a batch, or the first of a batch's range. */
export function takeSequences(): number {
  const first = nextRange;
  nextRange = (nextRange + RANGE) >>> 0 || RANGE;
  return first;
}

/**
 * Collects requests. Costs an array entry a message beyond its bytes; one Batch serves a whole build by `clear()`.
 * Acknowledgements need not be asked for: the socket does, on the last message; errors are always reported.
 */
export class Batch implements EncodedBatch {
  readonly #writer: MessageWriter;
  #starts: number[] = [];
  #operations: (string | (() => string))[] = [];
  #firstSequence = takeSequences();

  constructor(writer: MessageWriter = new MessageWriter()) {
    this.#writer = writer;
  }

  /** Appends a request and returns its index. `operation` is asked for only if the kernel refuses. */
  add(message: RouteNetlinkMessage, flags: number, operation: string | (() => string)): number {
    const index = this.#starts.length;
    this.#starts.push(this.#writer.length);
    this.#operations.push(operation);
    const sequence = (this.#firstSequence + index) >>> 0;
    encodeMessage(this.#writer, { flags: flags | NLM_F_REQUEST, sequence, portId: 0 }, message);
    return index;
  }

  /** Number of messages. */
  get length(): number {
    return this.#starts.length;
  }

  /** A view of the buffer: valid until the next `add` or `clear`. */
  get bytes(): Uint8Array {
    return this.#writer.bytes();
  }

  get starts(): readonly number[] {
    return this.#starts;
  }

  get firstSequence(): number {
    return this.#firstSequence;
  }

  operation(index: number): string {
    const operation = this.#operations[index];
    return typeof operation === "function" ? operation() : (operation ?? "send a netlink request");
  }

  /** Empties it, keeping the buffer. */
  clear(): void {
    this.#writer.reset();
    this.#starts = [];
    this.#operations = [];
    this.#firstSequence = takeSequences();
  }
}
