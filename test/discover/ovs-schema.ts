// As much of Open vSwitch's database as its switches are told by: its own schema comes with the switch, which needs a service.

import { spawnSync } from "node:child_process";

const text = { type: "string" };
const maybe = (key: unknown) => ({ type: { key, min: 0, max: 1 } });
const some = (key: unknown) => ({ type: { key, min: 0, max: "unlimited" } });
const refers = (refTable: string) => ({ type: "uuid", refTable });

export const SCHEMA = {
  name: "Open_vSwitch",
  version: "8.3.1",
  tables: {
    Open_vSwitch: {
      columns: { bridges: some(refers("Bridge")), ovs_version: maybe("string") },
      isRoot: true,
      maxRows: 1,
    },
    Bridge: {
      columns: {
        name: text,
        ports: some(refers("Port")),
        datapath_type: text,
        fail_mode: maybe("string"),
        controller: some(refers("Controller")),
      },
      isRoot: true,
    },
    Controller: { columns: { target: text, is_connected: { type: "boolean" } }, isRoot: true },
    Port: {
      columns: {
        name: text,
        tag: maybe("integer"),
        trunks: some("integer"),
        vlan_mode: maybe("string"),
        bond_mode: maybe("string"),
        lacp: maybe("string"),
        interfaces: some(refers("Interface")),
      },
      isRoot: true,
    },
    Interface: {
      columns: {
        name: text,
        type: text,
        options: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
        mac_in_use: maybe("string"),
        error: maybe("string"),
        admin_state: maybe("string"),
        link_state: maybe("string"),
      },
      isRoot: true,
    },
  },
};

/** bridge → port → what is set of the port and its interface */
const SWITCHES = {
  br0: {
    br0: [{}, { type: "internal" }],
    va: [{ tag: 10 }, {}],
    vb: [{ trunks: ["set", [20, 21, 30]] }, {}],
    bond0: [{ bond_mode: "active-backup" }, {}, {}],
    vx0: [
      {},
      {
        type: "vxlan",
        options: [
          "map",
          [
            ["remote_ip", "192.0.2.9"],
            ["key", "42"],
          ],
        ],
      },
    ],
    p0: [{}, { type: "patch", options: ["map", [["peer", "p1"]]] }],
  },
  br1: { br1: [{}, { type: "internal" }], p1: [{}, { type: "patch", options: ["map", [["peer", "p0"]]] }] },
} as const;

type Ports = Record<string, readonly [object, ...object[]]>;

/** What makes these switches, for `ovsdb-client transact`. */
export function operations(): unknown[] {
  const list: unknown[] = ["Open_vSwitch"];
  let count = 0;
  const insert = (table: string, row: object): unknown => {
    const name = `row${count++}`;
    list.push({ op: "insert", table, row, "uuid-name": name });
    return ["named-uuid", name];
  };
  const bridges = Object.entries(SWITCHES).map(([bridge, ports]) => {
    const made = Object.entries(ports as Ports).map(([port, [set, ...interfaces]]) => {
      const members = interfaces.map((one, at) =>
        insert("Interface", { name: interfaces.length > 1 ? `e${at + 1}` : port, ...one }),
      );
      return insert("Port", { name: port, ...set, interfaces: ["set", members] });
    });
    return insert("Bridge", { name: bridge, ports: ["set", made] });
  });
  list.push({ op: "insert", table: "Open_vSwitch", row: { bridges: ["set", bridges] } });
  return list;
}

/** Exit status of `ovsdb-client`. */
export function transaction(socket: string): number | null {
  return spawnSync("ovsdb-client", ["-t", "5", "transact", `unix:${socket}`, JSON.stringify(operations())]).status;
}
