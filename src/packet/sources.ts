/** What routing refuses of received packets before it looks where they go: addresses that cannot be on a wire, and false sources. */

import { LOOPBACK, type NamespaceRouting } from "./routing.ts";
import type { Passage } from "./passage.ts";
import type { Disposition } from "./types.ts";

const martian = (reason: string): Disposition => ({ kind: "martian", reason });

const isMulticast4 = (address: string): boolean => /^2(2[4-9]|3\d)\./.test(address);

/** null: nothing is wrong with the addresses themselves. */
export function addressFault({ packet }: Passage, routing: NamespaceRouting, input: string): Disposition | null {
  const { family, source, destination } = packet;
  if (input === LOOPBACK) return null;
  if (family === 6) {
    if (source === "::1" || destination === "::1") return martian("::1 is on no wire");
    return source?.startsWith("ff") === true ? martian(`the source ${source} is a group`) : null;
  }
  const onLoopback = routing.sysctl(4, "route_localnet", input, "largest") !== 0;
  if (source !== null) {
    if (isMulticast4(source) || source === "255.255.255.255") return martian(`the source ${source} is no host`);
    if (source.startsWith("0.") && !(source === "0.0.0.0" && destination === "255.255.255.255"))
      return martian(`the source ${source} is no host`);
    if (source.startsWith("127.") && !onLoopback) return martian(`the source ${source} is on no wire`);
  }
  if (destination === null) return null;
  if (destination.startsWith("0.")) return martian(`the destination ${destination} is no host`);
  return destination.startsWith("127.") && !onLoopback ? martian(`the destination ${destination} is on no wire`) : null;
}

/** IPv4's check of the source, strict only with rp_filter; `output`: where the packet goes, null for here. */
export function sourceFault(
  passage: Passage,
  routing: NamespaceRouting,
  input: string,
  output: string | null,
  type: string,
): Disposition | null {
  const { family, source, destination } = passage.packet;
  if (family === 6 || source === null || input === LOOPBACK || (type === "broadcast" && source === "0.0.0.0"))
    return null;
  const filter = routing.sysctl(4, "rp_filter", input, "largest");
  const acceptsOwn = routing.sysctl(4, "accept_local", input, "largest") !== 0;
  const own = martian(`the source ${source} is an address of this namespace`);
  if (filter === 0) {
    if (acceptsOwn) return null;
    if (!routing.fibs[4].hasRules) return routing.isOwn(source) ? own : null;
  }
  const { mark } = passage.packet;
  const flow = {
    family,
    destination: source,
    source: type === "broadcast" ? "0.0.0.0" : destination,
    input: output ?? LOOPBACK,
    mark: routing.sysctl(4, "src_valid_mark", input, "largest") === 0 ? 0 : mark,
  };
  const found = routing.lookup({ ...flow, output: null }, passage);
  const lost: Disposition | null = filter === 0 ? null : { kind: "reverse-path" };
  if (found.kind === "refused") return lost;
  if (found.type !== "unicast" && (found.type !== "local" || !acceptsOwn))
    return found.type === "local" ? own : martian(`the source ${source} is no host`);
  if (found.hops.some(({ link }) => link === input)) return null;
  if (routing.addressesOn(input, 4).length === 0) return lost;
  // A loose check is content with a way by any link.
  return filter === 1 ? lost : null;
}
