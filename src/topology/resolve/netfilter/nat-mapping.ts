/**
 * A NAT whose behaviour is named in the terms of RFC 4787. The kernel alone maps each connection by itself: that is address-
 * and port-dependent, or looks endpoint-independent as long as no two hosts inside use one port. For the rest the rules
 * keep books, in maps that they fill themselves, for each protocol:
 *
 *     taken   outside port                     is in use
 *     in      outside port                  →  inside address and port
 *     out     inside address and port       →  outside port            (and the other side's, if the mapping depends on it)
 *     seen    outside port, other address      was sent to             (address-dependent filtering)
 *
 * The first packet of a connection looks in `out`; without an entry it keeps its port if that is free, else tries four
 * ports that follow from its source, else is dropped. Each further packet renews the entries. `taken` contains nothing that `in`
 * does not, but Linux before 6.4 cannot test a map for an entry without also using its value.
 *
 * Unsolicited packets from outside are dropped, after the user's own rules: if the node itself answered, or just tracked
 * it, a packet that goes out later to the same place (hole punching) could not have its port any more.
 */

import type {
  Family,
  NetfilterField,
  NetfilterHash,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSet,
  NetfilterSource,
  NetfilterStep,
} from "../../../model/index.ts";
import type { NatType } from "../../nat-types.ts";
import type { OwnLink } from "./names.ts";
import type { NatContext, NatRules } from "./nat-rules.ts";
import { sourceSteps } from "./sources.ts";
import type { Sources } from "./sources.ts";
import {
  addressType,
  destinationField,
  DROP,
  fromMap,
  goTo,
  lookup,
  lookupNot,
  masquerade,
  match,
  matchNot,
  ofFamily,
  plainChain,
  rule,
  sourceField,
  TCP_OR_UDP,
  update,
} from "./steps.ts";

/** RFC 4787, REQ-5, recommends five minutes or more; RFC 5382, REQ-5, asks for two hours and four minutes. */
const TIMEOUTS = { udp: 300, tcp: 7440 } as const;
/** Every port of both protocols. */
const MOST_PORTS = 131_072;
const MOST_SEEN = 524_288;
/** Ports that are tried: all but the well-known ones. */
const FIRST_PORT = 1024;
const SEEDS = [1, 2, 3, 4];

export function typedRules(
  type: NatType,
  link: OwnLink,
  family: Family,
  sources: Sources | null,
  context: NatContext,
): Partial<NatRules> {
  const from = sourceSteps(sources, family, context.groups);
  const leaving = [ofFamily(family), match("oifname", link.name), FORWARDED, ...from];
  const closed = unsolicited(link, family, sourceSteps(sources, family, context.groups, "to"));
  const plain =
    type.mapping === "address-and-port-dependent" &&
    type.filtering === "address-and-port-dependent" &&
    !type.hairpinning;
  if (plain) return { ...closed, postrouting: [rule([...leaving, masquerade(null, ["fully-random"])])] };
  const books = new Books(type, family, `${context.id}_`, context.published);
  return {
    ...closed,
    sets: books.sets(),
    chains: [
      plainChain(
        books.chain,
        books.translate((port) => masquerade(port)),
      ),
      ...(type.hairpinning
        ? [
            plainChain(
              books.hairpinChain,
              books.translate((port) => toOutside(family, port)),
            ),
          ]
        : []),
    ],
    prerouting: comingIn(type, link, books),
    hairpin: type.hairpinning ? [rule(goesAround(link, from, books))] : [],
    postrouting: [rule([...leaving, TCP_OR_UDP, goTo(books.chain)]), rule([...leaving, masquerade()])],
    refresh: (["tcp", "udp"] as const).flatMap((protocol) => renewal(type, link, protocol, books)),
  };
}

/** Not from the node itself, whose packets have the right address already. */
const FORWARDED = matchNot("fib saddr type", "local");

function unsolicited(link: OwnLink, family: Family, to: readonly NetfilterStep[]): Pick<NatRules, "input" | "forward"> {
  const outside = [
    ofFamily(family),
    match("iifname", link.name),
    match("ct state", "new"),
    matchNot("ct status", "dnat"),
  ];
  return {
    input: [rule([...outside, TCP_OR_UDP, DROP], "unsolicited")],
    forward: [rule([...outside, ...to, DROP], "unsolicited")],
  };
}

/** The source of a hairpinned connection as the other side sees it: the address it connected to, and its own outside port. */
function toOutside(family: Family, port: NetfilterOperand): NetfilterStep {
  const source = family === 4 ? "ct original ip daddr" : "ct original ip6 daddr";
  return { kind: "snat", family, address: { kind: "source", source }, port, flags: [] };
}

/** The sets of one NAT, and the rules that write into them. */
class Books {
  readonly family: Family;
  readonly taken: string;
  readonly in: string;
  readonly out: string;
  readonly seen: string;
  readonly chain: string;
  readonly hairpinChain: string;
  readonly #type: NatType;
  readonly #published: string | null;

  constructor(type: NatType, family: Family, prefix: string, published: string | null) {
    this.#type = type;
    this.#published = published;
    this.family = family;
    const name = (what: string): string => `${prefix}${what}_ip${family}`;
    this.taken = name("taken");
    this.in = name("in");
    this.out = name("out");
    this.seen = name("seen");
    this.chain = name("map");
    this.hairpinChain = name("hairpin");
  }

  sets(): NetfilterSet[] {
    const address = addressType(this.family);
    const port = ["inet_proto", "inet_service"];
    const other = this.#remote.length === 0 ? [] : [address, "inet_service"];
    const make = (name: string, key: string[], value: string[] | null, size = MOST_PORTS): NetfilterSet => ({
      name,
      key,
      value,
      size,
      interval: false,
      dynamic: true,
      timeout: TIMEOUTS.udp,
      elements: [],
    });
    return [
      make(this.taken, port, null),
      make(this.in, port, [address, "inet_service"]),
      make(this.out, ["inet_proto", address, "inet_service", ...other], ["inet_service"]),
      ...(this.#type.filtering === "address-dependent" ? [make(this.seen, [...port, address], null, MOST_SEEN)] : []),
    ];
  }

  /** What the mapping depends on beside the inside endpoint. */
  get #remote(): readonly NetfilterField[] {
    return this.#type.mapping === "endpoint-independent" ? [] : [destinationField(this.family), "dport"];
  }

  get endpointIndependent(): boolean {
    return this.#remote.length === 0;
  }

  /** Key of `out`, with the inside endpoint in these fields. */
  endpoint(address: NetfilterField, port: NetfilterField): readonly NetfilterSource[] {
    return ["l4proto", address, port, ...this.#remote];
  }

  /** Gives the first packet of a connection its outside port. */
  translate(to: (port: NetfilterOperand) => NetfilterStep): NetfilterRule[] {
    const address = sourceField(this.family);
    const endpoint = this.endpoint(address, "sport");
    // The jump to this chain already matched the family; nft needs it again to print the source by name.
    const own = ofFamily(this.family);
    const take = (port: NetfilterSource): NetfilterStep[] => [
      own,
      lookupNot(["l4proto", port], this.taken),
      ...(this.#published === null ? [] : [lookupNot(["l4proto", port], this.#published)]),
      update(this.taken, ["l4proto", port]),
      update(this.in, ["l4proto", port], [address, "sport"]),
      update(this.out, endpoint, [port]),
      to({ kind: "source", source: port }),
    ];
    const hash = (seed: number): NetfilterHash => ({
      hash: [address, "sport", ...this.#remote],
      modulus: 65_536 - FIRST_PORT,
      offset: FIRST_PORT,
      seed,
    });
    return [
      rule([own, to(fromMap(endpoint, this.out))], "has a port"),
      ...(this.endpointIndependent ? [rule(take("sport"), "keeps its port")] : []),
      ...SEEDS.map((seed) => rule(take(hash(seed)), "takes another port")),
      rule([DROP], "no port left"),
    ];
  }

  dnat(): NetfilterStep {
    const key: NetfilterField[] = ["l4proto", "dport"];
    return {
      kind: "dnat",
      family: this.family,
      address: fromMap(key, this.in, 0),
      port: fromMap(key, this.in, 1),
      flags: [],
    };
  }
}

/** Steps for packets to the outside address: from outside, or from inside. */
function toAddress(link: OwnLink, family: Family, side: "outside" | "inside"): NetfilterStep[] {
  const way = side === "outside" ? match("iifname", link.name) : matchNot("iifname", link.name);
  const own = link.addresses.filter((address) => address.family === family).map((address) => address.text);
  if (!link.leased && own.length > 0) return [ofFamily(family), way, match(destinationField(family), ...own)];
  if (side === "outside") return [ofFamily(family), way, match("fib daddr . iif type", "local")];
  return [ofFamily(family), way, match("fib daddr type", "local"), matchNot("fib daddr . iif type", "local")];
}

function comingIn({ filtering, hairpinning }: NatType, link: OwnLink, books: Books): NetfilterRule[] {
  const { family } = books;
  const known: NetfilterStep[] =
    filtering === "address-dependent" ? [lookup(["l4proto", "dport", sourceField(family)], books.seen)] : [];
  return [
    ...(filtering === "address-and-port-dependent"
      ? []
      : [rule([...toAddress(link, family, "outside"), TCP_OR_UDP, ...known, books.dnat()], "to who has the port")]),
    ...(hairpinning ? [rule([...toAddress(link, family, "inside"), TCP_OR_UDP, books.dnat()], "hairpin")] : []),
  ];
}

function goesAround(link: OwnLink, from: readonly NetfilterStep[], books: Books): NetfilterStep[] {
  return [
    ofFamily(books.family),
    matchNot("iifname", link.name),
    matchNot("oifname", link.name),
    FORWARDED,
    match("ct status", "dnat"),
    ...from,
    TCP_OR_UDP,
    lookup(["l4proto", "ct original proto-dst"], books.taken),
    goTo(books.hairpinChain),
  ];
}

/** Each packet outwards renews what is noted, of connections from either side; the source has been translated by now. */
function renewal(
  { filtering, hairpinning }: NatType,
  link: OwnLink,
  protocol: "tcp" | "udp",
  books: Books,
): NetfilterRule[] {
  const six = books.family === 6;
  const timeout = TIMEOUTS[protocol];
  const renew = (
    direction: "original" | "reply",
    status: "snat" | "dnat",
    address: NetfilterField,
    port: NetfilterField,
  ) =>
    rule([
      ofFamily(books.family),
      match("l4proto", protocol),
      match("ct direction", direction),
      match("ct status", status),
      ...(hairpinning ? [] : [match("oifname", link.name)]),
      lookup(["l4proto", "sport"], books.taken),
      update(books.taken, ["l4proto", "sport"], [], timeout),
      update(books.in, ["l4proto", "sport"], [address, port], timeout),
      ...(direction === "original" || books.endpointIndependent
        ? [update(books.out, books.endpoint(address, port), ["sport"], timeout)]
        : []),
      ...(filtering === "address-dependent"
        ? [update(books.seen, ["l4proto", "sport", destinationField(books.family)], [], timeout)]
        : []),
    ]);
  return [
    renew("original", "snat", six ? "ct original ip6 saddr" : "ct original ip saddr", "ct original proto-src"),
    renew("reply", "dnat", six ? "ct reply ip6 saddr" : "ct reply ip saddr", "ct reply proto-src"),
  ];
}
