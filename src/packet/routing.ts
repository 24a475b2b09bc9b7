/** The routes of a namespace as rules, NAT and the checks of sources ask for them. */

import { contains, isLinkLocal, networkOf, parseAddress } from "../model/index.ts";
import type { Address, Family, Namespace } from "../model/index.ts";
import { type Found, Fib } from "./lookup.ts";
import type { Passage, Routing } from "./passage.ts";
import type { Flow } from "./rules.ts";

/** What the kernel calls the way that its own packets come. */
export const LOOPBACK = "lo";

export class NamespaceRouting implements Routing {
  readonly fibs: Readonly<Record<Family, Fib>>;
  readonly #namespace: Namespace;

  constructor(namespace: Namespace, derived: boolean) {
    this.#namespace = namespace;
    this.fibs = { 4: new Fib(namespace, 4, derived), 6: new Fib(namespace, 6, derived) };
  }

  lookup(flow: Flow, { choices }: Pick<Passage, "choices">): Found {
    return this.fibs[flow.family].lookup(flow, choices);
  }

  /** A number, of a link or of all; the larger one where the kernel takes that. */
  sysctl(family: Family, name: string, link: string, how: "own" | "largest" = "own"): number {
    const { sysctls } = this.#namespace;
    const read = (which: string): number | undefined => {
      const text = sysctls[`net.ipv${family}.conf.${which}.${name}`];
      return text === undefined ? undefined : Number(text);
    };
    const own = read(link) ?? read("default");
    return how === "own" ? (own ?? read("all") ?? 0) : Math.max(own ?? 0, read("all") ?? 0);
  }

  isOwn(address: string): boolean {
    return address.startsWith("127.") || this.#namespace.addresses.some((one) => one.address === address);
  }

  addressesOn(link: string, family: Family): readonly Address[] {
    return this.#namespace.addresses.filter((one) => one.link === link && one.family === family);
  }

  addressType(address: string, link: string | null, passage: Passage): string | null {
    const { family, source, destination, mark } = passage.packet;
    if (family === 4) return this.fibs[4].type4(address, link);
    const other = address === source ? destination : source;
    const flow: Flow = { family, destination: address, source: other, input: LOOPBACK, output: null, mark };
    const own =
      link !== null &&
      (this.addressesOn(link, 6).some((one) => one.address === address) || (link === LOOPBACK && address === "::1"));
    return this.fibs[6].type6(
      flow,
      link ?? (passage.input === "" ? null : passage.input),
      own,
      link === null,
      passage.choices,
    );
  }

  reversePath(link: string, passage: Passage): string | null {
    const { hook, output } = passage;
    const { family, source, destination } = passage.packet;
    if (source === null || destination === null) return null;
    if (hook === "prerouting" && link === LOOPBACK) return link;
    const found = this.lookup(
      {
        family,
        destination: source,
        source: destination,
        input: hook === "forward" && output ? output : LOOPBACK,
        output: family === 6 && isLinkLocal(source) ? link : null,
        mark: 0,
      },
      passage,
    );
    if (found.kind === "refused" || found.type !== "unicast") return "";
    const by = found.hops.filter((hop) => hop.link === link).length;
    // IPv4 looks at every next hop, IPv6 at the one that multipath takes.
    if (family === 6 && by > 0 && by < found.hops.length) return null;
    return by > 0 ? link : "";
  }

  masquerade(link: string, destination: string | null, passage: Passage): readonly string[] | null {
    const { family } = passage.packet;
    return family === 4
      ? this.#masquerade4(link, passage.nextHop ?? destination)
      : this.#masquerade6(link, destination);
  }

  /** inet_select_addr(): of the link's network that the next hop is in, else the link's first, else any other link's. */
  #masquerade4(link: string, nextHop: string | null): readonly string[] | null {
    const own = primaries(this.addressesOn(link, 4)).filter(isGlobal);
    const near = nextHop === null ? null : parseAddress(nextHop);
    if (nextHop === null && own.length > 1) return null;
    const matching = own.find(
      (one) => near !== null && contains(networkOf(parseAddress(one.address)!, one.prefixLength), near),
    );
    if (own.length > 0) return [(matching ?? own[0]!).address];
    const links = new Set(this.#namespace.links.map(({ name }) => name));
    return [...links].flatMap((other) =>
      primaries(this.addressesOn(other, 4))
        .filter(isGlobal)
        .slice(0, 1)
        .map(({ address }) => address),
    );
  }

  /** RFC 6724 as far as it is about scopes and the link; with several left, the kernel looks closer than a model can. */
  #masquerade6(link: string, destination: string | null): readonly string[] | null {
    if (destination === null) return null;
    const near = isLinkLocal(destination);
    const fitting = (on: readonly Address[]): string[] =>
      on.filter(({ address }) => isLinkLocal(address) === near && address !== "::1").map(({ address }) => address);
    const own = fitting(this.addressesOn(link, 6));
    if (own.length > 0) return own;
    const others = near ? [] : fitting(this.#namespace.addresses.filter(({ family }) => family === 6));
    return others.length > 0 ? others : this.addressesOn(link, 6).map(({ address }) => address);
  }

  redirect(link: string, { packet }: Passage): readonly string[] | null {
    const own = this.addressesOn(link, packet.family);
    if (packet.family === 4)
      return primaries(own)
        .slice(0, 1)
        .map(({ address }) => address);
    const near = packet.destination !== null && isLinkLocal(packet.destination);
    return own.filter(({ address }) => isLinkLocal(address) === near).map(({ address }) => address);
  }
}

const isGlobal = ({ address }: Address): boolean => !address.startsWith("127.");

/** The first of each network: the kernel calls the others secondary. */
function primaries(addresses: readonly Address[]): readonly Address[] {
  const known = new Set<string>();
  return addresses.filter(({ address, prefixLength }) => {
    const key = `${networkOf(parseAddress(address)!, prefixLength).value}/${prefixLength}`;
    const first = !known.has(key);
    known.add(key);
    return first;
  });
}
