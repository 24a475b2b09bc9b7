import * as fc from "fast-check";
import type {
  AddressMessage,
  BridgeData,
  BridgePortData,
  LinkBody,
  LinkInfo,
  LinkMessage,
  LinkPropertyMessage,
  NamespaceIdMessage,
  NeighbourMessage,
  NetconfMessage,
  RawAttribute,
  RouteMessage,
  RouteNetlinkMessage,
  RouteNextHop,
  RuleMessage,
} from "../../src/netlink/index.ts";

// Messages of every kind in the form that decoding gives them: fields of fixed headers present, attributes present or not.

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff),
);
const i32 = fc.oneof(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.constantFrom(-2, -1, 0, 1));
const value = fc.uint8Array({ maxLength: 40 });
/** Text with every sort of character but NUL; now and then with bytes that are no UTF-8. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }).filter((one) => !one.includes("\0")),
  fc.string({ unit: "binary", maxLength: 8 }).filter((one) => !one.includes("\0") && !/\p{Surrogate}/u.test(one)),
  fc
    .uint8Array({ min: 0x80, max: 0xbf, minLength: 1, maxLength: 6 })
    .map((bytes) => String.fromCharCode(...Array.from(bytes, (byte) => 0xdc00 + byte))),
);

/** Attributes that the codec has no name for, of types from 200 on, with and without the two flag bits. */
const raw: fc.Arbitrary<RawAttribute> = fc.record({
  type: fc
    .tuple(fc.integer({ min: 200, max: 0x3fff }), fc.constantFrom(0, 0x4000, 0x8000, 0xc000))
    .map(([type, flags]) => type | flags),
  value,
});
const unknown = fc.array(raw, { minLength: 1, maxLength: 3 });

/** A record whose first fields are there and whose others may be missing. */
function record<T extends object>(
  required: { [K in keyof T]?: fc.Arbitrary<T[K]> },
  optional: { [K in keyof T]?: fc.Arbitrary<NonNullable<T[K]>> },
): fc.Arbitrary<T> {
  const keys = Object.keys(required) as never[];
  return fc.record({ ...required, ...optional }, { requiredKeys: keys }).map((one) => ({ ...one }) as T);
}

const bridge: fc.Arbitrary<BridgeData> = record<BridgeData>(
  {},
  { forwardDelay: u32, ageingTime: u32, stpState: u32, vlanFiltering: u8, multicastSnooping: u8, unknown },
);
const port: fc.Arbitrary<BridgePortData> = record<BridgePortData>({}, { state: u8, unknown });

const plainLink = {
  name: text,
  address: value,
  broadcast: value,
  mtu: u32,
  link: u32,
  linkNetnsId: i32,
  master: u32,
  operState: u8,
  group: u32,
  txQueueLength: u32,
  gsoMaxSize: u32,
  gsoMaxSegments: u32,
  groMaxSize: u32,
  linkMode: u8,
  txQueues: u32,
  rxQueues: u32,
  promiscuity: u32,
  carrier: u8,
  alias: text,
  altNames: fc.array(text, { maxLength: 3 }),
  netNsFd: u32,
  netNsPid: u32,
  targetNetnsId: i32,
  extMask: u32,
  altName: text,
  inetConf: fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 40 }), i32), { maxLength: 5, selector: ([index]) => index })
    .map((list) => new Map(list)),
  addrGenMode: u8,
  inetUnknown: unknown,
  inet6Unknown: unknown,
  afUnknown: unknown,
  stats64: fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { maxLength: 4 }),
  unknown,
};
const linkHeader = { family: fc.constantFrom(0, 2, 10), deviceType: u16, index: i32, flags: u32, change: u32 };
const peer: fc.Arbitrary<LinkBody> = record<LinkBody>(linkHeader, plainLink);

const info: fc.Arbitrary<LinkInfo> = fc.oneof(
  record<LinkInfo>({ kind: fc.constant("veth") }, { peer, slaveKind: fc.constant("bond"), unknown }),
  record<LinkInfo>({ kind: fc.constant("veth"), peer }, { data: unknown }),
  record<LinkInfo>({ kind: fc.constant("bridge") }, { bridge, unknown }),
  record<LinkInfo>(
    { kind: fc.constantFrom("vxlan", "macvlan", "") },
    { data: fc.array(raw, { maxLength: 3 }), unknown },
  ),
);

/** A bridge port says so in its link info, or, in the bridge family, by itself. */
const linkBody: fc.Arbitrary<LinkBody> = fc.oneof(
  record<LinkBody>(linkHeader, { ...plainLink, info }),
  fc
    .tuple(record<LinkBody>(linkHeader, plainLink), info, port)
    .map(([body, base, bridgePort]) => ({ ...body, info: { ...base, slaveKind: "bridge" }, bridgePort })),
  fc.tuple(peer, fc.option(port, { nil: undefined })).map(([body, bridgePort]) => {
    const {
      inetConf: _conf,
      addrGenMode: _mode,
      inetUnknown: _inet,
      inet6Unknown: _inet6,
      afUnknown: _af,
      ...rest
    } = body;
    return { ...rest, family: 7, ...(bridgePort === undefined ? {} : { bridgePort }) };
  }),
);

const command = fc.constantFrom("new", "delete", "get");
const via = fc.record({ family: u16, address: value });
const nextHop: fc.Arbitrary<RouteNextHop> = record<RouteNextHop>(
  { flags: u8, hops: u8, index: i32 },
  { gateway: value, via, flow: u32, encapType: u16, unknown },
);

const link: fc.Arbitrary<LinkMessage> = fc
  .tuple(linkBody, fc.constantFrom("new", "delete", "get", "set"))
  .map(([body, which]) => ({ ...body, kind: "link", command: which }));
const linkProperty: fc.Arbitrary<LinkPropertyMessage> = fc
  .tuple(linkBody, command)
  .map(([body, which]) => ({ ...body, kind: "linkproperty", command: which }));
const address = record<AddressMessage>(
  { kind: fc.constant("address"), command, family: u8, prefixLength: u8, scope: u8, index: u32, flags: u32 },
  {
    local: value,
    address: value,
    broadcast: value,
    label: text,
    cacheInfo: fc.record({ preferred: u32, valid: u32, created: u32, updated: u32 }),
    routePriority: u32,
    protocol: u8,
    targetNetnsId: i32,
    unknown,
  },
);
const route = record<RouteMessage>(
  {
    kind: fc.constant("route"),
    command,
    family: u8,
    destinationLength: u8,
    sourceLength: u8,
    tos: u8,
    table: u32,
    protocol: u8,
    scope: u8,
    type: u8,
    flags: u32,
  },
  {
    destination: value,
    source: value,
    inputIndex: u32,
    outputIndex: u32,
    gateway: value,
    via,
    priority: u32,
    preferredSource: value,
    multipath: fc.array(nextHop, { maxLength: 4 }),
    mark: u32,
    uid: u32,
    ipProtocol: u8,
    sourcePort: u16,
    destinationPort: u16,
    metrics: fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 15 }), u32), { maxLength: 4, selector: ([metric]) => metric })
      .map((list) => new Map(list)),
    expires: u32,
    nextHopId: u32,
    preference: u8,
    cacheInfo: value,
    flow: u32,
    encapType: u16,
    unknown,
  },
);
const rule = record<RuleMessage>(
  {
    kind: fc.constant("rule"),
    command,
    family: u8,
    destinationLength: u8,
    sourceLength: u8,
    tos: u8,
    table: u32,
    action: u8,
    flags: u32,
  },
  {
    destination: value,
    source: value,
    inputName: text,
    outputName: text,
    goto: u32,
    priority: u32,
    mark: u32,
    markMask: u32,
    protocol: u8,
    suppressPrefixLength: i32,
    unknown,
  },
);
const neighbour = record<NeighbourMessage>(
  { kind: fc.constant("neighbour"), command, family: u8, index: i32, state: u16, flags: u8, type: u8 },
  { destination: value, linkAddress: value, vlan: u16, master: u32, unknown },
);
const nsid = record<NamespaceIdMessage>(
  { kind: fc.constant("nsid"), command },
  { id: i32, pid: u32, fd: u32, targetId: i32, currentId: i32, unknown },
);
const netconf = record<NetconfMessage>(
  { kind: fc.constant("netconf"), command, family: u8 },
  {
    index: i32,
    forwarding: i32,
    rpFilter: i32,
    multicastForwarding: i32,
    proxyNeighbour: i32,
    ignoreRoutesWithLinkDown: i32,
    unknown,
  },
);

export const byKind: Readonly<Record<RouteNetlinkMessage["kind"], fc.Arbitrary<RouteNetlinkMessage>>> = {
  link,
  linkproperty: linkProperty,
  address,
  route,
  rule,
  neighbour,
  nsid,
  netconf,
};

export const anyMessage: fc.Arbitrary<RouteNetlinkMessage> = fc.oneof(...Object.values(byKind));
export const anyHeader = fc.record({ flags: u16, sequence: u32, portId: u32 });
