// What a file has no place for, without a kernel: each with its place in the list.

import { expect, test } from "vitest";
import type { DiscoveredLink, DiscoveredNamespace, Discovery, Model } from "../../src/model/index.ts";
import { exportTopology, writeTopology } from "../../src/export/index.ts";
import { parseTopology, resolveTopology } from "../../src/topology/index.ts";

//   a ──── b
const { model } = resolveTopology(
  {
    hosts: {
      a: { interfaces: { eth0: { link: "b:eth0", address: "10.0.0.1/24" } } },
      b: { interfaces: { eth0: { address: "10.0.0.2/24" } } },
    },
  },
  { name: "lab" },
);

const bare = (name: string): DiscoveredNamespace => ({
  name,
  inode: 1,
  container: null,
  sharers: [],
  processes: [],
  handles: [],
  links: [],
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
});

function discovery(...changes: Partial<DiscoveredNamespace>[]): Discovery {
  const namespaces = changes.map((change) => ({ ...bare("a"), ...change }));
  return { model, namespaces, openvswitch: [], unseen: [], remarks: [] };
}

const lost = (model: Model, found?: Discovery): string[] =>
  exportTopology(model, found === undefined ? {} : { discovery: found }).unexpressed.map(({ place }) => place);

test("rules of iptables-legacy", () => {
  const table = (origin: "iptables-legacy" | "iptables-nft") =>
    ({ origin, family: "ip", table: "filter", sets: 0, chains: [] }) as const;
  expect(lost(model, discovery({ netfilter: [table("iptables-legacy")] }))).toEqual(["a iptables-legacy filter"]);
  // Control: those of iptables-nft are in the model, and no business of this.
  expect(lost(model, discovery({ netfilter: [table("iptables-nft")] }))).toEqual([]);
});

test("servers that were typed, but not those that the file asks for", () => {
  const processes = [{ pid: 7, command: "dnsmasq" }];
  const socket = (port: number) =>
    ({ protocol: "udp", family: 4, address: "0.0.0.0", port, link: null, processes }) as const;
  const found = discovery({ sockets: [socket(53), socket(67)] });
  const [only] = exportTopology(model, { discovery: found }).unexpressed;
  expect(only).toMatchObject({ place: "a process dnsmasq", why: expect.stringContaining("listens on udp/53, udp/67") });
  const serving = resolveTopology({ hosts: { a: { dns: true } } }, { name: "lab" }).model;
  expect(lost(serving, found)).toEqual([]);
});

test("switches of Open vSwitch", () => {
  const bridge = {
    namespace: "a",
    name: "br-int",
    datapath: null,
    ports: [],
  } as unknown as Discovery["openvswitch"][number];
  expect(lost(model, { ...discovery(), openvswitch: [bridge] })).toEqual(["a br-int"]);
});

test("namespaces that have no name", () => {
  const found = discovery({ name: "bash-12", processes: [{ pid: 12, command: "bash" }] });
  expect(lost(model, found)).toEqual(["namespace bash-12"]);
});

test("sysctls of interfaces that the file has not, or cannot name", () => {
  const namespaces = model.namespaces.map((each) =>
    each.name !== "a"
      ? each
      : {
          ...each,
          links: [
            ...each.links,
            {
              kind: "other",
              type: "macvlan",
              name: "mv0",
              up: true,
              mtu: 1500,
              mac: null,
              master: null,
              altnames: [],
            } as const,
          ],
          sysctls: {
            "net.ipv4.conf.mv0.rp_filter": "1",
            "net.ipv4.conf.eth0/7.rp_filter": "1",
            "net.ipv4.conf.eth0.rp_filter": "1",
          },
        },
  );
  const exported = exportTopology({ ...model, namespaces });
  expect(exported.topology.hosts!["a"]).toMatchObject({ sysctls: { "net.ipv4.conf.eth0.rp_filter": 1 } });
  expect(exported.unexpressed.map(({ place }) => place)).toEqual([
    "a mv0",
    "a sysctl net.ipv4.conf.mv0.rp_filter = 1",
    "a sysctl net.ipv4.conf.eth0/7.rp_filter = 1",
  ]);
  expect(() => parseTopology(writeTopology(exported), "x.yaml")).not.toThrow();
});

test("hardware addresses are left out if asked, and that is said", () => {
  const other = model.namespaces.map((each) => ({
    ...each,
    links: each.links.map((link) => (link.name === "eth0" ? { ...link, mac: `02:00:00:00:00:0${each.name}` } : link)),
  }));
  const typed = { ...model, namespaces: other };
  const text = (macs: boolean): string => writeTopology(exportTopology(typed, { macs }));
  expect(text(true)).toContain("mac: 02:00:00:00:00:0a");
  expect(text(false)).not.toContain("mac:");
  expect(text(false)).toContain("#   hardware addresses of a, b: they were omitted: netloom assigns its own");
  // Where there is nothing to leave out, nothing is said.
  expect(writeTopology(exportTopology(model, { macs: false }))).not.toContain("hardware addresses");
});

test("rules that select by more than a file can say", () => {
  const rule = {
    priority: 101,
    family: 4,
    selects: "not to 10.2.0.0/16",
    action: "table 101",
    model: false,
    gone: false,
  } as const;
  expect(lost(model, discovery({ rules: [rule] }))).toEqual(["a rule 101 not to 10.2.0.0/16"]);
  // Control: one that the model has, which the writing of rules takes care of.
  expect(lost(model, discovery({ rules: [{ ...rule, model: true }] }))).toEqual([]);
});

test("what routes say beyond a destination and a way", () => {
  const note = {
    family: 4,
    to: "10.9.0.0/16",
    table: 254,
    metric: 0,
    about: "mtu 1300",
    by: null,
    wraps: false,
  } as const;
  expect(lost(model, discovery({ routeNotes: [note] }))).toEqual(["a route to 10.9.0.0/16 mtu 1300"]);
});

//   a ──── b, and a route of a's to 10.9.0.0/16 by way of b
const routed = resolveTopology(
  {
    hosts: {
      a: {
        interfaces: { eth0: { link: "b:eth0", address: "10.0.0.1/24" } },
        routes: [{ to: "10.9.0.0/16", via: "10.0.0.2" }],
      },
      b: { interfaces: { eth0: { address: "10.0.0.2/24" } } },
    },
  },
  { name: "lab" },
).model;

test("a route that wraps packets is not in the file, one with an MTU is", () => {
  const told = (about: string, wraps: boolean) => {
    const note = { family: 4, to: "10.9.0.0/16", table: 254, metric: 0, about, by: null, wraps } as const;
    return exportTopology(routed, { discovery: discovery({ routeNotes: [note] }) });
  };
  const places = ({ unexpressed }: { unexpressed: readonly { place: string }[] }) =>
    unexpressed.map(({ place }) => place);
  const wrapping = told("encap ip", true);
  expect(wrapping.topology.hosts!["a"]).not.toHaveProperty("routes");
  expect(places(wrapping)).toEqual(["a route to 10.9.0.0/16 encap ip"]);
  const short = told("mtu 1300", false);
  expect(short.topology.hosts!["a"]).toHaveProperty("routes", [{ to: "10.9.0.0/16", via: "10.0.0.2" }]);
  expect(places(short)).toEqual(["a route to 10.9.0.0/16 mtu 1300"]);
});

test("routes for some packets only, and those of a daemon", () => {
  const [route] = routed.namespaces.find(({ name }) => name === "a")!.routes;
  expect(lost(routed, discovery({ selectiveRoutes: [{ ...route!, about: "tos 0x10" }] }))).toEqual([
    "a route to 10.9.0.0/16 tos 0x10",
  ]);
  const note = { family: 4, to: "10.9.0.0/16", table: 254, metric: 0, about: "", by: "bird", wraps: false } as const;
  const { topology, unexpressed } = exportTopology(routed, { discovery: discovery({ routeNotes: [note] }) });
  expect(topology.hosts!["a"]).toHaveProperty("routes");
  expect(unexpressed).toMatchObject([{ place: "a routes of bird", weight: "other" }]);
});

test("entries of tables of bridges, but not a switch's own", () => {
  const { model: switched } = resolveTopology(
    { switches: { s: {} }, hosts: { a: { interfaces: { eth0: "s" } } } },
    { name: "lab" },
  );
  const [own] = switched.namespaces[0]!.links.flatMap(({ name, mac }) => (name === "a-eth0" ? mac! : []));
  const entry = (mac: string, state: "learned" | "static" | "permanent") => ({
    link: "a-eth0",
    bridge: "s",
    mac,
    vlan: null,
    remote: null,
    state,
  });
  const entries = [
    entry(own!, "permanent"),
    entry("02:00:00:00:00:01", "learned"),
    entry("02:00:00:00:00:02", "static"),
    entry("02:00:00:00:00:03", "permanent"),
  ];
  expect(lost(switched, discovery({ name: "root", forwarding: entries }))).toEqual([
    "root forwarding of 02:00:00:00:00:02 to a-eth0",
    "root forwarding of 02:00:00:00:00:03 to a-eth0",
  ]);
});

test("neighbours that are answered for, IPsec, multicast routes, rules that were taken away", () => {
  const neighbour = { link: "eth0", family: 4, address: "10.0.0.50", mac: null, router: false } as const;
  const rule = {
    priority: 32_767,
    family: 4,
    selects: "all",
    action: "table default",
    model: false,
    gone: true,
  } as const;
  const found = discovery({
    neighbours: [
      { ...neighbour, state: "proxy" },
      { ...neighbour, address: "10.0.0.2", state: "reachable" },
    ],
    otherRoutes: { "IPv4 multicast": 3 },
    ipsec: { policies: 2, states: 4 },
    rules: [rule, { ...rule, family: 6 }],
  });
  expect(lost(model, found)).toEqual([
    "a neighbour proxy 10.0.0.50 on eth0",
    "a IPv4 multicast routes (3)",
    "a IPsec (policies: 2, states: 4)",
    "a rule 32767 all, removed",
    "a rule 32767 IPv6 all, removed",
  ]);
});

test("settings of links, switches and ports", () => {
  //   a ── s
  const { model: switched } = resolveTopology(
    { switches: { s: {} }, hosts: { a: { interfaces: { eth0: "s" } } } },
    { name: "lab" },
  );
  const bareLink = {
    index: 1,
    kind: "veth",
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
  } as const;
  const none = { packets: 0, bytes: 0, errors: 0, dropped: 0 };
  const of = (name: string, more: Partial<DiscoveredLink>) => ({
    ...bareLink,
    received: none,
    sent: none,
    name,
    ...more,
  });
  const root = [
    of("s", { settings: { hello_time: 100 } }),
    of("a-eth0", { settings: { "port hairpin": "on" }, portState: "blocking", alias: 'the "first"' }),
    of("lo", {}),
  ];
  const inA = [of("eth0", { settings: { arp: "off" }, pointToPoint: { "10.0.0.1": "10.0.0.2/32" } })];
  const found = discovery({ name: "root", links: root }, { name: "a", links: inA });
  expect(lost(switched, found)).toEqual([
    "switch s hello_time 100",
    "root a-eth0 port hairpin on",
    'root a-eth0 alias "the \\"first\\""',
    "root a-eth0 port state blocking",
    "a eth0 10.0.0.1 peer 10.0.0.2/32",
    "a eth0 arp off",
  ]);
  // What the machine has set of a card of its own stays as it is.
  const lent = resolveTopology({ hosts: { a: { interfaces: { eth0: { device: "eth7" } } } } }, { name: "lab" }).model;
  expect(lost(lent, discovery({ name: "a", links: [of("eth0", { settings: { group: 7 }, alias: "first" })] }))).toEqual(
    [],
  );
  // The spanning tree protocol blocks ports by itself.
  const spanning = {
    ...switched,
    namespaces: switched.namespaces.map((each) => ({
      ...each,
      links: each.links.map((one) => (one.kind === "bridge" ? { ...one, stp: true } : one)),
    })),
  };
  expect(lost(spanning, found)).toContain("switch s stp");
  expect(lost(spanning, found)).not.toContain("root a-eth0 port state blocking");
});

test("what addresses say beyond themselves", () => {
  const note = { link: "eth0", address: "10.0.0.1", about: "noprefixroute" };
  expect(lost(model, discovery({ addressNotes: [note] }))).toEqual(["a eth0 10.0.0.1 noprefixroute"]);
});

test("a node whose name a file cannot have is told of once, with the reason", () => {
  const strange = model.namespaces.map((each) =>
    each.name === "root"
      ? each
      : {
          ...each,
          name: `we ird ${each.name}`,
          links: each.links.filter(({ kind }) => kind === "loopback"),
          addresses: [],
        },
  );
  const found = exportTopology({ ...model, namespaces: strange }).unexpressed;
  expect(found).toMatchObject([
    { place: "node we ird a", why: expect.stringContaining("may only have letters") },
    { place: "node we ird b", why: expect.stringContaining("may only have letters") },
  ]);
});
