/** VLANs of the ports of a namespace's bridges. */

import type { PortVlan } from "../model/index.ts";
import type { EncodedBatch } from "../kernel/index.ts";
import {
  decodeVlans,
  encodeVlanQuestion,
  type LinkMessage,
  MessageWriter,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from "../netlink/index.ts";
import type { DumpSource } from "../observe/questions.ts";

let question: EncodedBatch | undefined;

/** By ifindex. Asked for only where a bridge minds VLANs: most do not. */
export function readVlans(source: DumpSource, links: readonly LinkMessage[]): ReadonlyMap<number, readonly PortVlan[]> {
  if (!links.some(({ info }) => info?.bridge?.vlanFiltering)) return NONE;
  if (question === undefined) {
    const writer = new MessageWriter(64);
    encodeVlanQuestion(writer, { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 });
    question = { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "read the VLANs of ports" };
  }
  const ports = source.dumpDatagrams(question).flatMap((datagram) => decodeVlans(datagram));
  return new Map(ports.map(({ index, vlans }) => [index, vlans]));
}

const NONE: ReadonlyMap<number, readonly PortVlan[]> = new Map();
