/** The subnets of a switch: the networks that the addresses on it are in. */

import { bitsOf, formatPrefix, isLinkLocal, networkOf, overlaps, parseAddress, ROOT } from "../model/index.ts";
import type { Address, Family, Model, Prefix } from "../model/index.ts";
import type { Wiring } from "./wiring.ts";

/** Of each family all or none: an address outside of the subnets would be an error. */
export function subnetsOf(name: string, model: Model, { sockets }: Wiring): string[] {
  const onPorts = model.namespaces.flatMap(({ name: node, addresses }) => {
    const own = sockets.get(node)!;
    return addresses.filter(({ link }) => {
      const plug = own.get(link)?.plug;
      return plug?.kind === "switch" && plug.to === name;
    });
  });
  const onBridge = model.namespaces.find((each) => each.name === ROOT)!.addresses.filter(({ link }) => link === name);
  return ([4, 6] as const).flatMap((family) => {
    const ports = networksOf(onPorts, family);
    const all = [
      ...new Map([...ports, ...networksOf(onBridge, family)].map((one) => [formatPrefix(one), one])).values(),
    ];
    const fits = all.every(
      (one) =>
        one.length > 0 &&
        one.length < bitsOf(family) - 1 &&
        !all.some((other) => other !== one && overlaps(one, other)),
    );
    return ports.length > 0 && fits ? all.map(formatPrefix) : [];
  });
}

function networksOf(addresses: readonly Address[], family: Family): Prefix[] {
  return addresses
    .filter((each) => each.family === family && each.origin === "static" && !isLinkLocal(each.address))
    .map(({ address, prefixLength }) => networkOf(parseAddress(address)!, prefixLength));
}
