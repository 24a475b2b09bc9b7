//   a ── lan ── b      gw ══ c, a cable
//        │ └─ gw

import { describe, expect, test } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { Evaluator, Segments } from "../../src/packet/index.ts";
import { resolveTopology } from "../../src/topology/index.ts";

const { model } = resolveTopology({
  switches: { lan: { subnet: "10.0.0.0/24" } },
  hosts: {
    a: { interfaces: { eth0: { link: "lan", address: "10.0.0.2/24" } } },
    b: { interfaces: { eth0: { link: "lan", address: "10.0.0.3/24" } } },
    c: { interfaces: { eth0: { link: "gw:eth1", address: "10.1.0.2/24" } } },
  },
  routers: {
    gw: {
      interfaces: {
        eth0: { link: "lan", address: "10.0.0.1/24" },
        eth1: { link: "c:eth0", address: "10.1.0.1/24" },
      },
    },
  },
});

function segments(of: Model): Segments {
  return new Segments(of, new Map(of.namespaces.map((one) => [one.name, new Evaluator(one)])));
}

function changed(
  name: string,
  change: (one: Model["namespaces"][number]) => Partial<Model["namespaces"][number]>,
): Model {
  return {
    ...model,
    namespaces: model.namespaces.map((one) => (one.name === name ? { ...one, ...change(one) } : one)),
  };
}

const a = { namespace: "a", link: "eth0" };
const macOf = (namespace: string, link: string): string | null =>
  model.namespaces.find(({ name }) => name === namespace)!.links.find(({ name }) => name === link)!.mac;

describe("an address on a segment", () => {
  test("is answered for by who has it, through a switch and over a cable", () => {
    const known = segments(model);
    expect(known.resolve(a, "10.0.0.3", "10.0.0.2")).toEqual({
      kind: "known",
      neighbours: [{ mac: macOf("b", "eth0"), to: { namespace: "b", link: "eth0" } }],
    });
    expect(known.resolve({ namespace: "gw", link: "eth1" }, "10.1.0.2", "10.1.0.1")).toEqual({
      kind: "known",
      neighbours: [{ mac: macOf("c", "eth0"), to: { namespace: "c", link: "eth0" } }],
    });
  });

  test("is answered for by a router on any of its links, as IPv4 does", () => {
    expect(segments(model).resolve(a, "10.1.0.1", "10.0.0.2")).toEqual({
      kind: "known",
      neighbours: [{ mac: macOf("gw", "eth0"), to: { namespace: "gw", link: "eth0" } }],
    });
  });

  test("gets no reply when no node has it, or the one that has it is down", () => {
    expect(segments(model).resolve(a, "10.0.0.9", "10.0.0.2")).toEqual({ kind: "known", neighbours: [] });
    const down = changed("b", ({ links }) => ({ links: links.map((one) => ({ ...one, up: one.name !== "eth0" })) }));
    expect(segments(down).resolve(a, "10.0.0.3", "10.0.0.2")).toEqual({ kind: "known", neighbours: [] });
  });

  test("is several neighbours' when several have it", () => {
    const twice = changed("gw", ({ addresses }) => ({
      addresses: [...addresses, { link: "eth0", family: 4, address: "10.0.0.3", prefixLength: 24, origin: "static" }],
    }));
    expect(segments(twice).resolve(a, "10.0.0.3", "10.0.0.2")).toMatchObject({ neighbours: [{}, {}] });
  });

  test("goes to the MAC that was configured, whether somebody has it or not", () => {
    const fixed = (mac: string): Model =>
      changed("a", () => ({ neighbours: [{ link: "eth0", address: "10.0.0.3", mac }] }));
    const gw = macOf("gw", "eth0")!;
    expect(segments(fixed(gw)).resolve(a, "10.0.0.3", null)).toEqual({
      kind: "known",
      neighbours: [{ mac: gw, to: { namespace: "gw", link: "eth0" } }],
    });
    expect(segments(fixed("02:00:00:00:00:99")).resolve(a, "10.0.0.3", null)).toEqual({
      kind: "known",
      neighbours: [{ mac: "02:00:00:00:00:99", to: null }],
    });
  });

  test("is not determined where the segment leads out of the model", () => {
    const outside = changed("b", ({ links }) => ({
      links: links.map((one) => (one.kind === "veth" ? { ...one, peer: null } : one)),
    }));
    expect(segments(outside).resolve({ namespace: "b", link: "eth0" }, "10.0.0.2", null)).toMatchObject({
      kind: "undetermined",
      unmodelled: true,
    });
  });
});
