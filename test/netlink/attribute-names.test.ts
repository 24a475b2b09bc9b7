import { describe, expect, test } from "vitest";
import * as names from "../../src/netlink/attribute-names.ts";
import * as constants from "../../src/netlink/constants.ts";

// Every constant of an attribute must be in the table of names at its number.

const entries = Object.entries(constants);
const NESTED = /^IFLA_(INFO|BR|BRIDGE|BRPORT|INET|INET6|VXLAN|MACVLAN|VLAN|VRF|TUN|IPVLAN)_/;
/** Other names of the same number, or values of a field and not attributes. */
const ALIASES = new Set(["IFLA_IF_NETNSID", "FRA_IFNAME"]);
const NO_ATTRIBUTE = /^IFA_F_|^RTAX_FEATURE_|^IFLA_VRF_PORT/;

describe("names of attributes are those of constants.ts", () => {
  test.each(Object.entries(names))("%s", (_, table) => {
    const sample = table.find((name) => name !== "")!;
    const prefix = /^(IFLA_[A-Z0-9]+_(?=UNSPEC)|VETH_INFO_|IPV4_DEVCONF_|NLMSGERR_ATTR_|[A-Z]+_)/.exec(sample)![0];
    const expected = entries.filter(
      ([name, number]) =>
        name.startsWith(prefix) &&
        number >= 0 &&
        !ALIASES.has(name) &&
        !NO_ATTRIBUTE.test(name) &&
        (prefix !== "IFLA_" || !NESTED.test(name)),
    );
    expect(expected.length).toBeGreaterThan(1);
    const wrong = expected.filter(([name, number]) => table[number as number] !== name);
    expect(wrong).toEqual([]);
    expect(table.filter((name) => name !== "")).toHaveLength(expected.length);
  });
});
