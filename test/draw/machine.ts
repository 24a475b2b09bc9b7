/** Machines as somebody has built them by hand, with what their kernel says of links beside the model. */

import { canonical } from "../../src/model/index.ts";
import type { Link, LinkRef, Model, Namespace } from "../../src/model/index.ts";
import type { LinkFacts } from "../../src/draw/kinds.ts";
import type { LinkStates } from "../../src/draw/index.ts";

/** One interface. */
export interface Interface {
  /** As the kernel calls the kind. */
  readonly kind: string;
  readonly at?: readonly string[];
  /** `NAMESPACE:LINK` of the other end of a veth. */
  readonly peer?: string;
  /** `NAMESPACE:LINK` that it stands on. */
  readonly on?: string;
  readonly master?: string;
  readonly down?: true;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly facts?: LinkFacts;
}

/** Namespaces by name, interfaces by name. */
export type Machine = Readonly<Record<string, Readonly<Record<string, Interface>>>>;

export function machine(namespaces: Machine): { model: Model; states: LinkStates } {
  const states = Object.fromEntries(
    Object.entries(namespaces).map(([name, links]) => [
      name,
      Object.fromEntries(Object.entries(links).map(([link, own]) => [link, factsOf(own)])),
    ]),
  );
  const model = {
    name: "machine",
    namespaces: Object.entries(namespaces).map(([name, links]) => namespaceOf(name, links)),
  };
  return { model: canonical(model), states };
}

function reference(text: string): LinkRef {
  const [namespace = "", link = ""] = text.split(":");
  return { namespace, link };
}

function factsOf({ kind, on, details = {}, facts = {} }: Interface): LinkFacts {
  return {
    kind,
    carrier: true,
    parent: on === undefined ? null : reference(on),
    elsewhere: null,
    details,
    users: [],
    ...facts,
  };
}

function namespaceOf(name: string, links: Machine[string]): Namespace {
  return {
    name,
    forwarding: { ipv4: false, ipv6: false },
    links: Object.entries(links).map(([link, own]) => linkOf(link, own)),
    addresses: Object.entries(links).flatMap(([link, { at = [] }]) =>
      at.map((text) => {
        const [address = "", length] = text.split("/");
        const family = address.includes(":") ? 6 : 4;
        return { link, family, address, prefixLength: Number(length), origin: "static" } as const;
      }),
    ),
    routes: [],
    rules: [],
    neighbours: [],
    sysctls: {},
    netfilter: [],
    services: [],
    nameService: null,
  };
}

function linkOf(name: string, { kind, peer, master, down }: Interface): Link {
  const common = { name, up: down !== true, mtu: 1500, mac: "02:00:00:00:00:01", master: master ?? null, altnames: [] };
  if (kind === "veth") return { ...common, kind, peer: peer === undefined ? null : reference(peer) };
  if (kind === "bridge") return { ...common, kind, stp: false, multicastSnooping: false };
  return { ...common, kind: "other", type: kind };
}
