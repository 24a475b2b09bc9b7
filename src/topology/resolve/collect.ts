/** First pass: every node, switch and interface by name, and how they connect. */

import { ROOT, tableOf } from "../../model/index.ts";
import { MAX_INTERFACE_NAME, interfaceNameFault, labNameFault, nodeNameFault } from "../names.ts";
import { Problems } from "../problems.ts";
import type { Path } from "../problems.ts";
import type { InterfaceBody, MadeBody, NodeBody, Topology } from "../schema.ts";
import { nearest, suggestion } from "../suggest.ts";
import { stand } from "./kinds.ts";
import { lost } from "./lost.ts";
import { portLabel } from "./network.ts";
import { checkDevices, collectNic } from "./nics.ts";
import type { Made, Network, Node, Port, Section } from "./network.ts";

/** BR_MAX_PORTS in net/bridge/br_private.h is 1 << 10, and port 0 does not exist. */
const MAX_PORTS = 1023;

export function collect(topology: Topology, lab: string, pruned: readonly Path[]): Network {
  const network: Network = {
    lab,
    nodes: new Map(),
    switches: new Map(),
    servers: [],
    uplink: null,
    nic: null,
    problems: new Problems(),
    pruned,
  };
  const { problems } = network;
  const fault = topology.name === undefined ? null : labNameFault(topology.name);
  if (fault !== null) problems.error("lab-name", `the lab's name ${JSON.stringify(topology.name)} ${fault}`, ["name"]);

  addNode(network, ROOT, "root", ["root"], topology.root ?? {});
  for (const section of ["routers", "hosts"] as const) {
    for (const [name, body] of Object.entries(topology[section] ?? {})) {
      const path = [section, name];
      const bad = nodeNameFault(name);
      if (name === ROOT)
        problems.error("node-name", '"root" is the name of the machine itself', path, {
          at: "key",
          hint: "describe it in the section root, or choose another name",
        });
      else if (bad !== null)
        problems.error("node-name", `the name ${JSON.stringify(name)} ${bad}`, path, { at: "key" });
      else if (free(network, name, path)) addNode(network, name, section, path, body ?? {});
    }
  }
  for (const [name, body] of Object.entries(topology.switches ?? {})) {
    const path = ["switches", name];
    const bad = interfaceNameFault(name) ?? nodeNameFault(name, MAX_INTERFACE_NAME);
    if (bad !== null)
      problems.error(
        "switch-name",
        `a switch is an interface of root, and the name ${JSON.stringify(name)} ${bad}`,
        path,
        { at: "key" },
      );
    else if (name === ROOT)
      problems.error("switch-name", '"root" is the name of the machine itself', path, { at: "key" });
    else if (free(network, name, path))
      network.switches.set(name, { name, path, body: body ?? {}, ports: [], subnets: [], addresses: [], mtu: 0 });
  }
  collectNic(topology, network);
  return network;
}

/** Hosts, routers and switches share one space of names: `link: lan` must mean one thing. */
function free(network: Network, name: string, path: Path): boolean {
  const other = network.nodes.get(name) ?? network.switches.get(name);
  if (other === undefined) return true;
  const [section] = other.path;
  network.problems.error(
    "duplicate-name",
    `${JSON.stringify(name)} is already the name of one of ${String(section)}`,
    path,
    { at: "key", hint: "give one of them another name" },
  );
  return false;
}

function addNode(network: Network, name: string, section: Section, path: Path, body: NodeBody): void {
  const node: Node = { name, section, path, body, ports: new Map(), incomplete: lost(network, path) };
  network.nodes.set(name, node);
  for (const [port, value] of Object.entries(body.interfaces ?? {})) {
    const fault = interfaceNameFault(port);
    const where = [...path, "interfaces", port];
    if (fault !== null)
      network.problems.error("interface-name", `the interface name ${JSON.stringify(port)} ${fault}`, where, {
        at: "key",
      });
    else addPort(node, port, where, typeof value === "string" ? { link: value } : (value ?? {}));
  }
}

/** Whether names of this section can be missing because a part of the file was unusable. */
function sectionLost({ pruned }: Network, ...sections: string[]): boolean {
  return pruned.some((gone) => gone.length < 2 || (gone.length === 2 && sections.includes(String(gone[0]))));
}

/** The schema has let through only kinds that have a table, with keys of that. */
function madeOf(body: InterfaceBody | MadeBody): Made | null {
  const table = body.kind === undefined ? null : tableOf(body.kind);
  if (table === null) return null;
  const values = Object.entries(body).filter(([name]) => name === "on" || Object.hasOwn(table.options, name));
  return { table, given: Object.fromEntries(values) as Made["given"], lower: null };
}

function addPort(node: Node, name: string, path: Path, body: InterfaceBody | MadeBody): Port {
  const port: Port = { node, name, path, body, plug: null, made: madeOf(body), addresses: [], mtu: 0 };
  node.ports.set(name, port);
  return port;
}

/** Second pass: looks up what each interface's `link` names. The other end of a cable comes into being if need be. */
export function plugIn(network: Network): void {
  const declared = [...network.nodes.values()].flatMap((node) => [...node.ports.values()]);
  for (const port of declared) {
    if (port.body.link === undefined) continue;
    const target = port.body.link;
    const path = linkPath(port);
    if (target.includes(":")) plugCable(network, port, target, path);
    else plugSwitch(network, port, target, path);
  }
  for (const port of declared) if (port.made !== null) stand(port, port.made, network);
  checkDevices(declared, network);
  for (const port of declared) {
    if (
      port.plug !== null ||
      port.made !== null ||
      port.body.link !== undefined ||
      port.body.device !== undefined ||
      lost(network, port.path)
    )
      continue;
    network.problems.error("no-link", `${portLabel(port)} is not plugged into anything`, port.path, {
      at: "key",
      hint: "add link: with the name of a switch, or node:interface; with --host also device: with an interface of the machine",
    });
  }
  for (const port of declared)
    if (port.plug === null && port.made === null && port.body.device === undefined) port.node.incomplete = true;
  for (const { name, path, ports } of network.switches.values()) {
    if (ports.length > MAX_PORTS)
      network.problems.error(
        "too-many-ports",
        `switch ${name} has ${ports.length} ports, a Linux bridge takes ${MAX_PORTS}`,
        path,
        { at: "key", hint: "spread the hosts over several switches with a router between them" },
      );
    if (network.nodes.get(ROOT)!.ports.has(name))
      network.problems.error(
        "duplicate-name",
        `switch ${name} and interface ${name} of root would have the same name in root`,
        path,
        { at: "key", hint: "rename one of them" },
      );
  }
}

/** `eth0: lan` or `eth0: { link: lan }`: the position of the name. The short form has no key for it. */
function linkPath(port: Port): Path {
  return [...port.path, "link"];
}

function plugSwitch(network: Network, port: Port, target: string, path: Path): void {
  const { problems, switches, nodes } = network;
  const to = switches.get(target);
  if (to !== undefined) {
    port.plug = { kind: "switch", to };
    to.ports.push(port);
  } else if (nodes.has(target)) {
    problems.error("unknown-switch", `${target} is a node, not a switch`, path, {
      hint: `for a cable, name an interface of it: "${target}:eth0"`,
    });
  } else if (!sectionLost(network, "switches")) {
    const hint = suggestion(target, [...switches.keys()]);
    problems.error("unknown-switch", `there is no switch ${JSON.stringify(target)}`, path, { hint });
  }
}

function plugCable(network: Network, port: Port, target: string, path: Path): void {
  const { problems, nodes, switches } = network;
  const colon = target.indexOf(":");
  const nodeName = target.slice(0, colon);
  const name = target.slice(colon + 1);
  const node = nodes.get(nodeName);
  if (node === undefined) {
    if (sectionLost(network, "hosts", "routers")) return;
    const hint = (): string | undefined => {
      if (switches.has(nodeName)) return `${nodeName} is a switch: write just "${nodeName}"`;
      const near = nearest(nodeName, nodes.keys());
      return near === null ? suggestion(nodeName, [...nodes.keys()]) : `did you mean "${near}:${name}"?`;
    };
    problems.error("unknown-node", `there is no node ${JSON.stringify(nodeName)}`, path, { hint });
    return;
  }
  const fault = interfaceNameFault(name);
  if (fault !== null) {
    problems.error("interface-name", `the interface name ${JSON.stringify(name)} ${fault}`, path);
    return;
  }
  const other = node.ports.get(name) ?? addPort(node, name, port.path, {});
  if (other === port) {
    problems.error("cable-to-itself", `${portLabel(port)} is plugged into itself`, path, {
      hint: "name the other end of the cable",
    });
    return;
  }
  if (other.made !== null) {
    problems.error("cable-mismatch", `${target} is a ${other.made.table.kind}, not the end of a cable`, path, {
      hint: "name another interface: one that is not declared comes into being",
    });
    return;
  }
  const theirs = other.body.link ?? (other.plug === null ? undefined : labelOf(other.plug));
  if (theirs !== undefined && theirs !== portLabel(port)) {
    problems.error(
      "cable-mismatch",
      `${portLabel(port)} says it is plugged into ${target}, but ${target} is plugged into ${theirs}`,
      path,
      { hint: `a cable has two ends: make both name each other, or plug ${portLabel(port)} into another interface` },
    );
    return;
  }
  port.plug = { kind: "cable", to: other };
  other.plug = { kind: "cable", to: port };
}

function labelOf(plug: NonNullable<Port["plug"]>): string {
  return plug.kind === "switch" ? plug.to.name : portLabel(plug.to);
}
