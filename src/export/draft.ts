/**
 * The first draft of the file: everything that was observed, spelt out. Nothing is left to a default, so that what the file
 * says does not depend on what netloom would pick; shorten.ts removes what is implied.
 */

import {
  defaultOf,
  hasLowerMac,
  isLinkLocal,
  linkLocalFromMac,
  lowerOf,
  optionOf,
  ROOT,
  uplinkOf,
} from "../model/index.ts";
import type { Address, BridgeLink, KindBody, Link, LinkKind, Model, Namespace } from "../model/index.ts";
import type { InterfaceBody, MadeBody, NodeBody, SwitchBody, Topology } from "../topology/schema.ts";
import type { Findings } from "./findings.ts";
import { portMtus } from "./mtus.ts";
import { routesOf } from "./routes.ts";
import { dhcpOf, resolverOf, runOf, uplinkBody } from "./services.ts";
import { subnetsOf } from "./subnets.ts";
import { sysctlsOf } from "./sysctls.ts";
import type { Plug, Wiring } from "./wiring.ts";

/** A topology with all its sections, and without null values. */
export interface Draft {
  name?: string;
  root: NodeBody & Pick<NonNullable<Topology["root"]>, "uplink">;
  switches: Record<string, SwitchBody>;
  routers: Record<string, NodeBody>;
  hosts: Record<string, NodeBody>;
  groups: Record<string, string[]>;
  expect: string[];
}

export function draftOf(model: Model, wiring: Wiring, expect: readonly string[], findings: Findings): Draft {
  const mtus = portMtus(model, wiring);
  const draft: Draft = { root: {}, switches: {}, routers: {}, hosts: {}, groups: {}, expect: [...expect] };
  for (const link of wiring.switches)
    draft.switches[link.name] = switchOf(link, model, wiring, mtus.ofSwitch(link.name));
  for (const namespace of model.namespaces) {
    const body = nodeOf(namespace, model, wiring, mtus.ofPort, findings);
    if (namespace.name === ROOT) draft.root = rootOf(body, namespace, model, wiring);
    else draft[forwards(namespace) ? "routers" : "hosts"][namespace.name] = body;
  }
  return draft;
}

/** Hardware addresses that a person would not have written. */
export function forgetMacs(draft: Draft): void {
  const nodes = [draft.root, ...Object.values(draft.routers), ...Object.values(draft.hosts)];
  const links = nodes.flatMap((node) => Object.values(node.interfaces ?? {}));
  for (const body of [...Object.values(draft.switches), ...links])
    if (body !== null && typeof body === "object") delete body.mac;
}

const forwards = ({ forwarding }: Namespace): boolean => forwarding.ipv4 || forwarding.ipv6;

function rootOf(body: NodeBody, namespace: Namespace, model: Model, { nic }: Wiring): Draft["root"] {
  const uplink = uplinkOf(model);
  return {
    ...body,
    ...(forwards(namespace) ? { forwarding: true } : {}),
    ...(uplink === null ? {} : { uplink: uplinkBody(uplink) }),
    ...(nic === null ? {} : { uplink: { interface: nic.device, bridge: nic.bridge } }),
  };
}

function switchOf(link: BridgeLink, model: Model, wiring: Wiring, mtu: number | null): SwitchBody {
  const root = model.namespaces.find(({ name }) => name === ROOT)!;
  const subnets = subnetsOf(link.name, model, wiring);
  const addresses = givenAddresses(root, link).map(text);
  const dhcp = dhcpOf(root, link.name, model);
  const own = { ...(subnets.length === 0 ? {} : { subnet: [...subnets] }), ...(dhcp === null ? {} : { dhcp }) };
  // All else is the interface's that it has as a port.
  if (wiring.nic?.bridge === link.name) return own;
  return {
    ...own,
    ...(addresses.length === 0 ? {} : { address: addresses }),
    ...(link.mac === null ? {} : { mac: link.mac }),
    ...(mtu === null ? {} : { mtu }),
    ...(link.up ? {} : { up: false }),
  };
}

function nodeOf(
  namespace: Namespace,
  model: Model,
  wiring: Wiring,
  mtuOf: (node: string, link: string) => number | null,
  findings: Findings,
): NodeBody {
  const sockets = [...(wiring.sockets.get(namespace.name) ?? [])];
  const interfaces = sockets.map(([name, { link, plug }]): [string, InterfaceBody | MadeBody] => {
    const mtu =
      plug.kind === "made" || (link.kind === "nic" && isGiven(link, "mtu")) ? link.mtu : mtuOf(namespace.name, name);
    const leased = namespace.services.some((service) => service.kind === "dhcp-client" && service.link === name);
    const dhcp = dhcpOf(namespace, name, model);
    const common = {
      address: leased ? "dhcp" : givenAddresses(namespace, link).map(text),
      ...(link.mac === null || !isGiven(link, "mac") ? {} : { mac: link.mac }),
      ...(mtu === null ? {} : { mtu }),
      ...(link.up ? {} : { up: false }),
      ...(dhcp === null ? {} : { dhcp }),
    };
    return [
      name,
      plug.kind === "made" ? { ...kindBody(link, plug.table), ...common } : { ...plugBody(plug), ...common },
    ];
  });
  const sysctls = sysctlsOf(namespace, wiring, findings);
  const dns = resolverOf(namespace);
  const run = runOf(namespace);
  return {
    ...(interfaces.length === 0 ? {} : { interfaces: Object.fromEntries(interfaces) }),
    ...routesOf(namespace, wiring, findings),
    ...(Object.keys(sysctls).length === 0 ? {} : { sysctls }),
    ...(dns === null ? {} : { dns }),
    ...(run.length === 0 ? {} : { run }),
  };
}

function plugBody(plug: Exclude<Plug, { readonly kind: "made" }>): Pick<InterfaceBody, "link" | "device"> {
  if (plug.kind === "device") return { device: plug.device };
  return { link: plug.kind === "switch" ? plug.to : `${plug.to.namespace}:${plug.to.link}` };
}

/** What the file says of a link of a kind: the options that are not the default. */
function kindBody(link: Link, { kind, options }: LinkKind): KindBody {
  const lower = lowerOf(link);
  const set = Object.entries(options).filter(([name, option]) => optionOf(link, name) !== defaultOf(option));
  const body = {
    kind,
    ...(lower === null ? {} : { on: lower.link }),
    ...Object.fromEntries(set.map(([name]) => [name, optionOf(link, name)])),
  };
  // Its keys are those of the table.
  return body as unknown as KindBody;
}

/** An interface of the machine keeps its own properties, unless the file gives it others; some have their lower link's address. */
function isGiven(link: Link, key: "mac" | "mtu"): boolean {
  if (key === "mac" && hasLowerMac(link)) return false;
  return link.kind !== "nic" || link.given.includes(key);
}

/** Static addresses, without the link-local one that comes by itself with another IPv6 address. */
function givenAddresses(namespace: Namespace, link: Link): Address[] {
  const own = namespace.addresses.filter((each) => each.link === link.name && each.origin === "static");
  const six = own.some(({ family, address }) => family === 6 && !isLinkLocal(address));
  const implied = link.mac === null ? null : linkLocalFromMac(link.mac);
  const leased = namespace.services.some((service) => service.kind === "dhcp-client" && service.link === link.name);
  return own.filter(({ address }) => !((six || leased) && address === implied));
}

export function text({ address, prefixLength }: Address): string {
  return `${address}/${prefixLength}`;
}
