import { describe, expect, test } from "vitest";
import {
  attributePath,
  missingAttributePath,
  RTM_NEWQDISC,
  type RouteNetlinkMessage,
} from "../../src/netlink/index.ts";
import { encode } from "./support.ts";

/** The path at every offset of a request, each once, in order. */
function paths(message: RouteNetlinkMessage): (string | null)[] {
  const request = encode(message);
  return [...new Set(Array.from(request, (_, offset) => attributePath(request, offset)))];
}

const address = Uint8Array.of(10, 0, 0, 1);

describe("attributePath", () => {
  test("a veth, its peer and its settings", () => {
    const message: RouteNetlinkMessage = {
      kind: "link",
      command: "new",
      name: "a",
      altNames: ["b"],
      info: { kind: "veth", peer: { name: "c", info: { kind: "bridge", bridge: { stpState: 1 } } } },
      inetConf: new Map([[1, 1]]),
      addrGenMode: 1,
    };
    const peer = "IFLA_LINKINFO/IFLA_INFO_DATA/VETH_INFO_PEER";
    expect(paths(message)).toEqual([
      null,
      "IFLA_IFNAME",
      "IFLA_PROP_LIST",
      "IFLA_PROP_LIST/IFLA_ALT_IFNAME",
      "IFLA_LINKINFO",
      "IFLA_LINKINFO/IFLA_INFO_KIND",
      "IFLA_LINKINFO/IFLA_INFO_DATA",
      peer,
      `${peer}/IFLA_IFNAME`,
      `${peer}/IFLA_LINKINFO`,
      `${peer}/IFLA_LINKINFO/IFLA_INFO_KIND`,
      `${peer}/IFLA_LINKINFO/IFLA_INFO_DATA`,
      `${peer}/IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE`,
      "IFLA_AF_SPEC",
      "IFLA_AF_SPEC/AF_INET",
      "IFLA_AF_SPEC/AF_INET/IFLA_INET_CONF",
      "IFLA_AF_SPEC/AF_INET/IFLA_INET_CONF/IPV4_DEVCONF_FORWARDING",
      "IFLA_AF_SPEC/AF_INET6",
      "IFLA_AF_SPEC/AF_INET6/IFLA_INET6_ADDR_GEN_MODE",
    ]);
  });

  test("data are named by their kind, or by number", () => {
    const data = [{ type: 1, value: Uint8Array.of(42, 0, 0, 0) }];
    const last = (kind: string) => paths({ kind: "link", command: "new", info: { kind, data } }).at(-1);
    expect(last("vxlan")).toBe("IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_VXLAN_ID");
    expect(last("macvlan")).toBe("IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_MACVLAN_MODE");
    expect(last("strange")).toBe("IFLA_LINKINFO/IFLA_INFO_DATA");
    expect(paths({ kind: "link", command: "new", unknown: [{ type: 999, value: address }] })).toEqual([null, "999"]);
  });

  test("bridge ports, in both families", () => {
    expect(paths({ kind: "link", command: "set", bridgePort: { state: 3 } }).at(-1)).toBe(
      "IFLA_LINKINFO/IFLA_INFO_SLAVE_DATA/IFLA_BRPORT_STATE",
    );
    expect(paths({ kind: "link", command: "set", family: 7, bridgePort: { state: 3 } }).at(-1)).toBe(
      "IFLA_PROTINFO/IFLA_BRPORT_STATE",
    );
  });

  test("routes with metrics and next hops", () => {
    const message: RouteNetlinkMessage = {
      kind: "route",
      command: "new",
      family: 2,
      destinationLength: 0,
      table: 254,
      protocol: 4,
      scope: 0,
      type: 1,
      multipath: [
        { index: 1, gateway: address },
        { index: 2, gateway: address },
      ],
      metrics: new Map([[2, 1300]]),
    };
    expect(paths(message)).toEqual([
      null,
      "RTA_MULTIPATH",
      "RTA_MULTIPATH[0]",
      "RTA_MULTIPATH[0]/RTA_GATEWAY",
      "RTA_MULTIPATH[1]",
      "RTA_MULTIPATH[1]/RTA_GATEWAY",
      "RTA_METRICS",
      "RTA_METRICS/RTAX_MTU",
    ]);
  });

  test.each<[string, RouteNetlinkMessage]>([
    ["IFA_LOCAL", { kind: "address", command: "new", family: 2, prefixLength: 24, index: 1, local: address }],
    ["FRA_IIFNAME", { kind: "rule", command: "new", family: 2, table: 254, action: 1, inputName: "a" }],
    ["NDA_DST", { kind: "neighbour", command: "new", family: 2, index: 1, state: 128, destination: address }],
    ["NETNSA_FD", { kind: "nsid", command: "get", fd: 3 }],
    ["NETCONFA_IFINDEX", { kind: "netconf", command: "get", family: 2, index: 1 }],
    ["IFLA_IFNAME", { kind: "linkproperty", command: "delete", name: "a" }],
  ])("%s", (path, message) => {
    expect(paths(message)).toEqual([null, path]);
  });

  test("null beyond the end, in a header, and for a message of another sort", () => {
    const request = encode({ kind: "link", command: "new", name: "a" });
    expect(attributePath(request, 32)).toBe("IFLA_IFNAME");
    expect(attributePath(request, 20)).toBeNull();
    expect(attributePath(request, request.length)).toBeNull();
    expect(attributePath(request.subarray(0, 10), 8)).toBeNull();
    const other = request.slice();
    other[4] = RTM_NEWQDISC;
    expect(attributePath(other, 32)).toBeNull();
  });
});

describe("missingAttributePath", () => {
  const request = encode({ kind: "link", command: "new", name: "a", info: { kind: "vxlan", data: [] } });

  test("at the top level", () => {
    expect(missingAttributePath(request, 5)).toBe("IFLA_LINK");
    expect(missingAttributePath(request, 999)).toBe("999");
  });

  test("in a nest", () => {
    const offset = Array.from(request, (_, at) => at).find(
      (at) => attributePath(request, at) === "IFLA_LINKINFO/IFLA_INFO_DATA",
    )!;
    expect(missingAttributePath(request, 1, offset)).toBe("IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_VXLAN_ID");
    expect(missingAttributePath(request, 1, 4000)).toBeNull();
  });
});
