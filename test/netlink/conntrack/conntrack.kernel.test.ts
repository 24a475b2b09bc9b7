import { once } from "node:events";
import { createServer } from "node:net";
import { beforeAll, expect, test } from "vitest";
import type { NetlinkSocket } from "../../../src/kernel/index.ts";
import { spawnIn, within, writeSysctl } from "../../../src/kernel/index.ts";
import {
  type ConnectionMessage,
  decodeConnections,
  encodeConnection,
  IPS_ASSURED,
  IPS_SRC_NAT,
  NFNL_SUBSYS_CTNETLINK,
} from "../../../src/netlink/conntrack/index.ts";
import { messagesIn, MessageWriter } from "../../../src/netlink/index.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { dumpHeader, load, netfilter, question, said, whoAmI } from "../nftables/machine.ts";

beforeAll(ownMachine);

//   [ct-client] eth0 ════ eth0 [ct-router] eth1 ════ eth0 [ct-server]
//      10.0.0.2             10.0.0.1   203.0.113.1       203.0.113.2
function masquerading(): Network {
  const network = new Network(["ct-client", "ct-router", "ct-server"]);
  network.cable("ct-client", "eth0", "ct-router", "eth0");
  network.cable("ct-router", "eth1", "ct-server", "eth0");
  network.address("ct-client", "eth0", "10.0.0.2/24");
  network.address("ct-router", "eth0", "10.0.0.1/24");
  network.address("ct-router", "eth1", "203.0.113.1/24");
  network.address("ct-server", "eth0", "203.0.113.2/24");
  network.route("ct-client", "0.0.0.0/0", "10.0.0.1");
  network.forward("ct-router");
  within(network.fd("ct-router"), () => writeSysctl("net.netfilter.nf_conntrack_acct", "1"));
  const [family, table] = [nf.NFPROTO_IPV4, "t"];
  load(network.fd("ct-router"), [
    { kind: "table", command: "new", family, name: table },
    {
      kind: "chain",
      command: "new",
      family,
      table,
      name: "c",
      type: "nat",
      hook: { number: nf.NF_INET_POST_ROUTING, priority: 100 },
    },
    { kind: "rule", command: "new", family, table, chain: "c", expressions: nf.masquerade() },
  ]);
  return network;
}

const ask = (message: ConnectionMessage) => question((writer) => encodeConnection(writer, dumpHeader, message));
const everything: ConnectionMessage = { kind: "connection", command: "get", family: 2 };

function dump(socket: NetlinkSocket, message = everything): ConnectionMessage[] {
  return socket
    .dumpDatagrams(ask(message))
    .flatMap((datagram) => decodeConnections(datagram))
    .flatMap(({ message }) => (message.kind === "connection" ? [message] : []));
}

/** Deletes and returns the errors' names. */
function remove(socket: NetlinkSocket, connection: Partial<ConnectionMessage>): string[] {
  const deletion: ConnectionMessage = { kind: "connection", command: "delete", family: 2, ...connection };
  const batch = question((writer) => encodeConnection(writer, { flags: 1, sequence: 1, portId: 0 }, deletion));
  return socket.transact(batch).map((one) => one.errnoName);
}

const sourcePorts = (list: readonly ConnectionMessage[]) =>
  list.map((one) => one.original?.protocol?.sourcePort ?? 0).sort((a, b) => a - b);

const HOLD = `
const sockets = [4001, 4002, 4003].map((localPort) => require("node:net").connect({ host: "203.0.113.2", port: 80, localPort }));
let open = 0;
for (const one of sockets) one.on("connect", () => ++open === 3 && console.log("open"));
process.stdin.resume().on("end", () => process.exit());
`;

test("connections through a masquerade: dumped, and deleted by tuple one at a time", async () => {
  using network = masquerading();
  using socket = netfilter(network.fd("ct-router"));
  expect(dump(socket)).toEqual([]);
  const server = createServer((connection) => connection.on("error", () => undefined));
  within(network.fd("ct-server"), () => server.listen(80));
  const client = spawnIn(network.fd("ct-client"), process.execPath, ["-e", HOLD], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await once(client.stdout!, "data");
    const all = dump(socket);
    expect(sourcePorts(all)).toEqual([4001, 4002, 4003]);
    for (const one of all) {
      const port = one.original!.protocol!.sourcePort!;
      expect(one).toMatchObject({
        family: 2,
        original: {
          addresses: { source4: Uint8Array.of(10, 0, 0, 2), destination4: Uint8Array.of(203, 0, 113, 2) },
          protocol: { number: 6, sourcePort: port, destinationPort: 80 },
        },
        // the answer goes to the router, which knows whose it is
        reply: {
          addresses: { source4: Uint8Array.of(203, 0, 113, 2), destination4: Uint8Array.of(203, 0, 113, 1) },
          protocol: { number: 6, sourcePort: 80, destinationPort: port },
        },
        protocolInfo: { tcp: { state: 3 } },
        mark: 0,
      });
      expect(one.status! & IPS_SRC_NAT).toBe(IPS_SRC_NAT);
      expect(one.status! & IPS_ASSURED).toBe(IPS_ASSURED);
      expect(one.countersOriginal!.packets).toBeGreaterThanOrEqual(2n);
      expect(one.countersReply!.bytes).toBeGreaterThan(40n);
      expect(one.timeout).toBeGreaterThan(60);
      expect(one.unknown).toBeUndefined();
    }

    const by = (port: number) => all.find((one) => one.original!.protocol!.sourcePort === port)!;
    expect(remove(socket, { original: by(4002).original! })).toEqual([]);
    expect(sourcePorts(dump(socket))).toEqual([4001, 4003]);
    expect(remove(socket, { original: by(4002).original! })).toEqual(["ENOENT"]);
    expect(remove(socket, { reply: by(4003).reply! })).toEqual([]);
    expect(sourcePorts(dump(socket))).toEqual([4001]);
    // an id that is of another connection protects it
    expect(remove(socket, { original: by(4001).original!, id: by(4003).id! })).toEqual(["ENOENT"]);
    expect(sourcePorts(dump(socket))).toEqual([4001]);
    expect(remove(socket, { original: by(4001).original!, id: by(4001).id! })).toEqual([]);
    expect(dump(socket)).toEqual([]);
  } finally {
    client.stdin!.end();
    await once(client, "close");
    server.close();
  }
});

test("what the kernel dumps comes out byte by byte: TCP, ICMP, with times", async () => {
  using network = masquerading();
  within(network.fd("ct-router"), () => writeSysctl("net.netfilter.nf_conntrack_timestamp", "1"));
  using socket = netfilter(network.fd("ct-router"));
  const ping = spawnIn(network.fd("ct-client"), "ping", ["-c1", "203.0.113.2"], { stdio: "ignore" });
  expect(await once(ping, "close")).toEqual([0, null]);
  await using _server = await whoAmI(network.fd("ct-server"), 80);
  expect(await said(network.fd("ct-client"), "203.0.113.2", 80)).toBe("203.0.113.1");
  const messages = socket.dumpDatagrams(ask(everything)).flatMap((datagram) => [...messagesIn(datagram)]);
  const connections = messages.filter(({ type }) => type >> 8 === NFNL_SUBSYS_CTNETLINK);
  expect(connections).toHaveLength(2);
  for (const { payload, ...header } of connections) {
    const writer = new MessageWriter();
    const start = writer.beginMessage(header.type, header.flags, header.sequence, header.portId);
    writer.putBytes(writer.skip(payload.length), payload);
    writer.endMessage(start);
    const original = writer.bytes().slice();
    const [decoded] = decodeConnections(original);
    expect(decoded!.message).toMatchObject({ times: { start: expect.any(BigInt) } });
    writer.reset();
    encodeConnection(writer, decoded!.header, decoded!.message as ConnectionMessage);
    expect(Buffer.from(writer.bytes()).toString("hex")).toBe(Buffer.from(original).toString("hex"));
  }
});
