/** An address ↔ RTM_NEWADDR, RTM_DELADDR. Pure. */

import type { Address, Origin } from "../model/index.ts";
import { addressToBytes, bytesToAddress, isLinkLocal } from "../model/index.ts";
import {
  type AddressMessage,
  IFA_F_NODAD,
  IFA_F_PERMANENT,
  IFAPROT_KERNEL_LL,
  IFAPROT_KERNEL_LO,
  IFAPROT_KERNEL_RA,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
} from "../netlink/index.ts";
import { AF, familyOf } from "./family.ts";
import type { IndexOf, NameOf, Request } from "./references.ts";

/** IPv6 without duplicate address detection, which would keep the address unusable for one to two seconds. */
export function encodeAddress(address: Address, indexOf: IndexOf, command: Request = "new"): AddressMessage {
  const bytes = addressToBytes(address.address);
  return {
    kind: "address",
    command,
    family: AF[address.family],
    prefixLength: address.prefixLength,
    scope: isLinkLocal(address.address) && address.family === 6 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
    index: indexOf(address.link),
    local: bytes,
    address: bytes,
    ...(address.family === 6 ? { flags: IFA_F_NODAD } : {}),
  };
}

/** null for families that a model does not have. */
export function decodeAddress(message: AddressMessage, nameOf: NameOf): Address | null {
  const bytes = message.local ?? message.address;
  const link = nameOf(message.index);
  const family = familyOf(message.family);
  if (!bytes || link === null || family === null) return null;
  return {
    link,
    family,
    address: bytesToAddress(bytes),
    prefixLength: message.prefixLength,
    origin: originOf(message, link),
  };
}

function originOf({ protocol, family, scope, flags = 0 }: AddressMessage, link: string): Origin {
  if (protocol === IFAPROT_KERNEL_RA) return "ra";
  if (protocol === IFAPROT_KERNEL_LO || protocol === IFAPROT_KERNEL_LL) return "kernel";
  if (link === "lo" && scope === RT_SCOPE_HOST) return "kernel";
  // A lifetime means that the address is a lease: from a DHCP client (IPv4) or a router's prefix (IPv6).
  if ((flags & IFA_F_PERMANENT) === 0) return familyOf(family) === 4 ? "dhcp" : "ra";
  return "static";
}
