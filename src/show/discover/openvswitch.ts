/** Open vSwitch switches in the tables: single values, and rows for what has no kernel link. */

import type { OvsBridge, OvsInterface, OvsPort } from "../../model/index.ts";
import { plural } from "../text.ts";
import { referenceText, vlanRanges } from "./words.ts";

/** The port by which the machine itself is on the switch: the link that is called as it. */
export const isOwnPort = ({ name }: OvsPort, bridge: OvsBridge): boolean => name === bridge.name;

/** `3 ports, in user space, secure, controller tcp:192.0.2.1:6653` */
export function switchText(bridge: OvsBridge): string {
  const { ports, datapath, failMode, controllers } = bridge;
  return [
    plural(ports.filter((port) => !isOwnPort(port, bridge)).length, "port"),
    ...(datapath === "system" ? [] : datapath === "netdev" ? ["in user space"] : [`datapath ${datapath}`]),
    ...(failMode === null ? [] : [failMode]),
    ...controllers.map(({ target, connected }) => `controller ${target}${connected ? "" : " (not connected)"}`),
  ].join(", ");
}

/** `10 untagged, 20-30`; nothing for a port of all VLANs. */
export function ovsVlans({ tag, trunks, vlanMode }: OvsPort): string {
  const others = trunks.length === 0 ? [] : [vlanRanges(trunks)];
  if (tag === null || vlanMode === "trunk") return others.join("");
  if (vlanMode === null || vlanMode === "access") return `${tag} untagged`;
  const word = vlanMode === "native-untagged" ? "untagged" : vlanMode === "native-tagged" ? "native" : vlanMode;
  if (vlanMode === "dot1q-tunnel") return `${tag} ${word}`;
  return [`${tag} ${word}`, ...(others.length === 0 ? ["all"] : others)].join(", ");
}

export const bondText = ({ bondMode }: OvsPort): string => `ovs bond${bondMode === null ? "" : ` ${bondMode}`}`;

/** `ovs vxlan 42`, `ovs patch`, `ovs internal` */
export function ovsKind({ type, options }: OvsInterface): string {
  const key = options["key"] ?? options["out_key"] ?? "";
  return `ovs ${type}${/^\d+$/.test(key) ? ` ${key}` : ""}`;
}

/** Where an interface leads that is in the switch only. */
export function ovsGoal({ type, link, peer, options, error }: OvsInterface): string {
  if (error !== null) return error;
  if (link !== null) return referenceText(link);
  if (peer !== null) return `${peer.port} in ${peer.bridge}`;
  if (type === "system") return "no link of that name";
  if (type === "patch") return `${options["peer"] ?? "nothing"}, which is not there`;
  const { remote_ip: remote, local_ip: local, dst_port: port } = options;
  if (remote === undefined) return "";
  return `${local ?? "any"} → ${remote === "flow" ? "any" : remote}${port === undefined ? "" : ` udp ${port}`}`;
}

/** All that was set. */
export function aboutPort({ bondMode, lacp, vlanMode, interfaces }: OvsPort, one: OvsInterface): string {
  return [
    ...(interfaces.length > 1 ? [`bond${bondMode === null ? "" : ` ${bondMode}`}`] : []),
    ...(lacp === null ? [] : [`lacp ${lacp}`]),
    ...(vlanMode === null ? [] : [vlanMode]),
    ...Object.entries(one.options).map(([name, value]) => `${name} ${value}`),
    ...(one.link === null || one.type === "system" ? [] : [`is ${referenceText(one.link)}`]),
    ...(one.error === null ? [] : [one.error]),
  ].join(", ");
}
