/** The veth pairs of a model as interfaces on switches and as cables. */

import { kindOf, lowerOf, ROOT, tableOf, uplinkOf } from "../model/index.ts";
import type { BridgeLink, Link, LinkKind, LinkRef, Model, Namespace, NicLink } from "../model/index.ts";
import type { Findings } from "./findings.ts";

export type Plug =
  | {
      readonly kind: "switch";
      readonly to: string;
      /** The other end, the switch's port. */
      readonly port: LinkRef;
    }
  | { readonly kind: "cable"; readonly to: LinkRef }
  /** An interface of the real machine (`--host`). */
  | { readonly kind: "device"; readonly device: string }
  /** Not plugged into anything: a link of a kind that a file can name, made in its node. */
  | { readonly kind: "made"; readonly table: LinkKind };

export interface Socket {
  readonly link: Link;
  readonly plug: Plug;
}

export interface Wiring {
  readonly switches: readonly BridgeLink[];
  /** The interface of the real machine that is a port of a switch. */
  readonly nic: { readonly device: string; readonly bridge: string } | null;
  /** By node, then by the name of the interface, in the model's order. */
  readonly sockets: ReadonlyMap<string, ReadonlyMap<string, Socket>>;
}

export function wiringOf(model: Model, findings: Findings): Wiring {
  const links = new Map(
    model.namespaces.map((each) => [each.name, new Map(each.links.map((link) => [link.name, link]))]),
  );
  const root = model.namespaces.find(({ name }) => name === ROOT);
  const switches = (root?.links ?? []).filter(
    (link): link is BridgeLink => link.kind === "bridge" && link.master === null,
  );
  const names = new Set(switches.map(({ name }) => name));
  const uplink = uplinkOf(model)?.link ?? null;
  const nics = (root?.links ?? []).filter(
    (link): link is NicLink => link.kind === "nic" && names.has(link.master ?? ""),
  );
  const nic = nics[0] === undefined ? null : { device: nics[0].device, bridge: nics[0].master! };
  const sockets = new Map<string, Map<string, Socket>>();
  for (const namespace of model.namespaces) {
    const own = new Map<string, Socket>();
    sockets.set(namespace.name, own);
    for (const link of namespace.links) {
      if (link.kind === "loopback" || (namespace.name === ROOT && link.name === uplink)) continue;
      if (namespace.name === ROOT && (names.has(link.name) || link === nics[0])) continue;
      const here = { namespace: namespace.name, link: link.name };
      const other =
        link.kind === "veth" && link.peer !== null ? links.get(link.peer.namespace)?.get(link.peer.link) : undefined;
      const found = socketOf(here, link, other, names);
      if (typeof found === "string") findings.lose(placeOf(here), found + carried(namespace, link));
      else if (found !== null) own.set(link.name, found);
    }
  }
  return { switches, nic, sockets };
}

export function placeOf({ namespace, link }: LinkRef): string {
  return `${namespace} ${link}`;
}

/** The socket of an interface; null for the switch's end of a cable; or why it cannot be expressed. */
function socketOf(here: LinkRef, link: Link, other: Link | undefined, switches: ReadonlySet<string>) {
  if (link.kind === "bridge")
    return here.namespace === ROOT
      ? `a bridge that is a port of ${link.master}`
      : "a bridge in a node; switches are in root";
  if (link.kind === "nic" && here.namespace !== ROOT && link.master === null)
    return { link, plug: { kind: "device", device: link.device } } as const;
  if (link.kind === "nic") return `a second interface of the machine besides root's uplink, ${link.device}`;
  const table = tableOf(link.kind);
  if (table?.inFile === true) return madeSocket(here, link, table);
  if (link.kind !== "veth") return `an interface of the kind ${kindOf(link)}`;
  if (link.peer === null) return "the other end of its cable is outside the lab";
  if (other?.kind !== "veth") return "the other end of its cable is not visible";
  const isPort = (ref: LinkRef, { master }: Link): boolean =>
    ref.namespace === ROOT && master !== null && switches.has(master);
  const [own, theirs] = [isPort(here, link), isPort(link.peer, other)];
  if (own && theirs) return `a cable between two switches, ${link.master} and ${other.master}`;
  if (link.master !== null && !own) return `it is a port of ${link.master}`;
  if (other.master !== null && !theirs) return `it is plugged into ${other.master} in ${link.peer.namespace}`;
  if (own) return null;
  const plug: Plug = theirs ? { kind: "switch", to: other.master!, port: link.peer } : { kind: "cable", to: link.peer };
  return { link, plug };
}

/** By its table, if the file can name what it is on and in. */
function madeSocket({ namespace }: LinkRef, link: Link, table: LinkKind): Socket | string {
  const lower = lowerOf(link);
  if (link.master !== null) return `a ${link.kind} that is a port of ${link.master}`;
  if (lower !== null && lower.namespace !== namespace)
    return `it is on ${lower.link} of ${lower.namespace}, and an interface of a file is on one of its own node`;
  if (lower === null && table.lower?.required === true) return "the link that it is on is outside the lab";
  return { link, plug: { kind: "made", table } };
}

/** What goes with it. */
function carried(namespace: Namespace, link: Link): string {
  const own = namespace.addresses
    .filter((address) => address.link === link.name && address.origin === "static")
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return own.length === 0 ? "" : `; with it goes ${own.join(" and ")}`;
}
