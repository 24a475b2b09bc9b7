/** A configured neighbour ↔ RTM_NEWNEIGH, RTM_DELNEIGH. Pure. */

import type { Neighbour } from "../model/index.ts";
import { addressToBytes, bytesToAddress, bytesToMac, macToBytes } from "../model/index.ts";
import { type NeighbourMessage, NUD_PERMANENT } from "../netlink/index.ts";
import { AF, familyOf, familyOfBytes } from "./family.ts";
import type { IndexOf, NameOf, Request } from "./references.ts";

const MAC_BYTES = 6;

export function encodeNeighbour(neighbour: Neighbour, indexOf: IndexOf, command: Request = "new"): NeighbourMessage {
  const destination = addressToBytes(neighbour.address);
  return {
    kind: "neighbour",
    command,
    family: AF[familyOfBytes(destination)],
    index: indexOf(neighbour.link),
    state: NUD_PERMANENT,
    destination,
    linkAddress: macToBytes(neighbour.mac),
  };
}

/** null for neighbours that the kernel learned: a model has only those that were configured. */
export function decodeNeighbour(message: NeighbourMessage, nameOf: NameOf): Neighbour | null {
  const { state, family, destination, linkAddress } = message;
  const link = nameOf(message.index);
  if (!(state & NUD_PERMANENT) || link === null || familyOf(family) === null) return null;
  if (!destination || linkAddress?.length !== MAC_BYTES) return null;
  return { link, address: bytesToAddress(destination), mac: bytesToMac(linkAddress) };
}
