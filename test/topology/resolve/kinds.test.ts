import { describe, expect, test } from "vitest";
import { NetloomError } from "../../../src/diagnostic.ts";
import type { Link } from "../../../src/model/index.ts";
import { macFor } from "../../../src/model/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { resolveTopology } from "../../../src/topology/index.ts";

type Interfaces = NonNullable<NonNullable<NonNullable<NonNullable<Topology["hosts"]>[string]>>["interfaces"]>;

const lab = (interfaces: Interfaces, mtu?: number): Topology => ({
  name: "lab",
  switches: { lan: { subnet: "192.0.2.0/24", ...(mtu === undefined ? {} : { mtu }) } },
  hosts: { a: { interfaces: { eth0: "lan", ...interfaces } } },
});

function linkOf(interfaces: Interfaces, name: string, mtu?: number): Link {
  const { model } = resolveTopology(lab(interfaces, mtu));
  return model.namespaces.find((node) => node.name === "a")!.links.find((link) => link.name === name)!;
}

/** Code, place, summary and hint of every error. */
function errorsOf(interfaces: unknown): unknown[] {
  try {
    resolveTopology(lab(interfaces as Interfaces));
    return [];
  } catch (error) {
    return (error as NetloomError).diagnostics.map(({ code, subject, summary, hint }) => [
      code,
      subject,
      summary,
      hint,
    ]);
  }
}

describe("an interface with a kind", () => {
  test("is a link of its node, every option of which has its value", () => {
    const vx0 = linkOf({ vx0: { kind: "vxlan", id: 42, remote: "192.0.2.9", address: "10.0.0.1/24" } }, "vx0");
    expect(vx0).toEqual({
      kind: "vxlan",
      name: "vx0",
      up: true,
      mtu: 1450,
      mac: macFor("lab", "a", "vx0"),
      master: null,
      altnames: [],
      lower: null,
      id: 42,
      local: null,
      remote: "192.0.2.9",
      group: null,
      port: 8472,
      ttl: 0,
      tos: 0,
      df: "unset",
      learning: true,
      ageing: 300,
      maxaddress: 0,
      proxy: false,
      rsc: false,
      l2miss: false,
      l3miss: false,
      flowlabel: 0,
      udpcsum: true,
      udp6zerocsumtx: false,
      udp6zerocsumrx: false,
      external: false,
      gbp: false,
    });
  });

  test("stands on another of its node, whatever their order", () => {
    const mv0 = linkOf({ mv0: { kind: "macvlan", on: "vx0", mode: "bridge" }, vx0: { kind: "vxlan", id: 1 } }, "mv0");
    expect(mv0).toMatchObject({ lower: { namespace: "a", link: "vx0" }, mode: "bridge", bcqueuelen: 1000, mtu: 1450 });
    const onSwitch = resolveTopology({
      switches: { lan: { mtu: 1400, subnet: "10.0.0.0/24" } },
      root: { interfaces: { mv0: { kind: "macvlan", on: "lan" } } },
    });
    expect(onSwitch.model.namespaces[0]!.links.find(({ name }) => name === "mv0")).toMatchObject({
      lower: { namespace: "root", link: "lan" },
      mtu: 1400,
      mode: "vepa",
    });
  });

  test("has addresses as others have, given in full", () => {
    const { model } = resolveTopology(
      lab({ vx0: { kind: "vxlan", id: 1, address: ["10.0.0.1/24", "fd00::1/64"] }, vx1: { kind: "vxlan", id: 2 } }),
    );
    const own = model.namespaces.find(({ name }) => name === "a")!;
    const of = (link: string) => own.addresses.filter((each) => each.link === link).map(({ address }) => address);
    expect(of("vx0")).toEqual(["10.0.0.1", "fd00::1", expect.stringMatching(/^fe80::/)]);
    expect(of("vx1")).toEqual([]);
    expect(own.routes.map(({ to }) => to)).toEqual([]);
  });

  test.each([
    ["nothing", { kind: "vxlan", id: 1 }, 1450],
    ["an interface", { kind: "vxlan", id: 1, on: "eth0" }, 1350],
    ["IPv6", { kind: "vxlan", id: 1, on: "eth0", remote: "fd00::1" }, 1330],
    ["its own", { kind: "vxlan", id: 1, mtu: 9000 }, 9000],
    ["macvlan", { kind: "macvlan", on: "eth0" }, 1400],
  ] as const)("has the MTU that its lower link leaves it: %s", (_, body, mtu) => {
    expect(linkOf({ x0: body }, "x0", 1400).mtu).toBe(mtu);
  });

  test("has the hardware address of its lower link where its table says so", () => {
    const lower = linkOf({}, "eth0").mac;
    expect(linkOf({ mv0: { kind: "macvlan", on: "eth0", mode: "passthru" } }, "mv0").mac).toBe(lower);
    expect(linkOf({ mv0: { kind: "macvlan", on: "eth0", mode: "passthru" } }, "eth0").mac).toBe(lower);
    expect(linkOf({ mv0: { kind: "macvlan", on: "eth0" } }, "mv0").mac).toBe(macFor("lab", "a", "mv0"));
    expect(linkOf({ mv0: { kind: "macvlan", on: "eth0", mac: "02:00:00:00:00:40" } }, "mv0").mac).toBe(
      "02:00:00:00:00:40",
    );
  });
});

const AT = "hosts.a.interfaces.x0";

describe("what can be wrong with it", () => {
  test.each<[what: string, body: unknown, error: (string | undefined)[]]>([
    [
      "the kind",
      { kind: "vxlam", id: 1 },
      ["unknown-kind", `${AT}.kind`, 'there is no kind of interface called "vxlam"', 'did you mean "vxlan"?'],
    ],
    ["no text", { kind: 3 }, ["type", `${AT}.kind`, "kind must be a string, not 3", undefined]],
    [
      "a key of another kind",
      { kind: "macvlan", on: "eth0", id: 3 },
      [
        "unknown-key",
        `${AT}.id`,
        '"id" is not a key of an interface of the kind macvlan',
        "use one of kind, on, mode, bcqueuelen, address, mac, mtu, up, dhcp",
      ],
    ],
    [
      "a misspelt key",
      { kind: "vxlan", id: 3, lerning: true },
      [
        "unknown-key",
        `${AT}.lerning`,
        '"lerning" is not a key of an interface of the kind vxlan',
        'did you mean "learning"?',
      ],
    ],
    [
      "a key without its kind",
      { link: "lan", id: 3 },
      ["unknown-key", `${AT}.id`, '"id" is not a key of an interface', expect.anything()],
    ],
    ["a missing option", { kind: "vxlan" }, ["missing-key", AT, 'x0 lacks "id"', "add id:"]],
    ["a missing lower link", { kind: "macvlan" }, ["missing-key", AT, 'x0 lacks "on"', "add on:"]],
    [
      "a range",
      { kind: "vxlan", id: 16777216 },
      ["value", `${AT}.id`, "id must be at most 16777215, not 16777216", undefined],
    ],
    [
      "a value",
      { kind: "macvlan", on: "eth0", mode: "brigde" },
      [
        "value",
        `${AT}.mode`,
        'mode must be private, vepa, bridge or passthru, not the string "brigde"',
        'did you mean "bridge"?',
      ],
    ],
    [
      "a type",
      { kind: "vxlan", id: "42" },
      ["type", `${AT}.id`, 'id must be a number, not the string "42"', undefined],
    ],
    [
      "an unknown lower link",
      { kind: "macvlan", on: "eth1" },
      ["unknown-interface", `${AT}.on`, 'a has no interface "eth1"', 'did you mean "eth0"?'],
    ],
    [
      "a switch of another node",
      { kind: "macvlan", on: "lan" },
      ["unknown-interface", `${AT}.on`, 'a has no interface "lan"', "name an interface of a itself"],
    ],
    [
      "itself",
      { kind: "macvlan", on: "x0" },
      ["link-circle", `${AT}.on`, "a:x0 is on itself", "name the interface that carries it"],
    ],
    [
      "no address",
      { kind: "vxlan", id: 1, remote: "here" },
      ["address", `${AT}.remote`, '"here" is not an address', "write it as 192.0.2.1 or 2001:db8::1"],
    ],
    [
      "a group as the other end",
      { kind: "vxlan", id: 1, remote: "239.1.1.1" },
      ["address", `${AT}.remote`, "remote must be a unicast address, and 239.1.1.1 is a multicast one", undefined],
    ],
    [
      "two families",
      { kind: "vxlan", id: 1, local: "192.0.2.1", remote: "fd00::1" },
      [
        "address",
        `${AT}.remote`,
        "remote is an IPv6 address, and local an IPv4 one",
        "both ends of a tunnel have addresses of one family",
      ],
    ],
    [
      "what does not go together",
      { kind: "vxlan", id: 1, on: "eth0", remote: "192.0.2.9", group: "239.1.1.1" },
      ["option", `${AT}.group`, "group and remote cannot go together", "leave out one of them"],
    ],
    [
      "what needs something else",
      { kind: "vxlan", id: 1, group: "239.1.1.1" },
      ["option", `${AT}.group`, "group needs on", "add on: with the interface that its packets leave by"],
    ],
    [
      "an MTU",
      { kind: "vxlan", id: 1, on: "eth0", mtu: 1500 },
      [
        "mtu",
        `${AT}.mtu`,
        "a:x0 has an MTU of 1500, and eth0 leaves it 1450",
        "write mtu: 1450, or give eth0 a larger one",
      ],
    ],
    [
      "a hardware address that it cannot have",
      { kind: "macvlan", on: "eth0", mode: "passthru", mac: "02:00:00:00:00:01" },
      [
        "mac",
        `${AT}.mac`,
        "a macvlan in the mode passthru has the hardware address of the interface below",
        "leave out mac, or give it to eth0",
      ],
    ],
    [
      "an address without its length",
      { kind: "vxlan", id: 1, address: "10.0.0.1" },
      ["address", `${AT}.address`, "10.0.0.1 has no prefix length", expect.stringContaining("write 10.0.0.1/24")],
    ],
  ])("%s", (_, body, [code, ...rest]) => {
    expect(errorsOf({ x0: body })).toEqual([[`topology.${code}`, ...rest]]);
  });

  test("a circle of several", () => {
    const circle = {
      x0: { kind: "macvlan", on: "x1" },
      x1: { kind: "macvlan", on: "x2" },
      x2: { kind: "macvlan", on: "x0" },
    };
    expect(errorsOf(circle)).toEqual([
      [
        "topology.link-circle",
        "hosts.a.interfaces.x2.on",
        "a:x2 is on itself, by way of x0 and x1",
        "name the interface that carries it",
      ],
    ]);
  });

  test("a cable to it", () => {
    const topology: Topology = {
      hosts: {
        a: { interfaces: { vx0: { kind: "vxlan", id: 1 } } },
        b: { interfaces: { eth0: "a:vx0" } },
      },
    };
    expect(() => resolveTopology(topology)).toThrow("a:vx0 is a vxlan, not the end of a cable");
  });
});
