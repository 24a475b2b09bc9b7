/** Properties of addresses that the model does not cover. Pure. */

import type { AddressNote } from "../model/index.ts";
import { bytesToAddress } from "../model/index.ts";
import type { AddressMessage } from "../netlink/index.ts";
import { decodeAddress } from "../rtnl/index.ts";
import {
  AF_INET,
  IFA_F_DEPRECATED,
  IFA_F_HOMEADDRESS,
  IFA_F_MANAGETEMPADDR,
  IFA_F_MCAUTOJOIN,
  IFA_F_NOPREFIXROUTE,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_SITE,
} from "../netlink/constants.ts";

const SCOPES: ReadonlyMap<number, string> = new Map([
  [RT_SCOPE_SITE, "site"],
  [RT_SCOPE_LINK, "link"],
  [RT_SCOPE_HOST, "host"],
]);
/** As `ip address` calls them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [IFA_F_HOMEADDRESS, "home"],
  [IFA_F_DEPRECATED, "deprecated"],
  [IFA_F_MANAGETEMPADDR, "mngtmpaddr"],
  [IFA_F_NOPREFIXROUTE, "noprefixroute"],
  [IFA_F_MCAUTOJOIN, "autojoin"],
];

const NOTED = FLAGS.reduce((all, [flag]) => all | flag, 0);

/** Null for an address without such properties, or one made by the kernel. */
export function toAddressNote(message: AddressMessage, nameOf: (index: number) => string | null): AddressNote | null {
  const { family, scope = 0, flags = 0, label, broadcast, routePriority = 0, protocol = 0 } = message;
  const link = nameOf(message.index);
  const four = family === AF_INET;
  // IPv6 derives the scope from the address.
  if (
    label === link &&
    (flags & NOTED) === 0 &&
    scope === 0 &&
    routePriority === 0 &&
    protocol === 0 &&
    (broadcast === undefined || isUsual(broadcast, message))
  )
    return null;
  const about = [
    ...(label === undefined || label === link ? [] : [`label ${label}`]),
    ...(four && scope !== 0 ? [`scope ${SCOPES.get(scope) ?? scope}`] : []),
    ...FLAGS.flatMap(([flag, name]) => (flags & flag ? [name] : [])),
    ...(routePriority === 0 ? [] : [`metric ${routePriority}`]),
    ...(broadcast === undefined || isUsual(broadcast, message) ? [] : [`brd ${bytesToAddress(broadcast)}`]),
    ...(protocol === 0 ? [] : [`protocol ${protocol}`]),
  ];
  if (about.length === 0) return null;
  const address = decodeAddress(message, nameOf);
  if (address?.origin !== "static") return null;
  return { link: address.link, address: address.address, about: about.join(", ") };
}

/** The last address of the network: IPv4's default. */
function isUsual(broadcast: Uint8Array, { address, local, prefixLength }: AddressMessage): boolean {
  const own = local ?? address;
  return (
    own?.length === broadcast.length &&
    broadcast.every((byte, at) => {
      const host = 0xff >>> Math.min(8, Math.max(0, prefixLength - at * 8));
      return byte === (own[at]! | host);
    })
  );
}
