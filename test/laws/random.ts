// Random networks, mostly small: switches of either IP version, hosts and routers on them, cables between nodes and to root,
// addresses that are given or picked, routes and gateways, settings, NAT, published ports, packet filters.

import fc from "fast-check";
import type { Topology } from "../../src/topology/index.ts";

type NodeBody = NonNullable<NonNullable<Topology["hosts"]>[string]>;

/** Most nodes of a network. */
export const LARGEST = 40;

/** Now and then: most nodes have none of it. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const node = fc.record({
  router: fc.boolean(),
  plugs: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
  /** Of interfaces on switches; null: picked. */
  address: fc.option(fc.integer({ min: 20, max: 200 }), { freq: 2 }),
  /** A second one of the same network, in front of it or behind. */
  second: seldom(fc.constantFrom("before", "behind")),
  mtu: seldom(fc.integer({ min: 1280, max: 9000 })),
  mac: fc.boolean(),
  down: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  blackhole: fc.boolean(),
  /** By the node's cables, if it has any. */
  routes: fc.uniqueArray(
    fc.constantFrom("six", "several", "device", "default", "table", "source", "near", "unreachable"),
    {
      maxLength: 3,
    },
  ),
  gateway: seldom(fc.constantFrom("none", "cable")),
  sysctls: seldom(
    fc.constantFrom(
      { "net.ipv4.conf.all.rp_filter": 2 },
      { "net.ipv4.ip_local_port_range": "2000 3000", "net.ipv4.ip_default_ttl": 77 },
    ),
  ),
  nat: seldom(fc.constantFrom("masquerade", "from", "both", "snat", "home", "corporate")),
  publish: fc.boolean(),
  firewall: seldom(
    fc.uniqueArray(
      fc.constantFrom(
        "allow established",
        "allow tcp/22,80-90 from 10.0.0.0/8",
        "drop icmp from 10.0.0.0/16 limit 3/minute",
        "reject udp/53 on input",
        "allow all from inside",
        "drop invalid log",
      ),
      { maxLength: 4 },
    ),
  ),
});

const size = fc.oneof(
  { weight: 24, arbitrary: fc.constant(5) },
  { weight: 5, arbitrary: fc.constant(12) },
  { weight: 1, arbitrary: fc.constant(LARGEST) },
);

export const networks = size.chain((most) =>
  fc.record({
    switches: fc.array(fc.record({ families: fc.constantFrom("4", "6", "46"), gateway: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
    nodes: fc.array(node, { minLength: 1, maxLength: most, size: "max" }),
    cables: fc.uniqueArray(fc.tuple(fc.nat(most), fc.nat(most)), {
      maxLength: 6,
      selector: (pair) => [...pair].sort((a, b) => a - b).join(),
    }),
    rootCable: fc.boolean(),
    forwarding: fc.boolean(),
  }),
);

export type Network = typeof networks extends fc.Arbitrary<infer T> ? T : never;

export function topologyOf(network: Network): Topology {
  const switches = Object.fromEntries(
    network.switches.map(({ families, gateway }, number) => [`s${number}`, switchOf(number, families, gateway)]),
  );
  const bodies = network.nodes.map((one, number) => ({
    ...one,
    name: `n${number}`,
    body: bodyOf(one, number, network),
    /** Numbers of those that begin here. */
    cables: [] as number[],
  }));
  network.cables.forEach(([left, right], number) => {
    const [a, b] = [bodies[left], bodies[right]];
    if (!a || !b || a === b) return;
    const end = (other: string, last: number) => ({
      link: `${other}:c${number}`,
      address: [`10.200.${number}.${last}/30`, `fd00:c:${number}::${last}/64`],
    });
    a.body.interfaces![`c${number}`] = end(b.name, 1);
    b.body.interfaces![`c${number}`] = end(a.name, 2);
    a.body.routes = [...(a.body.routes ?? []), { to: `10.201.${number}.0/24`, via: `10.200.${number}.2` }];
    a.cables.push(number);
  });
  for (const each of bodies) route(each);
  for (const { body, router, nat, publish } of bodies) if (router) translate(body, nat, publish);
  const section = (router: boolean) =>
    Object.fromEntries(bodies.filter((each) => each.router === router).map(({ name, body }) => [name, body]));
  if (network.rootCable) bodies[0]!.body.interfaces!["up0"] = { link: "root:up0", address: "192.0.2.2/24" };
  const root = {
    ...(network.forwarding ? { forwarding: true } : {}),
    ...(network.rootCable ? { interfaces: { up0: { link: "n0:up0", address: "192.0.2.1/24" } } } : {}),
  };
  return {
    root,
    switches,
    hosts: section(false),
    routers: section(true),
    groups: { inside: ["10.0.0.0/16", "10.9.0.1", "fd00::/16"] },
  };
}

function switchOf(number: number, families: string, gateway: boolean) {
  const [four, six] = [families.includes("4"), families.includes("6")];
  return {
    subnet: [...(four ? [`10.${number}.0.0/24`] : []), ...(six ? [`fd00:0:0:${number}::/64`] : [])],
    ...(gateway && four ? { address: `10.${number}.0.1/24` } : {}),
  };
}

function bodyOf(one: Network["nodes"][number], number: number, { switches }: Network): NodeBody {
  const interfaces = one.plugs.flatMap((plug) => {
    const families = switches[plug]?.families;
    if (families === undefined) return [];
    const last = one.address === null ? null : (one.address % 5) * 40 + number + 10;
    const four = one.second === null ? [last] : one.second === "before" ? [251 - number, last] : [last, 251 - number];
    const given = [
      ...(families.includes("4") ? four.map((each) => `10.${plug}.0.${each}`) : []),
      ...(families.includes("6") ? [`fd00:0:0:${plug}::${last}`] : []),
    ];
    const body = {
      link: `s${plug}`,
      ...(last === null ? {} : { address: given }),
      ...(one.mtu === null ? {} : { mtu: one.mtu }),
      ...(one.mac
        ? { mac: `02:00:00:00:${plug.toString(16).padStart(2, "0")}:${number.toString(16).padStart(2, "0")}` }
        : {}),
      ...(one.down ? { up: false } : {}),
    };
    return [[`eth${plug}`, Object.keys(body).length === 1 ? body.link : body] as const];
  });
  return {
    interfaces: Object.fromEntries(interfaces),
    ...(one.blackhole ? { routes: [{ to: "10.66.0.0/16", type: "blackhole" as const, metric: 7 }] } : {}),
    ...(one.sysctls === null ? {} : { sysctls: one.sysctls }),
    ...(one.gateway === "none" ? { gateway: [] } : {}),
    ...(one.firewall === null ? {} : { firewall: { forward: "drop" as const, rules: one.firewall } }),
  };
}

type RouteBody = NonNullable<NodeBody["routes"]>[number];

function route({
  body,
  routes,
  gateway,
  cables,
}: Network["nodes"][number] & { body: NodeBody; cables: readonly number[] }): void {
  const [first] = cables;
  if (first === undefined) return;
  const via = `10.200.${first}.2`;
  const dev = `c${first}`;
  const ways: Readonly<Record<(typeof routes)[number], RouteBody>> = {
    six: { to: "fd99::/64", via: `fd00:c:${first}::2`, metric: 7 },
    several: { to: "10.205.0.0/24", via: cables.map((number) => `10.200.${number}.2`) },
    device: { to: "10.202.0.7", dev },
    default: { to: "default", via, metric: 50 },
    table: { to: "default", via, table: 100 },
    source: { to: "10.204.0.0/24", via, source: `10.200.${first}.1` },
    near: { to: "fd98::/64", via: "fe80::1", dev },
    unreachable: { to: "10.67.0.0/16", type: "unreachable" },
  };
  body.routes = [...(body.routes ?? []), ...routes.map((way) => ways[way])];
  if (gateway === "cable") body.gateway = via;
}

function translate(body: NodeBody, nat: string | null, publish: boolean): void {
  const [out] = Object.entries(body.interfaces ?? {}).filter(
    ([, value]) => JSON.stringify(value).includes("10.") || typeof value === "string",
  );
  if (out === undefined) return;
  const [link] = out;
  const entries = {
    masquerade: { masquerade: link },
    from: { masquerade: link, from: ["172.16.0.0/12", "192.168.7.7"] },
    both: { masquerade: link, ipv6: "masquerade" },
    snat: { snat: { out: link, to: "203.0.113.8-203.0.113.15", ports: "1024-4095" } },
    home: { masquerade: link, type: "home" },
    corporate: { masquerade: link, from: "172.16.0.0/12", type: "corporate" },
  } as const;
  if (nat !== null) body.nat = [entries[nat as keyof typeof entries]] as NonNullable<NodeBody["nat"]>;
  const cable = Object.entries(body.interfaces ?? {}).find(([name]) => name.startsWith("c"));
  const near = cable === undefined ? null : (cable[1] as { address: string[] }).address[0]!.split("/")[0]!;
  if (publish && near !== null) {
    const other = near.endsWith(".1") ? near.replace(/1$/, "2") : near.replace(/2$/, "1");
    body.publish = [{ port: "8000-8003", protocol: "both", to: `${other}:9000-9003` }];
  }
}
