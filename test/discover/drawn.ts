// A machine of one namespace that was never read, for what tables say of it.

import type { DiscoveredLink, Discovery, Link } from "../../src/model/index.ts";

const none = { packets: 0, bytes: 0, errors: 0, dropped: 0 };
const PLAIN_LINK = {
  operational: "UP",
  carrier: true,
  promiscuous: false,
  alias: null,
  peer: null,
  parent: null,
  elsewhere: null,
  details: {},
  settings: {},
  portState: null,
  pointToPoint: {},
  vlans: [],
  users: [],
  qdiscs: [],
  received: none,
  sent: none,
} as const;

export type Given = Partial<DiscoveredLink> & { readonly name: string; readonly master?: string };

export function machineOf(given: readonly Given[]): Discovery {
  const links = given.map(({ name, kind = "veth", master = null }): Link => {
    const common = { name, up: true, mtu: 1500, mac: null, master, altnames: [] };
    if (kind === "veth") return { ...common, kind, peer: null };
    if (kind === "bridge") return { ...common, kind, stp: false, multicastSnooping: true };
    return { ...common, kind: "other", type: kind };
  });
  return {
    model: {
      name: "machine",
      namespaces: [
        {
          name: "root",
          forwarding: { ipv4: false, ipv6: false },
          links,
          addresses: [],
          routes: [],
          rules: [],
          neighbours: [],
          sysctls: {},
          netfilter: [],
          services: [],
          nameService: null,
        },
      ],
    },
    namespaces: [
      {
        name: "root",
        inode: 1,
        container: null,
        sharers: [],
        processes: [],
        handles: [],
        neighbours: [],
        rules: [],
        routeNotes: [],
        selectiveRoutes: [],
        otherRoutes: {},
        ipsec: { policies: 0, states: 0 },
        addressNotes: [],
        forwarding: [],
        localRoutes: [],
        sockets: [],
        netfilter: [],
        links: given.map(({ master: _below, ...link }, at) => ({
          ...PLAIN_LINK,
          kind: "veth",
          index: at + 2,
          ...link,
        })),
      },
    ],
    openvswitch: [],
    unseen: [],
    remarks: [],
  };
}
