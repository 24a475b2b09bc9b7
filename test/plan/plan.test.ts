import { describe, expect, it } from "vitest";
import type { Model, Namespace, VethLink } from "../../src/model/index.ts";
import { emptyNamespace, plan } from "../../src/plan/index.ts";

const veth = (name: string, peer: string, more: Partial<VethLink> = {}): VethLink => ({
  kind: "veth",
  name,
  up: true,
  mtu: 1500,
  mac: "02:00:00:00:00:01",
  master: null,
  altnames: [],
  peer: { namespace: peer, link: name },
  ...more,
});

const node = (name: string, more: Partial<Namespace> = {}): Namespace => ({ ...emptyNamespace(name), ...more });
const model = (...namespaces: Namespace[]): Model => ({ name: "t", namespaces });
const address = { link: "eth0", family: 4, address: "10.0.0.1", prefixLength: 24, origin: "static" } as const;
const route = {
  family: 4,
  to: "0.0.0.0/0",
  type: "unicast",
  table: 254,
  metric: 0,
  source: null,
  nextHops: [{ via: "10.0.0.254", link: "eth0", weight: 1 }],
  origin: "static",
} as const;

const text = (changes: ReturnType<typeof plan>): string[] =>
  changes.map((change) => `${change.action} ${change.namespace} ${change.kind} ${change.id}`);

describe("plan", () => {
  it("is empty for equal models", () => {
    const a = model(node("root"), node("a", { links: [veth("eth0", "b")], addresses: [address], routes: [route] }));
    expect(plan(a, structuredClone(a))).toEqual([]);
  });

  it("creates in the order in which one object needs another", () => {
    const desired = model(
      node("root"),
      node("a", {
        links: [veth("eth0", "b")],
        addresses: [address],
        routes: [route],
        forwarding: { ipv4: true, ipv6: false },
      }),
    );
    expect(text(plan(desired, model(node("root"))))).toEqual([
      "create a namespace a",
      "update a forwarding ipv4",
      "create a link eth0",
      "create a address eth0 10.0.0.1/24",
      "create a route 0.0.0.0/0 table 254 metric 0",
    ]);
  });

  it("deletes in the opposite order, before it creates", () => {
    const observed = model(
      node("root"),
      node("a", { links: [veth("eth0", "b")], addresses: [address], routes: [route] }),
    );
    const desired = model(node("root"), node("a", { links: [veth("eth1", "c")] }));
    expect(text(plan(desired, observed))).toEqual([
      "delete a route 0.0.0.0/0 table 254 metric 0",
      "delete a address eth0 10.0.0.1/24",
      "delete a link eth0",
      "create a link eth1",
    ]);
  });

  it("says which field differs, and from what to what", () => {
    const observed = model(node("a", { links: [veth("eth0", "b", { mtu: 1400, up: false })] }));
    const desired = model(node("a", { links: [veth("eth0", "b")] }));
    const [change, ...rest] = plan(desired, observed);
    expect(rest).toEqual([]);
    expect(change).toMatchObject({
      action: "update",
      kind: "link",
      reason: "up is false, should be true, mtu is 1400, should be 1500",
    });
  });

  it("replaces a cable that is plugged into another node", () => {
    const changes = plan(
      model(node("a", { links: [veth("eth0", "c")] })),
      model(node("a", { links: [veth("eth0", "b")] })),
    );
    expect(text(changes)).toEqual(["delete a link eth0", "create a link eth0"]);
    expect(changes[0]!.reason).toBe("peer is b:eth0, should be c:eth0");
  });

  it("leaves alone what the kernel made, and sysctls that nobody asked for", () => {
    const observed = model(
      node("a", {
        addresses: [{ ...address, origin: "kernel" }],
        routes: [{ ...route, to: "10.0.0.0/24", origin: "kernel" }],
        sysctls: { "net.ipv4.tcp_congestion_control": "cubic" },
      }),
    );
    expect(plan(model(node("a")), observed)).toEqual([]);
    // The same objects configured by hand are in the way.
    const byHand = model(node("a", { addresses: [address], routes: [route] }));
    expect(text(plan(model(node("a")), byHand))).toHaveLength(2);
  });

  it("pairs routes as the kernel does: destination, table and metric", () => {
    const other = { ...route, nextHops: [{ via: "10.0.0.253", link: "eth0", weight: 1 }] } as const;
    const [changed, ...none] = plan(model(node("a", { routes: [other] })), model(node("a", { routes: [route] })));
    expect(none).toEqual([]);
    expect(changed).toMatchObject({
      action: "update",
      reason: "next hop is via 10.0.0.254 dev eth0, should be via 10.0.0.253 dev eth0",
    });
    const worse = { ...other, metric: 100 };
    expect(text(plan(model(node("a", { routes: [route, worse] })), model(node("a", { routes: [route] }))))).toEqual([
      "create a route 0.0.0.0/0 table 254 metric 100",
    ]);
  });

  it("takes away a namespace with one change, the kernel takes what is in it", () => {
    const observed = model(node("root"), node("a", { links: [veth("eth0", "b")], addresses: [address] }));
    expect(text(plan(model(node("root")), observed))).toEqual(["delete a namespace a"]);
  });
});
