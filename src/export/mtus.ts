/** Where an MTU has to be written: netloom gives an interface its switch's, or the other end's, else 1500. */

import type { LinkRef, Model } from "../model/index.ts";
import type { Wiring } from "./wiring.ts";

const DEFAULT_MTU = 1500;

export interface Mtus {
  /** null: it goes without saying. */
  readonly ofSwitch: (name: string) => number | null;
  readonly ofPort: (node: string, link: string) => number | null;
}

export function portMtus(model: Model, { switches, sockets }: Wiring): Mtus {
  const ofSwitches = new Map<string, number>();
  const ofPorts = new Map<string, number>();
  const key = ({ namespace, link }: LinkRef): string => `${namespace}\0${link}`;
  const onSwitch = new Map<string, { key: string; mtu: number }[]>(switches.map(({ name }) => [name, []]));
  const cables = new Map<string, number>();
  for (const { name } of model.namespaces) {
    for (const [port, { link, plug }] of sockets.get(name) ?? []) {
      const own = key({ namespace: name, link: port });
      if (plug.kind === "switch") onSwitch.get(plug.to)!.push({ key: own, mtu: link.mtu });
      else if (plug.kind === "cable") {
        const other = cables.get(key(plug.to));
        cables.set(own, link.mtu);
        // The first end sets it for both, unless they differ.
        if (other === undefined && link.mtu !== DEFAULT_MTU) ofPorts.set(own, link.mtu);
        if (other === undefined || link.mtu === other) continue;
        ofPorts.set(key(plug.to), other).set(own, link.mtu);
      }
    }
  }
  for (const { name, mtu } of switches) {
    const ports = onSwitch.get(name)!;
    const least = ports.reduce((smallest, port) => Math.min(smallest, port.mtu), ports[0]?.mtu ?? DEFAULT_MTU);
    const odd = ports.filter((port) => port.mtu !== DEFAULT_MTU);
    const others = ports.filter((port) => port.mtu !== mtu);
    const silent = mtu === least && odd.length <= others.length + 1 && !(odd.length === 1 && others.length === 0);
    if (!silent) ofSwitches.set(name, mtu);
    for (const port of silent ? odd : others) ofPorts.set(port.key, port.mtu);
  }
  return {
    ofSwitch: (name) => ofSwitches.get(name) ?? null,
    ofPort: (node, link) => ofPorts.get(key({ namespace: node, link })) ?? null,
  };
}
