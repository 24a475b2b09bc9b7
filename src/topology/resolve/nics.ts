/** Interfaces of the real machine (`--host`): one that becomes a port of a switch, and those that move into nodes. */

import { ROOT } from "../../model/index.ts";
import type { NicLink } from "../../model/index.ts";
import { interfaceNameFault } from "../names.ts";
import type { Path } from "../problems.ts";
import type { Topology } from "../schema.ts";
import type { UplinkBody } from "../schema-services.ts";
import { lost } from "./lost.ts";
import { portLabel } from "./network.ts";
import type { Network, Port } from "./network.ts";

/** Keys that an interface of the machine cannot have in the file: it keeps its own values. */
const BRIDGE_KEYS = ["address", "mac", "mtu", "up"] as const;
const OTHER_KEYS = ["kind", "subnet", "listen", "loopback"] as const;

/** Whether an uplink is the machine's own interface instead of a program. */
export function isNic(body: UplinkBody): boolean {
  return body.interface !== undefined || body.bridge !== undefined;
}

/** The switch comes into being if need be. */
export function collectNic(topology: Topology, network: Network): void {
  const body = topology.root?.uplink;
  if (typeof body !== "object" || body.interface === undefined || body.bridge === undefined) return;
  const path: Path = ["root", "uplink"];
  const { problems, switches, nodes } = network;
  for (const key of ["interface", "bridge"] as const) {
    const fault = interfaceNameFault(body[key]!);
    if (fault === null) continue;
    problems.error("interface-name", `the interface name ${JSON.stringify(body[key])} ${fault}`, [...path, key]);
    return;
  }
  if (nodes.has(body.bridge)) {
    problems.error("duplicate-name", `${body.bridge} is a node, not a switch`, [...path, "bridge"], {
      hint: "name a switch; it is made if there is none of that name",
    });
    return;
  }
  let bridge = switches.get(body.bridge);
  if (bridge === undefined) {
    bridge = { name: body.bridge, path: [...path, "bridge"], body: {}, ports: [], subnets: [], addresses: [], mtu: 0 };
    switches.set(body.bridge, bridge);
  }
  network.nic = { device: body.interface, bridge, path };
}

/** Everything about it that can be wrong. */
export function checkNic(body: UplinkBody, path: Path, network: Network): void {
  const { problems, nic } = network;
  for (const key of ["interface", "bridge"] as const) {
    if (body[key] !== undefined || lost(network, [...path, key])) continue;
    problems.error("missing-key", `uplink lacks "${key}"`, path, {
      hint:
        key === "bridge" ? "add bridge: br-ex, the switch that the interface is plugged into" : "add interface: eth0",
    });
  }
  for (const key of OTHER_KEYS) {
    if (body[key] === undefined) continue;
    problems.error("uplink", `an uplink through an interface of the machine has no ${key}`, [...path, key], {
      at: "key",
      hint: `leave out ${key}, or interface and bridge`,
    });
  }
  if (nic === null) return;
  const taken = network.nodes.get(ROOT)!.ports.get(nic.device)?.path ?? network.switches.get(nic.device)?.path;
  if (taken !== undefined)
    problems.error("duplicate-name", `${nic.device} is the interface of root's uplink`, taken, {
      at: "key",
      hint: "rename it",
    });
  for (const key of BRIDGE_KEYS) {
    if (nic.bridge.body[key] === undefined) continue;
    problems.error("uplink", `switch ${nic.bridge.name} cannot have ${key}`, [...nic.bridge.path, key], {
      at: "key",
      cause: `it takes over ${nic.device} with all its addresses`,
      hint: `leave out ${key}`,
    });
  }
}

/** `device` of interfaces: in place of `link`, in a node, and each once. */
export function checkDevices(ports: readonly Port[], { problems, nic }: Network): void {
  const taken = new Map<string, string>(nic === null ? [] : [[nic.device, "root's uplink"]]);
  for (const port of ports) {
    const { device, link } = port.body;
    if (device === undefined) continue;
    const path: Path = [...port.path, "device"];
    const other = taken.get(device);
    const fault = interfaceNameFault(device);
    if (fault !== null) problems.error("interface-name", `the interface name ${JSON.stringify(device)} ${fault}`, path);
    else if (link !== undefined)
      problems.error("device", `${portLabel(port)} has both a link and a device`, path, {
        at: "key",
        hint: "a cable of the lab, or an interface of the machine: leave out one of them",
      });
    else if (port.node.name === ROOT)
      problems.error("device", `${device} is already in root`, path, {
        at: "key",
        hint: "for a switch with it as a port, write uplink: { interface: …, bridge: … } in root",
      });
    else if (other !== undefined)
      problems.error("device", `${device} is already used by ${other}`, path, { hint: "name another interface" });
    taken.set(device, portLabel(port));
  }
}

/** The link that an interface with `device` is. */
export function nicOf(port: Port, mac: string | null): NicLink {
  const { device = "", up = true } = port.body;
  const given = (["mac", "mtu"] as const).filter((key) => port.body[key] !== undefined);
  return { kind: "nic", name: port.name, device, up, mtu: port.mtu, mac, master: null, altnames: [], given };
}
