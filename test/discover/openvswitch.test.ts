// What Open vSwitch 3.1 answered when it had two bridges with a port of each sort, and answers that nobody should give.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Discovery, OvsBridge } from "../../src/model/index.ts";
import { toBridges, withLinks } from "../../src/discover/openvswitch/bridges.ts";
import { pathsOf } from "../../src/discover/openvswitch/databases.ts";
import { JsonStream, question, type Tables, tablesIn } from "../../src/discover/openvswitch/protocol.ts";
import { discovered, drawable } from "../../src/show/discover/index.ts";
import { PLAIN } from "../../src/show/index.ts";
import { machineOf } from "./drawn.ts";

const ANSWER = readFileSync(new URL("fixtures/ovsdb-answer.json", import.meta.url), "utf8");

//   br0 ──┬── va (VLAN 10), vb (trunk), int0 (VLAN 5), bond0: e1 e2
//         ├── vx0, gn0, gr0: tunnels
//         └── p0 ═══ p1 ── br1 ── gone
const bridges = (): OvsBridge[] => toBridges(tablesIn(ANSWER) as Tables, "root");

describe("what a switch is plugged into", () => {
  test("ports with their VLANs, bonds, tunnels and patches", () => {
    const [br0, br1] = bridges();
    expect(br0).toMatchObject({
      name: "br0",
      namespace: "root",
      datapath: "netdev",
      failMode: "secure",
      controllers: [{ target: "tcp:127.0.0.1:6653", connected: false }],
    });
    const port = (name: string) => br0?.ports.find((each) => each.name === name);
    expect(br0?.ports.map(({ name }) => name)).toEqual(["bond0", "br0", "gn0", "gr0", "int0", "p0", "va", "vb", "vx0"]);
    expect(port("va")).toMatchObject({ tag: 10, trunks: [], interfaces: [{ name: "va", type: "system" }] });
    expect(port("vb")).toMatchObject({ tag: null, trunks: [20, 21, 30], vlanMode: "native-untagged" });
    expect(port("bond0")).toMatchObject({
      bondMode: "active-backup",
      lacp: "active",
      interfaces: [{ name: "e1" }, { name: "e2" }],
    });
    expect(port("vx0")?.interfaces).toMatchObject([
      { type: "vxlan", options: { key: "42", remote_ip: "192.0.2.9" }, link: null },
    ]);
    expect(port("p0")?.interfaces).toMatchObject([{ type: "patch", peer: { bridge: "br1", port: "p1" } }]);
    expect(br1).toMatchObject({ failMode: null, controllers: [] });
    expect(br1?.ports.find(({ name }) => name === "gone")?.interfaces[0]?.error).toContain("No such device");
  });

  test("an internal port is a link, also after somebody has moved it", () => {
    const mac = bridges()[0]?.ports.find(({ name }) => name === "int0")?.interfaces[0]?.mac ?? "";
    const linkOf = (links: Parameters<typeof withLinks>[1]) =>
      withLinks(bridges(), links)[0]?.ports.find(({ name }) => name === "int0")?.interfaces[0]?.link;
    const int0 = { name: "int0", switched: true, mac };
    expect(linkOf(new Map([["root", [int0]]]))).toEqual({ namespace: "root", link: "int0" });
    expect(
      linkOf(
        new Map([
          ["root", []],
          ["a", [int0]],
        ]),
      ),
    ).toEqual({ namespace: "a", link: "int0" });
    // Somebody else's of that name.
    expect(linkOf(new Map([["a", [{ ...int0, switched: false }]]]))).toBeNull();
    expect(linkOf(new Map([["a", [{ ...int0, mac: "02:00:00:00:00:01" }]]]))).toBeNull();
    expect(
      linkOf(
        new Map([
          ["a", [int0]],
          ["b", [int0]],
        ]),
      ),
    ).toBeNull();
  });
});

describe("answers", () => {
  test("come in pieces, with others between them, and texts that look like ends", () => {
    const stream = new JsonStream();
    const echo = JSON.stringify({ method: "echo", id: "echo", params: ['a } \\" ] "'] });
    const bytes = Buffer.from(`${echo}${ANSWER}${echo}`);
    const messages: string[] = [];
    for (let at = 0; at < bytes.length; at += 7) messages.push(...stream.push(bytes.subarray(at, at + 7)));
    expect(messages).toHaveLength(3);
    expect(messages.map((one) => tablesIn(one) !== null)).toEqual([false, true, false]);
    expect(JSON.parse(question())).toMatchObject({
      method: "transact",
      params: ["Open_vSwitch", { op: "select" }, {}, {}, {}],
    });
  });

  test("of another database, and refusals in the words of the server", () => {
    const answer = (rest: object): string => JSON.stringify({ id: "netloom", ...rest });
    expect(
      tablesIn(
        answer({ error: { error: "unknown database", details: "no database named Open_vSwitch" }, result: null }),
      ),
    ).toBeUndefined();
    const refused = answer({ error: null, result: [{ error: "permission error", details: "go away" }] });
    expect(() => tablesIn(refused)).toThrow("permission error: go away");
    expect(() => tablesIn(answer({ error: null, result: [{ rows: [] }] }))).toThrow("no rows of table Controller");
    expect(() => tablesIn(answer({ error: null, result: 7 }))).toThrow("no result");
    expect(() => tablesIn("{nonsense}")).toThrow("not JSON");
  });

  test("without sense: what is no text is none, and what refers to nothing is left out", () => {
    const odd = { name: 7, ports: ["set", [["uuid", "p"], ["uuid", "nowhere"], 4]], datapath_type: { a: 1 } };
    const port = {
      _uuid: ["uuid", "p"],
      name: ["set", []],
      tag: "x",
      trunks: ["set", [9999, -1, 3.5, "4", 5]],
      interfaces: ["uuid", "i"],
    };
    const one = {
      _uuid: ["uuid", "i"],
      name: "\u001b[31mred",
      type: null,
      options: ["map", [["a"], 4, ["c", "d", "e"], ["b", 5], ["__proto__", "x"]]],
    };
    const [bridge] = toBridges({ Bridge: [odd], Port: [port], Interface: [one], Controller: [] }, "root");
    expect(bridge).toMatchObject({ name: "", datapath: "system", ports: [{ name: "", tag: null, trunks: [5] }] });
    expect(bridge?.ports).toHaveLength(1);
    expect(bridge?.ports[0]?.interfaces[0]).toMatchObject({ name: "\u001b[31mred", type: "system" });
    expect(Object.keys(bridge?.ports[0]?.interfaces[0]?.options ?? {})).toEqual(["__proto__"]);
  });
});

test.each([
  ["ovsdb-server", ["/etc/conf.db", "--remote=punix:/run/x/db.sock", "--remote=db:a,b,c"], ["/run/x/db.sock"]],
  ["ovsdb-server", ["--remote", "punix:db.sock"], ["/run/openvswitch/db.sock", "/var/run/openvswitch/db.sock"]],
  ["ovs-vswitchd", ["unix:/var/run/openvswitch/db.sock", "-vconsole:emer"], ["/var/run/openvswitch/db.sock"]],
  ["ovs-vswitchd", [], ["/run/openvswitch/db.sock"]],
])("the sockets of %s %j", (command, args, paths) => {
  expect(pathsOf(command, [command, ...args].join("\0"))).toEqual(paths);
});

describe("what is shown", () => {
  const names = ["va", "vb", "e1", "e2"];
  const links = new Map([["root", names.map((name) => ({ name, switched: false, mac: null }))]]);
  const discovery: Discovery = {
    ...machineOf(names.map((name) => ({ name, master: "ovs-system" }))),
    openvswitch: withLinks(bridges(), links),
  };

  test("each port below its switch", () => {
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toMatch(
      /^root +br0 +ovs bridge +8 ports, in user space, secure, controller tcp:127\.0\.0\.1:6653 \(not connected\)$/m,
    );
    expect(text).toMatch(/^ +└ va +veth +up +10 untagged$/m);
    expect(text).toMatch(/^ +└ vb +veth +up +20-21, 30$/m);
    expect(text).toMatch(/^ +└ bond0 +ovs bond active-backup +2 links\n +└ e1 +veth +up\n +└ e2 +veth +up$/m);
    expect(text).toMatch(/^ +└ p0 +ovs patch +p1 in br1$/m);
    expect(text).toMatch(/^ +└ vx0 +ovs vxlan 42 +any → 192\.0\.2\.9$/m);
    expect(text).toMatch(/^ +└ gone +ovs system +error +could not open network device gone/m);
    const unset = { ...discovery, openvswitch: bridges() };
    expect(discovered(unset, PLAIN, { details: false, whole: unset })).toMatch(
      /^ +└ va +ovs system +10 untagged +no link of that name$/m,
    );
    expect(text).toMatch(/^ +gr0 +gr0 +gre +local_ip 192\.0\.2\.1, remote_ip 192\.0\.2\.8$/m);
    expect(text).toContain("4 interfaces, 2 bridges");
  });

  test("a picture has them as switches, and patches as cables", () => {
    const [root] = drawable(discovery).namespaces;
    const byName = new Map(root?.links.map((link) => [link.name, link]));
    expect(byName.get("br0")).toMatchObject({ kind: "bridge" });
    expect(byName.get("va")).toMatchObject({ kind: "veth", master: "br0" });
    expect(byName.get("p0")).toMatchObject({ kind: "veth", master: "br0", peer: { namespace: "root", link: "p1" } });
    expect(byName.get("vx0")).toMatchObject({ kind: "other", type: "vxlan", master: "br0" });
  });
});
