import { beforeAll, describe, expect, test } from "vitest";
import * as nf from "../../../src/netlink/nftables/index.ts";
import type { Expression, NftablesMessage } from "../../../src/netlink/nftables/index.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";
import { load, said, whoAmI } from "./machine.ts";

beforeAll(ownMachine);

const TCP = 6;
const address = (text: string): Uint8Array => Uint8Array.from(text.split("."), Number);

//   [pk-client] eth0 ════ eth0 [pk-router] eth1 ════ eth0 [pk-server]
//      10.0.0.2             10.0.0.1   203.0.113.1       203.0.113.2
function routed(): Network {
  const network = new Network(["pk-client", "pk-router", "pk-server"]);
  network.cable("pk-client", "eth0", "pk-router", "eth0");
  network.cable("pk-router", "eth1", "pk-server", "eth0");
  network.address("pk-client", "eth0", "10.0.0.2/24");
  network.address("pk-router", "eth0", "10.0.0.1/24");
  network.address("pk-router", "eth1", "203.0.113.1/24");
  network.address("pk-server", "eth0", "203.0.113.2/24");
  network.route("pk-client", "0.0.0.0/0", "10.0.0.1");
  network.forward("pk-router");
  return network;
}

function base(family: number, name: string, type: string, hook: number, priority: number, policy = nf.NF_ACCEPT) {
  const table: NftablesMessage = { kind: "table", command: "new", family, name: "t" };
  const chain: NftablesMessage = {
    kind: "chain",
    command: "new",
    family,
    table: "t",
    name,
    type,
    hook: { number: hook, priority },
    policy,
  };
  const rule = (...expressions: Expression[]): NftablesMessage => ({
    kind: "rule",
    command: "new",
    family,
    table: "t",
    chain: name,
    expressions,
  });
  return { table, chain, rule };
}

const postrouting = base(nf.NFPROTO_IPV4, "post", "nat", nf.NF_INET_POST_ROUTING, nf.NF_IP_PRI_NAT_SRC);
const prerouting = base(nf.NFPROTO_IPV4, "pre", "nat", nf.NF_INET_PRE_ROUTING, nf.NF_IP_PRI_NAT_DST);

describe("source NAT", () => {
  test.each([
    ["masquerade", nf.masquerade(), "203.0.113.1"],
    ["masquerade to ports", nf.masquerade({ port: 40_000, portTo: 40_100 }), "203.0.113.1"],
    ["snat", nf.snat(nf.NFPROTO_IPV4, { address: address("203.0.113.77") }), "203.0.113.77"],
  ])("%s: the server sees another address", async (_, expressions, seen) => {
    using network = routed();
    await using _server = await whoAmI(network.fd("pk-server"), 80);
    network.address("pk-router", "eth1", "203.0.113.77/24");
    const ask = () => said(network.fd("pk-client"), "203.0.113.2", 80);
    // positive control: with a way back the server sees the client itself
    network.route("pk-server", "10.0.0.0/24", "203.0.113.1");
    expect(await ask()).toBe("10.0.0.2");
    load(network.fd("pk-router"), [
      postrouting.table,
      postrouting.chain,
      postrouting.rule(
        ...nf.matchInterface("output", "eth1"),
        ...nf.matchAddress("source", address("10.0.0.0"), 24),
        ...nf.matchProtocol(TCP),
        nf.counter,
        ...expressions,
      ),
    ]);
    expect(await ask()).toBe(seen);
    load(network.fd("pk-router"), [{ kind: "table", command: "delete", family: nf.NFPROTO_IPV4, name: "t" }]);
    expect(await ask()).toBe("10.0.0.2");
  });
});

describe("destination NAT", () => {
  //   the server asks for 203.0.113.1:8080 and gets the client's port 80
  test("a published port, and only that", async () => {
    using network = routed();
    await using _server = await whoAmI(network.fd("pk-client"), 80);
    const ask = (port: number) => said(network.fd("pk-server"), "203.0.113.1", port);
    expect(await ask(8080)).toBe("ECONNREFUSED");
    load(network.fd("pk-router"), [
      prerouting.table,
      prerouting.chain,
      prerouting.rule(
        ...nf.matchInterface("input", "eth1"),
        ...nf.matchProtocol(TCP),
        ...nf.matchPort("destination", 8080),
        ...nf.dnat(nf.NFPROTO_IPV4, { address: address("10.0.0.2"), port: 80 }),
      ),
    ]);
    expect(await ask(8080)).toBe("203.0.113.2");
    expect(await ask(8081)).toBe("ECONNREFUSED");
  });

  test("a map of ports to addresses and ports", async () => {
    using network = routed();
    await using _one = await whoAmI(network.fd("pk-client"), 80);
    const ipv4 = nf.NFPROTO_IPV4;
    const element = (from: number, to: string, port: number): nf.SetElement => ({
      key: { value: nf.portBytes(from) },
      data: { value: Uint8Array.of(...address(to), ...nf.portBytes(port), 0, 0) },
    });
    load(network.fd("pk-router"), [
      prerouting.table,
      prerouting.chain,
      {
        kind: "set",
        command: "new",
        family: ipv4,
        table: "t",
        name: "published",
        id: 1,
        flags: nf.NFT_SET_MAP,
        keyType: nf.typeNumber(nf.DATATYPES.port),
        keyLength: 2,
        dataType: nf.typeNumber(nf.DATATYPES.ipv4, nf.DATATYPES.port),
        dataLength: 8,
      },
      {
        kind: "elements",
        command: "new",
        family: ipv4,
        table: "t",
        set: "published",
        elements: [element(8080, "10.0.0.2", 80), element(8081, "10.0.0.2", 81)],
      },
      prerouting.rule(
        ...nf.matchProtocol(TCP),
        nf.loadPort("destination"),
        { kind: "lookup", set: "published", source: 0, destination: 0, flags: 0 },
        { kind: "nat", type: nf.NFT_NAT_DNAT, family: ipv4, addressMin: 0, portMin: 1 },
      ),
    ]);
    const ask = (port: number) => said(network.fd("pk-server"), "203.0.113.1", port);
    expect(await ask(8080)).toBe("203.0.113.2");
    expect(await ask(8081)).toBe("ECONNREFUSED"); // reaches the client, where nothing listens
    expect(await ask(8082)).toBe("ECONNREFUSED");
    await using _two = await whoAmI(network.fd("pk-client"), 81);
    expect(await ask(8081)).toBe("203.0.113.2");
    expect(await ask(8082)).toBe("ECONNREFUSED"); // still the router's own
  });

  test("redirect", async () => {
    using network = routed();
    await using _server = await whoAmI(network.fd("pk-router"), 8128);
    network.route("pk-server", "10.0.0.0/24", "203.0.113.1");
    const ask = () => said(network.fd("pk-client"), "203.0.113.2", 3128);
    expect(await ask()).toBe("ECONNREFUSED"); // by the server, where nothing listens
    load(network.fd("pk-router"), [
      prerouting.table,
      prerouting.chain,
      prerouting.rule(
        ...nf.matchProtocol(TCP),
        ...nf.matchPort("destination", 3000, 3200),
        ...nf.redirect({ port: 8128 }),
      ),
    ]);
    expect(await ask()).toBe("10.0.0.2");
  });
});

describe("IPv6", () => {
  const ipv6 = nf.NFPROTO_IPV6;
  const fd00 = (...last: number[]): Uint8Array =>
    Uint8Array.of(0xfd, ...Array<number>(15 - last.length).fill(0), ...last);
  const after = base(ipv6, "post", "nat", nf.NF_INET_POST_ROUTING, nf.NF_IP_PRI_NAT_SRC);
  const before = base(ipv6, "pre", "nat", nf.NF_INET_PRE_ROUTING, nf.NF_IP_PRI_NAT_DST);

  //   [pk-client] eth0 ════ eth0 [pk-router] eth1 ════ eth0 [pk-server]
  //        fd00::2               fd00::1   fd00:1::1         fd00:1::2
  function routed6(): Network {
    const network = routed();
    network.address("pk-client", "eth0", "fd00::2/64");
    network.address("pk-router", "eth0", "fd00::1/64");
    network.address("pk-router", "eth1", "fd00:1::1/64");
    network.address("pk-server", "eth0", "fd00:1::2/64");
    network.route("pk-client", "::/0", "fd00::1");
    return network;
  }

  test("masquerade of a prefix", async () => {
    using network = routed6();
    await using _server = await whoAmI(network.fd("pk-server"), 80);
    const ask = () => said(network.fd("pk-client"), "fd00:1::2", 80);
    network.route("pk-server", "fd00::/64", "fd00:1::1");
    expect(await ask()).toBe("fd00::2");
    load(network.fd("pk-router"), [
      after.table,
      after.chain,
      after.rule(...nf.matchAddress("source", fd00(), 64), ...nf.masquerade()),
    ]);
    expect(await ask()).toBe("fd00:1::1");
  });

  test("a published port", async () => {
    using network = routed6();
    await using _server = await whoAmI(network.fd("pk-client"), 80);
    const ask = (port: number) => said(network.fd("pk-server"), "fd00:1::1", port);
    expect(await ask(8080)).toBe("ECONNREFUSED");
    load(network.fd("pk-router"), [
      before.table,
      before.chain,
      before.rule(
        ...nf.matchProtocol(TCP),
        ...nf.matchPort("destination", 8080),
        ...nf.dnat(ipv6, { address: fd00(2), port: 80 }),
      ),
    ]);
    expect(await ask(8080)).toBe("fd00:1::2");
    expect(await ask(8081)).toBe("ECONNREFUSED");
  });
});

describe("filter", () => {
  const inet = nf.NFPROTO_INET;
  const forward = base(inet, "fwd", "filter", nf.NF_INET_FORWARD, nf.NF_IP_PRI_FILTER, nf.NF_DROP);

  test("policy drop, established answers, one port allowed, one rejected, one by set", async () => {
    using network = routed();
    network.route("pk-server", "10.0.0.0/24", "203.0.113.1");
    const server = (port: number) => whoAmI(network.fd("pk-server"), port);
    await using _80 = await server(80);
    await using _81 = await server(81);
    await using _82 = await server(82);
    await using _83 = await server(83);
    const ask = (port: number, patience?: number) => said(network.fd("pk-client"), "203.0.113.2", port, patience);
    const allowed = "10.0.0.2";
    for (const port of [80, 81, 82, 83]) expect(await ask(port)).toBe(allowed);
    load(network.fd("pk-router"), [
      forward.table,
      forward.chain,
      {
        kind: "set",
        command: "new",
        family: inet,
        table: "t",
        name: "__set%d",
        id: 1,
        flags: nf.NFT_SET_ANONYMOUS | nf.NFT_SET_CONSTANT,
        keyType: nf.typeNumber(nf.DATATYPES.port),
        keyLength: 2,
      },
      {
        kind: "elements",
        command: "new",
        family: inet,
        table: "t",
        set: "__set%d",
        setId: 1,
        elements: [83, 84].map((port) => ({ key: { value: nf.portBytes(port) } })),
      },
      forward.rule(...nf.matchState(nf.NF_CT_STATE_ESTABLISHED | nf.NF_CT_STATE_RELATED), nf.accept),
      forward.rule(...nf.matchFamily(nf.NFPROTO_IPV4), ...nf.matchAddress("source", address("10.0.0.9")), nf.accept),
      forward.rule(...nf.matchProtocol(TCP), ...nf.matchPort("destination", 80), nf.accept),
      forward.rule(...nf.matchProtocol(TCP), ...nf.matchPort("destination", 81), {
        kind: "reject",
        type: nf.NFT_REJECT_TCP_RST,
      }),
      forward.rule(...nf.matchProtocol(TCP), nf.loadPort("destination"), nf.inSet("__set%d", 1), nf.accept),
    ]);
    expect(await ask(80)).toBe(allowed);
    expect(await ask(81)).toBe("ECONNREFUSED");
    expect(await ask(82, 300)).toBe("silence");
    expect(await ask(83)).toBe(allowed);
  });
});
