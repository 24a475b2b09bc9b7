/** Sixth pass: MTUs, hardware addresses, the names of the switch-side ends, and from them the links of the model. */

import { ROOT, ZERO_MAC, isUnicastMac, macFor, parseMac, stableHash } from "../../model/index.ts";
import type { Link, LinkRef } from "../../model/index.ts";
import { MAX_INTERFACE_NAME } from "../names.ts";
import type { Path, Problems } from "../problems.ts";
import { macLender, madeLink, overheadOf } from "./kinds.ts";
import { portLabel } from "./network.ts";
import type { Made, Network, Node, Port } from "./network.ts";
import { nicOf } from "./nics.ts";

const DEFAULT_MTU = 1500;
/** ALTIFNAMSIZ − 1 (linux/if.h). */
const MAX_ALTNAME = 127;
const MIN_IPV6_MTU = 1280;

/** A port takes its own, else its switch's or the other end's; a switch its own, else the smallest of its ports. */
export function settleMtus({ nodes, switches, problems }: Network): void {
  const ports = [...nodes.values()].flatMap((node) => [...node.ports.values()]);
  for (const port of ports) if (port.made === null) settlePlugged(port, problems);
  for (const sw of switches.values()) {
    const own = sw.ports.map((port) => port.mtu);
    sw.mtu = sw.body.mtu ?? own.reduce((least, mtu) => Math.min(least, mtu), own[0] ?? DEFAULT_MTU);
    if (sw.mtu < MIN_IPV6_MTU && sw.addresses.some((address) => address.family === 6)) {
      problems.error("mtu", `IPv6 needs an MTU of ${MIN_IPV6_MTU} or more, switch ${sw.name} has ${sw.mtu}`, sw.path, {
        at: "key",
      });
    }
  }
  for (const port of ports) if (port.made !== null) settleMade(port, port.made, problems);
}

function settlePlugged(port: Port, problems: Problems): void {
  const other = port.plug?.to.body.mtu;
  port.mtu = port.body.mtu ?? other ?? DEFAULT_MTU;
  checkIpv6(port, problems);
  // Said once, at the end that comes later.
  if (port.plug?.kind === "cable" && port.plug.to.mtu !== 0 && port.plug.to.mtu !== port.mtu) {
    problems.warn(
      "mtu-mismatch",
      `the two ends of a cable differ in MTU: ${portLabel(port)} ${port.mtu}, ${portLabel(port.plug.to)} ${port.plug.to.mtu}; larger packets vanish without an error`,
      [...port.path, "mtu"],
    );
  }
}

/** What its lower link carries, without its own headers. */
function settleMade(port: Port, made: Made, problems: Problems): void {
  if (port.mtu !== 0) return;
  const { lower } = made;
  if (lower !== null && "made" in lower && lower.made !== null) settleMade(lower, lower.made, problems);
  const most = (lower?.mtu ?? DEFAULT_MTU) - overheadOf(made);
  port.mtu = port.body.mtu ?? most;
  if (lower !== null && port.mtu > most)
    problems.error(
      "mtu",
      `${portLabel(port)} has an MTU of ${port.mtu}, and ${lower.name} leaves it ${most}`,
      [...port.path, "mtu"],
      { hint: `write mtu: ${most}, or give ${lower.name} a larger one` },
    );
  checkIpv6(port, problems);
}

function checkIpv6(port: Port, problems: Problems): void {
  if (port.mtu >= MIN_IPV6_MTU || !port.addresses.some((address) => address.family === 6)) return;
  problems.error("mtu", `IPv6 needs an MTU of ${MIN_IPV6_MTU} or more, ${portLabel(port)} has ${port.mtu}`, [
    ...port.path,
    ...(port.body.mtu === undefined ? [] : ["mtu"]),
  ]);
}

/** Names of the ends in root of interfaces on switches: `NODE-IF`, or its beginning and a hash when that is too long or taken. */
function outerNames(network: Network): { names: Map<Port, string>; altnames: Map<Port, string> } {
  const names = new Map<Port, string>();
  const altnames = new Map<Port, string>();
  const taken = new Set(["lo", ...network.switches.keys(), ...network.nodes.get(ROOT)!.ports.keys()]);
  if (network.nic !== null) taken.add(network.nic.device);
  const crowded: Port[] = [];
  for (const port of switchPorts(network)) {
    const full = `${port.node.name}-${port.name}`;
    if (Buffer.byteLength(full) > MAX_INTERFACE_NAME || taken.has(full)) crowded.push(port);
    else names.set(port, claim(full, taken));
  }
  for (const port of crowded) {
    const full = `${port.node.name}-${port.name}`;
    names.set(port, claim(shortName(port, taken), taken));
    if (Buffer.byteLength(full) <= MAX_ALTNAME && !taken.has(full)) altnames.set(port, claim(full, taken));
  }
  return { names, altnames };
}

function claim(name: string, taken: Set<string>): string {
  taken.add(name);
  return name;
}

/** Eight characters of the node's name and six hex digits; node names are ASCII, so characters are bytes. */
function shortName(port: Port, taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt++) {
    const hash = stableHash(`${port.node.name}/${port.name}`, attempt).low.toString(16).padStart(8, "0").slice(0, 6);
    const name = `${port.node.name.slice(0, 8)}-${hash}`;
    if (!taken.has(name)) return name;
  }
}

function* switchPorts(network: Network): Iterable<Port> {
  for (const node of network.nodes.values()) {
    for (const port of node.ports.values()) if (port.plug?.kind === "switch") yield port;
  }
}

/** The links of each namespace, by its name. */
export function buildLinks(network: Network): Map<string, Link[]> {
  const { names, altnames } = outerNames(network);
  const macs = new Macs(network);
  const links = new Map<string, Link[]>();
  for (const node of network.nodes.values()) {
    const own: Link[] = [
      { kind: "loopback", name: "lo", up: true, mtu: 65_536, mac: ZERO_MAC, master: null, altnames: [] },
    ];
    links.set(node.name, own);
    for (const port of node.ports.values()) {
      if (port.made !== null) own.push(madeLink(port, port.made, macs.ofPort(port)));
      else if (port.plug !== null) own.push(veth(port, peerOf(port, names), macs.ofPort(port)));
      else if (port.body.device !== undefined) own.push(nicOf(port, macs.given(port.body.mac)));
    }
  }
  const root = links.get(ROOT)!;
  if (network.uplink !== null) {
    const { name, mtu } = network.uplink.port;
    const mac = macs.ofPort(network.uplink.port);
    root.push({ kind: "tun", mode: "tap", name, up: true, mtu, mac, master: null, altnames: [] });
  }
  if (network.nic !== null) {
    const { device, bridge } = network.nic;
    const common = { name: device, up: true, mtu: bridge.mtu, mac: null, master: bridge.name, altnames: [] };
    root.push({ kind: "nic", device, given: [], ...common });
  }
  for (const { name, body, mtu, path } of network.switches.values()) {
    const mac = macs.of(ROOT, name, body.mac, [...path, "mac"]);
    root.push({
      kind: "bridge",
      name,
      up: body.up ?? true,
      mtu,
      mac,
      master: null,
      altnames: [],
      stp: false,
      multicastSnooping: false,
    });
  }
  for (const [port, name] of names) {
    const alt = altnames.get(port);
    root.push({
      kind: "veth",
      name,
      up: true,
      mtu: port.mtu,
      mac: macs.of(ROOT, name, undefined, port.path),
      master: port.plug!.to.name,
      altnames: alt === undefined ? [] : [alt],
      peer: { namespace: port.node.name, link: port.name },
    });
  }
  return links;
}

function veth(port: Port, peer: LinkRef, mac: string): Link {
  return {
    kind: "veth",
    name: port.name,
    up: port.body.up ?? true,
    mtu: port.mtu,
    mac,
    master: null,
    altnames: [],
    peer,
  };
}

function peerOf(port: Port, names: ReadonlyMap<Port, string>): LinkRef {
  const plug = port.plug!;
  return plug.kind === "switch"
    ? { namespace: ROOT, link: names.get(port)! }
    : { namespace: plug.to.node.name, link: plug.to.name };
}

/** Hands out hardware addresses: the given ones first, so that none that is picked collides with them. */
class Macs {
  readonly #network: Network;
  readonly #taken = new Map<string, string>();

  constructor(network: Network) {
    this.#network = network;
    for (const sw of network.switches.values()) this.#give(sw.body.mac, `switch ${sw.name}`, [...sw.path, "mac"]);
    for (const node of network.nodes.values()) {
      for (const port of node.ports.values()) this.#give(port.body.mac, portLabel(port), [...port.path, "mac"]);
    }
  }

  #give(text: string | undefined, owner: string, path: Path): void {
    if (text === undefined) return;
    const { problems } = this.#network;
    const mac = parseMac(text);
    if (mac === null)
      problems.error("mac", `${JSON.stringify(text)} is not a hardware address`, path, {
        hint: "write it as 02:00:00:00:00:40",
      });
    else if (!isUnicastMac(mac))
      problems.error(
        "mac",
        `${text} is ${mac === ZERO_MAC ? "all zero" : "a multicast address"}: no interface can have it`,
        path,
        { hint: "make the first byte even, such as 02" },
      );
    else if (this.#taken.has(mac))
      problems.error("duplicate-mac", `${text} is already the hardware address of ${this.#taken.get(mac)!}`, path, {
        hint: "give one of them another, or none",
      });
    else this.#taken.set(mac, owner);
  }

  ofPort(port: Port): string {
    const lender = macLender(port);
    if (lender !== null)
      return "made" in lender ? this.ofPort(lender) : this.of(ROOT, lender.name, lender.body.mac, []);
    return this.of(port.node.name, port.name, port.body.mac, port.path);
  }

  /** Null for none: an interface of the machine keeps its own. */
  given(text: string | undefined): string | null {
    return text === undefined ? null : parseMac(text);
  }

  of(namespace: string, link: string, given: string | undefined, _path: Path): string {
    const own = given === undefined ? null : parseMac(given);
    if (own !== null) return own;
    for (let attempt = 0; ; attempt++) {
      const mac = macFor(this.#network.lab, namespace, link, attempt);
      const owner = this.#taken.get(mac);
      if (owner !== undefined && owner !== `${namespace}:${link}`) continue;
      this.#taken.set(mac, `${namespace}:${link}`);
      return mac;
    }
  }
}

/** Whether the model has any IPv6 on this node: only then does it forward IPv6. */
export function hasIpv6(node: Node, network: Network): boolean {
  const six = (address: { readonly family: number }): boolean => address.family === 6;
  if ([...node.ports.values()].some((port) => port.addresses.some(six))) return true;
  return node.name === ROOT && [...network.switches.values()].some((sw) => sw.addresses.some(six));
}
