import { expect, test } from "vitest";
import { roleOf, targetAddress } from "../../src/model/index.ts";
import { loadTopology, shapeTopology } from "../../src/topology/index.ts";
import { addresses, faultsOf, node, routes } from "./helpers.ts";
import { Walker } from "./walk.ts";

test.each([
  "star:1",
  "star:2",
  "star:254",
  "star:255",
  "chain:2",
  "chain:3",
  "chain:4",
  "chain:61",
  "ring:3",
  "ring:4",
  "ring:5",
  "ring:12",
  "tree:1,1",
  "tree:1,5",
  "tree:2,3",
  "tree:3,3",
  "tree:5,2",
  "tree:4,1",
  "full:2",
  "full:5",
  "full:12",
])("%s: every pair reaches each other, there and back", (spec) => {
  const { model, warnings } = loadTopology(spec);
  expect(warnings).toEqual([]);
  const walker = new Walker(model);
  const nodes = model.namespaces.map((n) => n.name).filter((name) => name !== "root");
  const lost: string[] = [];
  for (const source of nodes) {
    for (const destination of nodes) {
      if (source === destination) continue;
      const target = targetAddress(model, source, destination, 4)!;
      const back = walker.sourceAddress(source, target);
      if (walker.path(source, target)?.at(-1) !== destination) lost.push(`${source} -> ${destination} ${target}`);
      else if (back === undefined || walker.path(destination, back)?.at(-1) !== source)
        lost.push(`${destination} -> ${source} (answer)`);
    }
  }
  expect(lost).toEqual([]);
});

test("the largest of each resolve", () => {
  for (const spec of ["star:1023", "chain:1000", "ring:500", "tree:10,2", "tree:2,44", "tree:1,1000", "full:64"]) {
    expect(loadTopology(spec).model.namespaces.length).toBeGreaterThan(60);
  }
});

test("chain:4 is two hosts with two routers between them", () => {
  const { model } = loadTopology("chain:4");
  expect(model.name).toBe("chain-4");
  expect(model.namespaces.map((n) => `${n.name} ${roleOf(n)}`)).toEqual([
    "root root",
    "n1 host",
    "n2 router",
    "n3 router",
    "n4 host",
  ]);
  expect(addresses(model, "n2")).toEqual(["eth0 10.0.0.2/30", "eth1 10.0.0.5/30"]);
  expect(routes(model, "n2")).toEqual(["0.0.0.0/0 via 10.0.0.6 dev eth1"]);
  expect(routes(model, "n3")).toEqual(["10.0.0.0/30 via 10.0.0.5 dev eth0"]);
});

test("chains have a number of routes that grows no faster than N log N", () => {
  const { model } = loadTopology("chain:1000");
  const all = model.namespaces.reduce((sum, n) => sum + n.routes.length, 0);
  expect(all).toBeLessThan(1000 * 11);
});

test("a ring takes the shorter way round", () => {
  const { model } = loadTopology("ring:8");
  const walker = new Walker(model);
  for (const destination of model.namespaces.slice(2)) {
    const path = walker.path("n1", targetAddress(model, "n1", destination.name, 4)!)!;
    expect(path.length - 1).toBeLessThanOrEqual(4);
  }
});

test("tree:2,2 numbers its nodes going down, left to right", () => {
  const { model } = loadTopology("tree:2,2");
  expect(model.namespaces.map((n) => n.name)).toEqual(["root", "h1", "h2", "h3", "h4", "r1", "r2", "r3"]);
  expect(new Walker(model).path("h1", targetAddress(model, "h1", "h4", 4)!)).toEqual(["h1", "r2", "r1", "r3", "h4"]);
});

test("long ways get a higher TTL", () => {
  expect(node(loadTopology("chain:60").model, "n1").sysctls).toEqual({});
  expect(node(loadTopology("chain:61").model, "n1").sysctls).toEqual({ "net.ipv4.ip_default_ttl": "255" });
});

test.each([
  "star:0",
  "star:1024",
  "star:",
  "star:x",
  "star:1.5",
  "star:-1",
  "star:3,4",
  "star:007",
  "star:99999999999",
  "chain:1",
  "chain:1001",
  "ring:2",
  "ring:501",
  "tree:2",
  "tree:0,2",
  "tree:11,1",
  "tree:10,3",
  "tree:2,45",
  "full:1",
  "full:65",
])("%s is refused with the usage", (spec) => {
  const [fault, ...more] = faultsOf(() => shapeTopology(spec));
  expect(more).toEqual([]);
  expect(fault).toMatchObject({ code: "topology.shape", severity: "error" });
  expect(fault!.hint).toContain(`${spec.split(":")[0]}:`);
});

test.each(["office.yaml", "star", "stars:3", "./star:3", "constructor:3", ""])("%j is no shape", (spec) => {
  expect(shapeTopology(spec)).toBeNull();
});
