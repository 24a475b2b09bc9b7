/** What a picture of a running lab needs beside its model: where tunnels lead, and what stands on what. */

import type { Discovery, Model, OvsBridge } from "../model/index.ts";
import type { LabClient } from "../sandbox/index.ts";
import type { LinkFacts, LinkStates } from "../show/draw/index.ts";

/** For the picture of a discovery. */
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

/** Of a switch of Open vSwitch: those that the kernel knows nothing of, in the kernel's terms. */
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

/** `details` as the lab's `observe` gave them. Nothing more is asked for where there are only cables and switches. */
export async function linkStates(client: LabClient, model: Model, details: LinkStates): Promise<LinkStates> {
  const isPlain = model.namespaces.every(({ links }) =>
    links.every((link) => link.kind !== "other" && (link.kind !== "veth" || link.peer !== null)),
  );
  if (isPlain) return details;
  const known = statesOf(await client.request<Discovery>("discover", { depth: "overview" }));
  const places = Object.entries(details).map(([name, links]) => {
    const more = known[name] ?? {};
    return [name, Object.fromEntries(Object.entries(links).map(([link, own]) => [link, { ...own, ...more[link] }]))];
  });
  return Object.fromEntries(places);
}
