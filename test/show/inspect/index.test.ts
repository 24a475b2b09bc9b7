import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/model/index.ts";
import {
  busiestFirst,
  inspection,
  interfaceInspection,
  nodeInspection,
  ratesBetween,
  ratesTable,
  tellingRates,
} from "../../../src/show/index.ts";
import type { Inspected } from "../../../src/show/index.ts";
import { PLAIN } from "../../../src/show/style.ts";
import { cells } from "../../../src/show/text.ts";
import { loadTopology } from "../../../src/topology/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));
const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"));

function inspected(model: Model, more: Partial<Inspected> = {}): Inspected {
  return { model, details: {}, neighbours: {}, counters: {}, processes: [], leases: [], ...more };
}
const load = (file: string): Model => loadTopology(file.includes(".") ? path.join(EXAMPLES, file) : file).model;
const width = (columns: number) => ({ ...PLAIN, width: columns });
const widest = (text: string): number => Math.max(...text.split("\n").map(cells));

describe("fits the terminal", () => {
  it.each([...examples, "star:100", "tree:3,4", "full:5"])("%s", (file) => {
    const model = load(file);
    const all = inspected(model);
    for (const columns of [50, 80, 132]) {
      expect(widest(inspection(all, width(columns)))).toBeLessThanOrEqual(columns);
      for (const node of model.namespaces) {
        expect(widest(nodeInspection(all, node, width(columns)))).toBeLessThanOrEqual(columns);
        for (const link of node.links.slice(0, 5))
          expect(widest(interfaceInspection(all, node, link, width(columns)))).toBeLessThanOrEqual(columns);
      }
    }
  });

  it("cuts long names in the middle, and tells how many more addresses there are", () => {
    const model = load("star:2");
    const name = `a-host-${"x".repeat(50)}-one`;
    const renamed: Model = {
      ...model,
      namespaces: model.namespaces.map((ns) =>
        ns.name === "h1"
          ? {
              ...ns,
              name,
              addresses: [1, 2, 3].map((n) => ({ ...ns.addresses[0]!, link: "eth0", address: `10.0.0.${n}` })),
            }
          : ns,
      ),
    };
    const text = inspection(inspected(renamed), width(60));
    expect(widest(text)).toBeLessThanOrEqual(60);
    expect(text).toMatch(/^a-host-x*…x*-one /m);
    expect(text).toMatch(/10\.0\.0\.1\/\d+( 10\.0\.0\.2\/\d+)? \+[12]/);
    // A pipe gets everything.
    expect(inspection(inspected(renamed), PLAIN)).toMatch(new RegExp(`^${name} .*10\\.0\\.0\\.3`, "m"));
  });
});

describe("a lab", () => {
  it("puts nodes with the same route on one line; of many nodes those that are alike, on a terminal", () => {
    const many = inspected(load("star:100"));
    expect(inspection(many, width(80))).toMatch(/^h1…h100 +eth0 +veth .* and 99 more +s$/m);
    const piped = inspection(many, PLAIN);
    expect(piped).toMatch(/^h77 +eth0 .*10\.0\.0\.77/m);
    const routes = inspection(inspected(load("06-gateway.yaml")), PLAIN);
    expect(routes).toMatch(/^a, b, c +default +172\.19\.0\.1 +eth0 +static$/m);
  });

  it("says what NAT and firewalls do", () => {
    const text = inspection(inspected(load("06-gateway.yaml")), PLAIN);
    expect(text).toMatch(/^root +NAT +masquerade out eth0 from 172\.19\.0\.0\/24$/m);
    expect(text).toMatch(/^root +publish +tcp\/8080 on eth0 \(198\.51\.100\.1\) → 172\.19\.0\.3:80 \(b\)$/m);
    expect(text).toMatch(/^root +forward +default drop$/m);
  });

  it("tells a link without carrier from one that is up or down", () => {
    const model = load("03-veth-pair.yaml");
    const [a, b] = model.namespaces.filter(({ name }) => name !== "root");
    const link = a!.links.find(({ kind }) => kind === "veth")!;
    const other = b!.links.find(({ kind }) => kind === "veth")!;
    const down: Model = {
      ...model,
      namespaces: model.namespaces.map((ns) =>
        ns === b ? { ...ns, links: ns.links.map((each) => (each === other ? { ...each, up: false } : each)) } : ns,
      ),
    };
    const details = { [a!.name]: { [link.name]: { index: 2, carrier: false, alias: null } } };
    const text = inspection(inspected(down, { details }), PLAIN);
    expect(text).toMatch(new RegExp(`^${a!.name} +${link.name} +veth +no carrier `, "m"));
    expect(text).toMatch(new RegExp(`^${b!.name} +${other.name} +veth +down `, "m"));
  });
});

describe("a node and an interface", () => {
  it("say everything of it, and nothing of others", () => {
    const model = load("08-virtual-router.yaml");
    const router = model.namespaces.find(({ name }) => name === "router")!;
    const neighbours = { router: [{ link: "eth0", address: "10.1.0.11", mac: "02:00:00:00:00:01", state: "stale" }] };
    const all = inspected(model, { neighbours });
    const whole = nodeInspection(all, router, PLAIN);
    expect(whole).toMatch(/^router +router, forwards IPv4/m);
    expect(whole).toMatch(/^10\.1\.0\.11 +02:00:00:00:00:01 +eth0 +stale$/m);
    const traffic = { bytes: 1234, packets: 12, errors: 0, dropped: 3 };
    const counters = {
      router: { eth1: { index: 17, master: 0, up: true, carrier: true, received: traffic, sent: traffic } },
    };
    const eth1 = router.links.find(({ name }) => name === "eth1")!;
    const details = {
      router: { eth1: { index: 17, carrier: true, alias: null, settings: { arp: "off", txqueuelen: 5 } } },
    };
    const one = interfaceInspection({ ...all, counters, details }, router, eth1, PLAIN);
    expect(one).toMatch(/^set +arp off, txqueuelen 5$/m);
    expect(one).toContain("received      1.2 kB in 12 packets, 3 dropped, 0 errors");
    expect(one).toMatch(/^NAT +snat out eth1 from 10\.1\.0\.11 → 192\.168\.1\.2$/m);
    expect(one).not.toMatch(/eth0$/m);
    expect(one).not.toContain("stale");
  });
});

describe("rates", () => {
  const counters = (bytes: number, packets = 0, dropped = 0) => {
    const traffic = { bytes, packets, dropped, errors: 0 };
    const none = { bytes: 0, packets: 0, dropped: 0, errors: 0 };
    return { index: 2, master: 0, up: true, carrier: true, received: traffic, sent: none };
  };

  it("are differences by the second; who has fewer than before begins anew", () => {
    const before = { h10: { eth0: counters(1000, 10) }, h2: { eth0: counters(5000) } };
    const after = { h10: { eth0: counters(3000, 14, 2) }, h2: { eth0: counters(10), eth1: counters(99) } };
    const rates = ratesBetween(before, after, 2);
    expect(rates.map((rate) => [rate.node, rate.interface, rate.received.bytes])).toEqual([
      ["h2", "eth0", 0],
      ["h2", "eth1", 0],
      ["h10", "eth0", 1000],
    ]);
    expect(rates[2]?.received).toEqual({ bytes: 1000, packets: 2, dropped: 1, errors: 0 });
    expect(busiestFirst(rates).map(({ node }) => node)).toEqual(["h10", "h2", "h2"]);
  });

  it("fill no more lines than there are, and no more columns", () => {
    const model = load("star:40");
    const names = model.namespaces.map(({ name }) => name);
    const reading = Object.fromEntries(names.map((name) => [name, { eth0: counters(123456) }]));
    const rates = ratesBetween({}, reading, 1);
    for (const columns of [40, 80, 120]) {
      const text = ratesTable(rates, model, width(columns), 10);
      expect(text.split("\n")).toHaveLength(10);
      expect(text).toMatch(/… and 33 more interfaces$/);
      expect(widest(text)).toBeLessThanOrEqual(columns);
    }
    expect(ratesTable(rates, model, PLAIN).split("\n")).toHaveLength(names.length + 1);
  });

  it("of a whole lab leave out ports, whose other end is told of, and idle loopback", () => {
    const model = load("star:2");
    const all = Object.fromEntries(
      model.namespaces.map((ns) => [ns.name, Object.fromEntries(ns.links.map((link) => [link.name, counters(0)]))]),
    );
    const told = tellingRates(ratesBetween(all, all, 1), model).map((rate) => `${rate.node}:${rate.interface}`);
    expect(told).toEqual(["root:s", "h1:eth0", "h2:eth0"]);
  });
});
