/**
 * A discovery as a model that can be drawn: to the kernel a switch of Open vSwitch is a device like any other, in a picture it is
 * what cables are plugged into.
 */

import type { Discovery, Link, Model, Namespace, OvsBridge, OvsInterface } from "../../model/index.ts";
import type { LinkFacts, LinkStates } from "../../draw/index.ts";
import { isOwnPort } from "./openvswitch.ts";

/** The link that only represents the datapath. */
const DATAPATHS = new Set(["ovs-system", "ovs-netdev"]);

export function drawable({ model, openvswitch }: Discovery): Model {
  if (openvswitch.length === 0) return model;
  return {
    ...model,
    namespaces: model.namespaces.map((each) => {
      const switches = openvswitch.filter(({ namespace }) => namespace === each.name);
      return switches.length === 0 ? each : switched(each, switches, openvswitch);
    }),
  };
}

function switched(namespace: Namespace, switches: readonly OvsBridge[], all: readonly OvsBridge[]): Namespace {
  const links = new Map(namespace.links.map((link) => [link.name, link]));
  for (const name of DATAPATHS) if (isUnclear(links.get(name))) links.delete(name);
  for (const bridge of switches) {
    const { name, ports } = bridge;
    const own = links.get(name);
    links.set(name, { ...(own ?? virtual(name)), kind: "bridge", stp: false, multicastSnooping: false });
    for (const port of ports.filter((one) => !isOwnPort(one, bridge)))
      for (const one of port.interfaces) {
        const link = links.get(one.name) ?? userLink(one, all);
        // To the kernel, the switch's own ports are taps, or of an unknown kind.
        links.set(
          one.name,
          one.type === "internal" && isUnclear(link) ? internal(link, name) : { ...link, master: name },
        );
      }
  }
  return { ...namespace, links: [...links.values()] };
}

function isUnclear(link: Link | undefined): boolean {
  return link?.kind === "other" || link?.kind === "tun";
}

function internal({ name, up, mtu, mac, altnames }: Link, master: string): Link {
  return { kind: "other", type: "internal", name, up, mtu, mac, master, altnames };
}

/** A patch is a cable; all else leads out of sight. */
function userLink(one: OvsInterface, all: readonly OvsBridge[]): Link {
  const far = one.peer === null ? undefined : all.find(({ name }) => name === one.peer?.bridge);
  const link = one.options["peer"];
  if (far !== undefined && link !== undefined)
    return { ...virtual(one.name), kind: "veth", peer: { namespace: far.namespace, link } };
  return { ...virtual(one.name), kind: "other", type: one.type };
}

const virtual = (name: string) => ({ name, up: true, mtu: 1500, mac: null, master: null, altnames: [] });

/** What the picture needs beside that model. */
export function statesOf({ namespaces, openvswitch }: Discovery): LinkStates {
  return Object.fromEntries(
    namespaces.map(({ name, links }) => {
      const inSwitches = openvswitch.filter(({ namespace }) => namespace === name).flatMap(tunnelsOf);
      return [name, Object.fromEntries([...links.map((link) => [link.name, link] as const), ...inSwitches])];
    }),
  );
}

/** UDP, where nothing else is set. */
const PORTS: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081 };

/** Ports of an Open vSwitch switch that have no kernel link, in the kernel's terms. */
function tunnelsOf({ ports }: OvsBridge): [string, LinkFacts][] {
  return ports
    .flatMap(({ interfaces }) => interfaces)
    .flatMap(({ name, type, link, options }) => {
      const remote = options["remote_ip"];
      if (link !== null || remote === undefined) return [];
      const { key, local_ip: local } = options;
      const port = Number(options["dst_port"] ?? PORTS[type]);
      const id = Number(key);
      const about = {
        remote,
        ...(local === undefined ? {} : { local }),
        ...(Number.isNaN(port) ? {} : { port }),
        ...(Number.isNaN(id) ? {} : Object.hasOwn(PORTS, type) ? { id } : { "input key": id, "output key": id }),
      };
      return [[name, { kind: type, details: about }]];
    });
}
