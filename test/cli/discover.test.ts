// `netloom discover` as its user runs it: on the machine with a lab of their own, in a lab, and in a sandbox.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Discovery } from "../../src/model/index.ts";
import { operations, SCHEMA } from "../discover/ovs-schema.ts";
import { machine, NETLOOM, program } from "./program.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const isRoot = process.getuid?.() === 0;

const FILE = `switches: { lan: { subnet: 10.0.0.0/24 } }
hosts:
  a: { interfaces: { eth0: lan } }
  b: { interfaces: { eth0: lan } }
routers:
  gw:
    interfaces: { eth0: { link: lan, address: 10.0.0.254/24 }, eth1: { link: "isp:eth0", address: 203.0.113.2/30 } }
    nat: [{ masquerade: eth1 }]
`.concat(`  isp: { interfaces: { eth0: { link: "gw:eth1", address: 203.0.113.1/30 } } }\n`);

async function discovery(...args: string[]): Promise<Discovery & { kind: string; netloom: number }> {
  const { out, err, code } = await netloom.run(["discover", ...args, "--json"]);
  expect({ code, err }).toMatchObject({ code: 0 });
  return JSON.parse(out) as Discovery & { kind: string; netloom: number };
}

function links(all: Discovery, namespace: string): Record<string, Discovery["namespaces"][number]["links"][number]> {
  const found = all.namespaces.find(({ name }) => name === namespace);
  return Object.fromEntries((found?.links ?? []).map((link) => [link.name, link]));
}

describe("a lab", () => {
  //   a, b, gw ── lan        gw:eth1 ═══ eth0: isp
  test("is seen from the machine that it runs on, by the names of its nodes; and the machine stays as it was", async () => {
    const before = machine();
    const up = await netloom.run(["up", netloom.file("town.yaml", FILE)]);
    expect(up).toMatchObject({ code: 0 });

    const all = await discovery();
    expect(all).toMatchObject({ netloom: 1, kind: "discovery" });
    const names = all.model.namespaces.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["root", "town/root", "town/a", "town/b", "town/gw", "town/isp"]));
    expect(links(all, "town/gw")["eth1"]?.peer).toEqual({ namespace: "town/isp", link: "eth0" });
    expect(links(all, "town/root")["a-eth0"]).toMatchObject({
      peer: { namespace: "town/a", link: "eth0" },
      portState: "forwarding",
    });
    const gw = all.namespaces.find(({ name }) => name === "town/gw");
    expect(gw?.netfilter).toContainEqual(expect.objectContaining({ origin: "netloom", family: "inet" }));

    // By itself: its holder is asked.
    const own = await discovery("town");
    expect(own.model.namespaces.map(({ name }) => name)).toEqual(["root", "a", "b", "gw", "isp"]);
    expect(links(own, "gw")["eth0"]?.peer).toEqual({ namespace: "root", link: "gw-eth0" });

    const { out, code } = await netloom.run(["discover", "--lab", "town", "gw"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^gw +named +forwards IPv4.*NAT eth1/m);
    expect(out).toMatch(/^gw +eth0 +veth +up +10\.0\.0\.254\/24 +root:gw-eth0 in lan$/m);
    expect(out).toMatch(/^ +eth1 +veth +up +203\.0\.113\.2\/30 +isp:eth0$/m);
    expect(out).toMatch(/^inet netloom +netloom +\S+ +postrouting/m);

    // From inside, where its holder cannot be asked.
    const inside = await netloom.run(["exec", "--lab", "town", "a", NETLOOM, "discover", "town", "--json"]);
    expect(inside).toMatchObject({ code: 0 });
    const seen = JSON.parse(inside.out) as Discovery;
    expect(seen.model.namespaces.map(({ name }) => name)).toEqual(["root", "a", "b", "gw", "isp"]);
    expect(seen.namespaces[0]?.processes).toContainEqual({ pid: 1, command: "node" });
    expect(seen.unseen).toEqual([]);

    expect((await netloom.run(["down", "town"])).code).toBe(0);
    expect(machine()).toEqual(before);
    await netloom.clean();
  });

  //   h1 … h260 ── s: more than one thread reads alone
  test("with many equal hosts is told in few lines, from inside and from outside", async () => {
    expect((await netloom.run(["up", "star:260"])).code).toBe(0);
    const { out, code } = await netloom.run(["discover", "star-260"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^h1…h260 \(260\) +eth0 +veth +up +10\.0\.0\.1\/\d+ … +root, in s$/m);
    expect(out).toMatch(/^ +└ 260 ports +veth +up +h1…h260 \(260\):eth0$/m);
    expect(out).toContain("star-260: 261 namespaces, 521 interfaces, 1 bridge, 260 cables");

    const all = await discovery();
    for (const host of ["h1", "h131", "h260"]) {
      expect(links(all, `star-260/${host}`)["eth0"]?.peer).toEqual({
        namespace: "star-260/root",
        link: `${host}-eth0`,
      });
      expect(links(all, "star-260/root")[`${host}-eth0`]?.peer?.namespace).toBe(`star-260/${host}`);
    }
    const outside = await netloom.run(["discover"]);
    expect(outside.out).toMatch(
      /^star-260\/h1…h260 \(260\) +eth0 +veth +up +10\.0\.0\.1\/\d+ … +star-260\/root, in s$/m,
    );
    const one = await netloom.run(["discover", "--lab", "star-260", "h17"]);
    expect(one.out).toMatch(/^h17 +eth0 +veth +up +10\.0\.0\.17\/\d+ .*root:h17-eth0 in s$/m);
    expect((await netloom.run(["down", "star-260"])).code).toBe(0);
    await netloom.clean();
  });
});

describe.skipIf(!has("ip"))("what was typed in a sandbox", () => {
  test("is told, and drawn", async () => {
    const picture = `${netloom.folder}/typed.svg`;
    const script = `
      ip netns add blue; ip link add br0 type bridge; ip link set br0 up
      ip link add v type veth peer name eth0 netns blue; ip link set v master br0 up; ip -n blue link set eth0 up
      ip -n blue addr add 10.1.0.2/24 dev eth0
      ip link add 'q"<i>' type veth peer name x
      ${NETLOOM} discover; ${NETLOOM} discover -o ${picture}; ${NETLOOM} discover nope`;
    const { out, err, code } = await netloom.run(["sandbox", "--", "sh", "-c", script]);
    expect(out).toMatch(/^root +this machine/m);
    expect(out).toMatch(/^blue +eth0 +veth +up +10\.1\.0\.2\/24 +root:v in br0$/m);
    expect(out).toContain(`q"<i>`);
    expect(err).toContain(`wrote ${picture}`);
    expect(err).toContain('error[discover.no-namespace]: no network namespace is called "nope"');
    expect(code).toBe(2);
    expect(existsSync(picture)).toBe(true);
    const svg = readFileSync(picture, "utf8");
    expect(svg).toContain("blue");
    expect(svg).not.toContain("<i>");
    await netloom.clean();
  });

  test("while namespaces come and go: what stays is told each time", async () => {
    const script = `
      ip netns add stays
      (while ip netns add n1 && ip netns add n2 && ip netns del n1 && ip netns del n2; do :; done) & churn=$!
      for i in 1 2 3 4 5; do ${NETLOOM} discover --json >> seen || exit 9; done
      kill $churn`;
    const { err, code } = await netloom.run(["sandbox", "--", "sh", "-c", script]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const seen = readFileSync(`${netloom.folder}/seen`, "utf8").trim().split("\n");
    expect(seen).toHaveLength(5);
    for (const line of seen) {
      const names = (JSON.parse(line) as Discovery).namespaces.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["root", "stays"]));
    }
  });
});

interface Plotted {
  readonly namespaces: readonly {
    readonly name: string;
    readonly interfaces: readonly {
      readonly name: string;
      readonly id: string;
      readonly info: readonly string[];
      readonly type: string;
      readonly driver: string;
      readonly mtu: number;
      readonly state: string;
      readonly addresses: readonly { readonly address: string; readonly peer?: { readonly address: string } }[];
      readonly peer?: { readonly target: string };
      readonly parent?: { readonly target: string };
    }[];
  }[];
}

describe.skipIf(!has("ip", "plotnetcfg"))("plotnetcfg", () => {
  //   root: br0 ──┬── v1 ═══ eth0: a       b: mac on a's eth0, moved
  //               └── v2 ═══ eth0: b       a: x ═══ y: b
  test("shows nothing that is not discovered", async () => {
    const script = `
      ip link add br0 type bridge; ip link set br0 up; ip addr add 10.1.0.254/24 dev br0
      for n in 1:a 2:b; do ip netns add \${n#*:}; ip link add v\${n%:*} type veth peer name eth0 netns \${n#*:}; ip link set v\${n%:*} master br0 up; done
      ip -n a addr add 10.1.0.1/24 dev eth0; ip -n a link set eth0 mtu 1400 up; ip -n a link set lo up
      ip -n a link add x type veth peer name y netns b; ip link add vx type vxlan id 7 dstport 4789; ip -n b addr add 10.2.0.1 peer 10.2.0.2/32 dev eth0; ip -n b addr add fd00::1 peer fd00::2/128 dev eth0
      plotnetcfg -f json > plotted; ${NETLOOM} discover --json > discovered`;
    expect(await netloom.run(["sandbox", "--", "sh", "-ec", script])).toMatchObject({ code: 0 });
    const plotted = JSON.parse(readFileSync(`${netloom.folder}/plotted`, "utf8")) as Plotted;
    const { model, namespaces } = JSON.parse(readFileSync(`${netloom.folder}/discovered`, "utf8")) as Discovery;
    let compared = 0;
    for (const { name, interfaces } of plotted.namespaces) {
      const ours = model.namespaces.find((each) => each.name === (name || "root"));
      for (const theirs of interfaces) {
        const link = ours?.links.find((each) => each.name === theirs.name);
        const kind = link?.kind === "other" ? link.type : link?.kind;
        expect([kind, link?.mtu, link?.up]).toEqual([theirs.driver, theirs.mtu, theirs.state !== "down"]);
        const addresses = ours?.addresses.filter((each) => each.link === theirs.name) ?? [];
        expect(new Set(addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`))).toEqual(
          new Set(theirs.addresses.map(({ address }) => address)),
        );
        const { pointToPoint = {} } =
          namespaces.find((each) => each.name === ours?.name)?.links.find((each) => each.name === theirs.name) ?? {};
        const far = theirs.addresses.flatMap(({ address, peer }) =>
          peer === undefined ? [] : [[address.split("/")[0], peer.address]],
        );
        expect(pointToPoint).toEqual(Object.fromEntries(far));
        const peer =
          link?.kind === "veth" && link.peer !== null
            ? `${link.peer.namespace === "root" ? "" : link.peer.namespace}/${link.peer.link}`
            : undefined;
        expect(peer).toBe(theirs.peer?.target);
        if (theirs.name.startsWith("v") && theirs.name !== "vx") expect(theirs.parent?.target).toBe(`/${link?.master}`);
        compared++;
      }
    }
    expect(compared).toBe(11);
    expect(
      namespaces.find(({ name }) => name === "b")?.links.find(({ name }) => name === "eth0")?.pointToPoint,
    ).toEqual({ "10.2.0.1": "10.2.0.2/32", "fd00::1": "fd00::2/128" });
  });
});

describe.skipIf(!has("plotnetcfg", "ovsdb-server"))("plotnetcfg, of a switch of Open vSwitch", () => {
  //   br0 ──┬── va (VLAN 10), vb (trunk), bond0: e1 e2, vx0
  //         └── p0 ═══ p1 ── br1
  test("shows nothing that is not discovered", async () => {
    const schema = netloom.file("schema", JSON.stringify(SCHEMA));
    const rows = netloom.file("rows", JSON.stringify(operations()));
    const script = `
      ip link add va type veth peer name vb; ip link add e1 type veth peer name e2
      mkdir /run/openvswitch; cd /run/openvswitch; ovsdb-tool create conf.db ${schema}
      ovsdb-server conf.db --remote=punix:/run/openvswitch/db.sock -vconsole:off --pidfile=$PWD/pid --unixctl=$PWD/ctl --detach --no-chdir
      ovsdb-client -t 5 transact unix:/run/openvswitch/db.sock "$(cat ${rows})"; cd ${netloom.folder}
      plotnetcfg -D /run/openvswitch/db.sock -f json > plotted; ${NETLOOM} discover --json > discovered; ${NETLOOM} discover > shown
      ${NETLOOM} discover -o switched.svg; kill $(cat /run/openvswitch/pid)`;
    const { err, code } = await netloom.run(["sandbox", "--", "sh", "-ec", script]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const read = (name: string): string => readFileSync(`${netloom.folder}/${name}`, "utf8");
    const plotted = JSON.parse(read("plotted")) as Plotted;
    const { openvswitch } = JSON.parse(read("discovered")) as Discovery;
    let compared = 0;
    for (const { id, name, type, info, parent, peer } of plotted.namespaces[0]?.interfaces ?? []) {
      // //ovs:br0//vx0
      const [, bridge] = /^\/\/ovs:(.*)\/\//.exec(type === "internal" ? id : (parent?.target ?? "")) ?? [];
      if (bridge === undefined) continue;
      const ports = openvswitch.find((each) => each.name === bridge)?.ports ?? [];
      const port = ports.find((each) => each.name === name || each.interfaces.some((one) => one.name === name));
      expect([name, port?.interfaces.length]).not.toEqual([name, undefined]);
      const [one] = port?.interfaces ?? [];
      const said = [
        ...(one?.type === "system" ? [] : [`type: ${one?.type}`]),
        ...(one?.options["remote_ip"] === undefined ? [] : [`to ${one.options["remote_ip"]}`]),
        ...(port?.bondMode === null || port?.name !== name ? [] : [`bond mode: ${port.bondMode}`]),
      ];
      expect([name, ...info]).toEqual([name, ...said]);
      if (type === "internal" && peer !== undefined)
        expect(`//ovs:${one?.peer?.bridge}//${one?.peer?.port}`).toBe(peer.target);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(6);
    expect(read("shown")).toMatch(/^ +└ va +veth +down +10 untagged +root:vb in br0$/m);
    expect(read("switched.svg")).toContain(">br1<");
  });
});

describe("who may not see everything", () => {
  if (isRoot) {
    test("root is told of the processes of everybody", async () => {
      const { namespaces } = await discovery();
      expect(namespaces[0]?.processes.map(({ pid }) => pid)).toContain(process.pid);
    });
  } else {
    test("an ordinary user is told what is missing", async () => {
      const { out, code } = await netloom.run(["discover"]);
      expect(code).toBe(0);
      expect(out).toMatch(/^root +this machine/m);
      expect(out).toMatch(/^! (\d+ processes|process \d+) cannot be inspected: /m);
    });
  }

  if (isRoot) {
    // hidepid of proc(5): 1 closes the processes of others, 2 does not even list them.
    test.each([
      [0, /^! process 1 cannot be inspected: /m],
      [1, /^! process 1 cannot be inspected: /m],
      [2, /^! \/proc lists only your own processes: /m],
    ])("where /proc has hidepid=%i, that is reported", async (hidepid, remark) => {
      const script = `mount -t proc -o hidepid=${hidepid} proc /proc; setpriv --regid=1 --clear-groups --bounding-set=-all ${NETLOOM} discover; exit $?`;
      const { out, err, code } = await netloom.run(["-m", "--pid", "--fork", "sh", "-c", script], {
        command: "unshare",
      });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(remark);
    });
  }

  test("without /proc nothing can be found", async () => {
    const script = `mount -t tmpfs tmpfs /proc; exec ${NETLOOM} discover`;
    const { err, code } = await netloom.run(["sandbox", "--", "unshare", "-m", "sh", "-c", script]);
    expect(err).toContain("error[discover.no-proc]: the namespaces of this machine cannot be found");
    expect(code).toBe(1);
  });

  test("usage: no such lab", async () => {
    const { err, code, out } = await netloom.run(["discover", "--lab", "nope"]);
    expect(err).toContain('error[cli.no-lab]: no lab named "nope" is up');
    expect([code, out]).toEqual([1, ""]);
  });
});
