import { describe, expect, test } from "vitest";
import { decodeMessages, type RouteNetlinkMessage } from "../../src/netlink/index.ts";
import { bytes, encode, isRoute, requests } from "./support.ts";

// The bytes that iproute2 sends (fixtures/requests.json) are the reference: what we build for the same purpose must hold
// the same header and the same attributes, in whatever order.

const ip = (...parts: number[]): Uint8Array => Uint8Array.from(parts);
const v6 = (subnet: number, host: number): Uint8Array =>
  Uint8Array.from([0xfd, 0, 0, subnet, ...Array(11).fill(0), host] as number[]);

const newRoute = {
  kind: "route",
  command: "new",
  family: 2,
  destinationLength: 16,
  table: 254,
  protocol: 3,
  scope: 0,
  type: 1,
} as const;
const newRule = { kind: "rule", command: "new", family: 2, table: 254, action: 1 } as const;

const OURS: Record<string, RouteNetlinkMessage> = {
  "ip link add v0 index 70 mtu 1400 address 02:00:00:00:00:01 numtxqueues 1 numrxqueues 1 master br0 type veth peer name v1 index 71 address 02:00:00:00:00:02":
    {
      kind: "link",
      command: "new",
      index: 70,
      name: "v0",
      mtu: 1400,
      address: ip(2, 0, 0, 0, 0, 1),
      txQueues: 1,
      rxQueues: 1,
      master: 2,
      info: { kind: "veth", peer: { index: 71, name: "v1", address: ip(2, 0, 0, 0, 0, 2) } },
    },
  "ip link add v2 type veth peer name v3 netns 1": {
    kind: "link",
    command: "new",
    name: "v2",
    info: { kind: "veth", peer: { name: "v3", netNsPid: 1 } },
  },
  "ip link add br7 type bridge stp_state 1 forward_delay 200 ageing_time 3000 mcast_snooping 0 vlan_filtering 0": {
    kind: "link",
    command: "new",
    name: "br7",
    info: {
      kind: "bridge",
      bridge: { stpState: 1, forwardDelay: 200, ageingTime: 3000, multicastSnooping: 0, vlanFiltering: 0 },
    },
  },
  "ip link set dev eth1 up": { kind: "link", command: "new", index: 4, flags: 1, change: 1 },
  "ip link set dev eth1 down": { kind: "link", command: "new", index: 4, flags: 0, change: 1 },
  "ip link set dev eth1 name eth9": { kind: "link", command: "new", index: 4, name: "eth9" },
  "ip link set dev port1 nomaster": { kind: "link", command: "new", index: 5, master: 0 },
  "ip link set dev port1 addrgenmode none": { kind: "link", command: "new", index: 5, addrGenMode: 1 },
  "ip link set dev port1 alias hello": { kind: "link", command: "new", index: 5, alias: "hello" },
  "ip link set dev port1 netns 1": { kind: "link", command: "new", index: 5, netNsPid: 1 },
  "ip link del group 6": { kind: "link", command: "delete", group: 6 },
  "ip link show dev port1": { kind: "link", command: "get", name: "port1", extMask: 9 },
  "ip link property add dev port1 altname another altname and-one-more-name": {
    kind: "linkproperty",
    command: "new",
    index: 5,
    altNames: ["another", "and-one-more-name"],
  },
  "ip addr add 10.9.0.1/24 brd 10.9.0.255 dev port1": {
    kind: "address",
    command: "new",
    family: 2,
    prefixLength: 24,
    index: 5,
    local: ip(10, 9, 0, 1),
    address: ip(10, 9, 0, 1),
    broadcast: ip(10, 9, 0, 255),
  },
  "ip addr add 10.9.0.1/24 dev port1 label port1:x noprefixroute": {
    kind: "address",
    command: "new",
    family: 2,
    prefixLength: 24,
    index: 5,
    flags: 0x200,
    label: "port1:x",
    local: ip(10, 9, 0, 1),
    address: ip(10, 9, 0, 1),
  },
  "ip route add 10.30.0.0/16 via 10.2.0.9 dev eth1 metric 10 src 10.2.0.1 mtu 1300": {
    ...newRoute,
    destination: ip(10, 30, 0, 0),
    gateway: ip(10, 2, 0, 9),
    outputIndex: 4,
    priority: 10,
    preferredSource: ip(10, 2, 0, 1),
    metrics: new Map([[2, 1300]]),
  },
  "ip route add 10.31.0.0/16 nexthop via 10.2.0.9 weight 3 nexthop via 10.1.0.9 dev br0 weight 1": {
    ...newRoute,
    destination: ip(10, 31, 0, 0),
    multipath: [
      { index: 0, hops: 2, gateway: ip(10, 2, 0, 9) },
      { index: 2, hops: 0, gateway: ip(10, 1, 0, 9) },
    ],
  },
  "ip route add 10.32.0.0/16 via inet6 fd00:2::9 dev eth1": {
    ...newRoute,
    destination: ip(10, 32, 0, 0),
    via: { family: 10, address: v6(2, 9) },
    outputIndex: 4,
  },
  "ip route add 10.33.0.0/16 dev eth1 table 1000 proto static": {
    ...newRoute,
    protocol: 4,
    scope: 253,
    table: 1000,
    destination: ip(10, 33, 0, 0),
    outputIndex: 4,
  },
  "ip route add blackhole 10.34.0.0/16": { ...newRoute, type: 6, destination: ip(10, 34, 0, 0) },
  "ip route get 10.2.0.9 from 10.2.0.1 iif eth1 mark 7 ipproto tcp sport 1000 dport 80": {
    kind: "route",
    command: "get",
    family: 2,
    destinationLength: 32,
    sourceLength: 32,
    table: 0,
    protocol: 0,
    scope: 0,
    type: 0,
    flags: 0x1000,
    destination: ip(10, 2, 0, 9),
    source: ip(10, 2, 0, 1),
    inputIndex: 4,
    mark: 7,
    ipProtocol: 6,
    sourcePort: 1000,
    destinationPort: 80,
  },
  "ip rule add from 10.2.0.0/24 iif eth1 table 1000 priority 100": {
    ...newRule,
    table: 1000,
    source: ip(10, 2, 0, 0),
    sourceLength: 24,
    inputName: "eth1",
    priority: 100,
  },
  "ip rule add to 10.0.0.0/8 oif eth1 fwmark 0x10/0xff table 77 priority 101": {
    ...newRule,
    table: 77,
    destination: ip(10, 0, 0, 0),
    destinationLength: 8,
    outputName: "eth1",
    mark: 0x10,
    markMask: 0xff,
    priority: 101,
  },
  "ip rule add priority 103 goto 32766": { ...newRule, table: 0, action: 2, goto: 32766, priority: 103 },
  "ip rule add table main suppress_prefixlength 0 priority 104": { ...newRule, suppressPrefixLength: 0, priority: 104 },
  "ip neigh add 10.2.0.10 lladdr 02:00:00:00:00:98 dev eth1 nud permanent": {
    kind: "neighbour",
    command: "new",
    family: 2,
    index: 4,
    state: 128,
    destination: ip(10, 2, 0, 10),
    linkAddress: ip(2, 0, 0, 0, 0, 0x98),
  },
  "ip netns set far 9": { kind: "nsid", command: "new", fd: 6, id: 9 },
};

/** Length of the fixed header by nlmsg_type / 4: link, address, route, neighbour, rule, netconf, nsid, link property. */
const HEADERS: Readonly<Record<number, number>> = { 4: 16, 5: 8, 6: 12, 7: 12, 8: 12, 20: 4, 22: 4, 27: 16 };

/** Paths of nests: there, types and order of attributes count, the bit NLA_F_NESTED does not (iproute2 leaves it out). */
const NESTS = new Map<string, number>([
  ["4/18", 0],
  ["4/18/2", 0],
  ["4/18/2/1", 16],
  ["4/26", 0],
  ["4/26/10", 0],
  ["27/52", 0],
  ["6/8", 0],
]);

/** A message as text, independently of the decoder: attributes sorted, nests walked into. */
function canonical(message: Uint8Array): string[] {
  const group = Buffer.from(message).readUInt16LE(4) >> 2;
  const start = 16 + HEADERS[group]!;
  return [
    Buffer.from(message.subarray(4, 8)).toString("hex"),
    Buffer.from(message.subarray(16, start)).toString("hex"),
    ...attributes(Buffer.from(message.subarray(start)), `${group}`),
  ];
}

function attributes(buffer: Buffer, path: string): string[] {
  const list: string[] = [];
  for (let at = 0; at < buffer.length;) {
    const length = buffer.readUInt16LE(at);
    const here = `${path}/${buffer.readUInt16LE(at + 2) & 0x3fff}`;
    let value = buffer.subarray(at + 4, at + length);
    // iproute2 leaves out the NUL of IFLA_INFO_KIND; the kernel takes either.
    if (here === "4/18/1" && value.at(-1) === 0) value = value.subarray(0, -1);
    const header = NESTS.get(here);
    if (header === undefined) list.push(`${here} = ${value.toString("hex")}`);
    else
      list.push(
        `${here} { ${value.subarray(0, header).toString("hex")} ${attributes(value.subarray(header), here).join("; ")} }`,
      );
    at += (length + 3) & ~3;
  }
  return list.sort();
}

describe("requests as iproute2 makes them", () => {
  test.each(requests)("$command", ({ hex }) => {
    const theirs = bytes(hex);
    const [decoded, ...more] = decodeMessages(theirs);
    expect(more).toEqual([]);
    if (decoded === undefined || !isRoute(decoded.message)) throw new Error("not an rtnetlink message");
    // Decoded and encoded, nothing is lost.
    expect(canonical(encode(decoded.message, decoded.header))).toEqual(canonical(padded(theirs)));
  });

  test.each(Object.entries(OURS))("written by hand: %s", (command, message) => {
    const theirs = bytes(requests.find((one) => one.command === command)!.hex);
    const { flags } = decodeMessages(theirs)[0]!.header;
    expect(canonical(encode(message, { flags, sequence: 0, portId: 0 }))).toEqual(canonical(theirs));
  });

  test("the comparison sees a difference", () => {
    const command = "ip link add v2 type veth peer name v3 netns 1";
    const theirs = bytes(requests.find((one) => one.command === command)!.hex);
    const wrong: RouteNetlinkMessage = {
      kind: "link",
      command: "new",
      name: "v2",
      info: { kind: "veth", peer: { name: "v4", netNsPid: 1 } },
    };
    expect(canonical(encode(wrong, { flags: 0x605, sequence: 0, portId: 0 }))).not.toEqual(canonical(theirs));
    const right: RouteNetlinkMessage = {
      kind: "link",
      command: "new",
      name: "v2",
      info: { kind: "veth", peer: { name: "v3", netNsPid: 1 } },
    };
    expect(canonical(encode(right, { flags: 0x605, sequence: 0, portId: 0 }))).toEqual(canonical(theirs));
  });
});

/** A message without attributes may end right after a header of one byte. */
function padded(message: Uint8Array): Uint8Array {
  const whole = new Uint8Array((message.length + 3) & ~3);
  whole.set(message);
  return whole;
}
