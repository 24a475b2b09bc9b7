import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { drawingOf } from "../../src/draw/index.ts";
import { componentsOf, isTree } from "../../src/draw/layout/graph.ts";
import type { Part, PlacedBox, PlacedLabel } from "../../src/draw/layout/index.ts";
import { layColumns } from "../../src/draw/layout/layered.ts";
import { linesOf } from "../../src/draw/layout/sizes.ts";
import { bonesOf, topOf } from "../../src/draw/layout/skeleton.ts";
import { layTiers } from "../../src/draw/layout/tiers.ts";
import { sceneOf } from "../../src/draw/scene.ts";
import { crossedCables, crossedText, strayCables } from "./geometry.ts";
import { machine } from "./machine.ts";
import { type Plan, campus, faultsOf, hiddenText, load, modelOf, plans, topologyOf, withHost } from "./support.ts";

const EXAMPLES = [
  "01-namespace",
  "02-isolation",
  "03-veth-pair",
  "04-root-to-namespace",
  "05-bridge",
  "06-gateway",
  "08-virtual-router",
  "09-dhcp",
  "10-pod-view",
  "first",
  "nat-types",
];
const SHAPES = [
  "star:8",
  "star:60",
  "star:1000",
  "chain:10",
  "chain:40",
  "ring:8",
  "ring:17",
  "tree:2,3",
  "tree:3,4",
  "tree:2,12",
  "full:3",
  "full:5",
  "full:7",
  "full:9",
  "full:12",
  "full:20",
];

describe("boxes are apart, and cables end where they are plugged in", () => {
  it.each([...EXAMPLES, ...SHAPES])("%s", (name) => {
    const drawing = drawingOf(load(name));
    expect(faultsOf(drawing)).toEqual([]);
    expect(drawing.boxes).toHaveLength(drawing.scene.boxes.length);
    expect(drawing.cables).toHaveLength(drawing.scene.cables.length);
  });

  it("in random networks", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(faultsOf(drawingOf(topologyOf(plan)))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("in trees, upright and on their side", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 8 }), (sizes) => {
        const [component] = componentsOf(sceneOf(campus(sizes)));
        expect(isTree(component!)).toBe(true);
        for (const part of [layTiers(component!), layColumns(component!)])
          expect([
            ...faultsOf(part),
            ...hiddenText(part),
            ...strayCables(part),
            ...crossedText(part),
            ...crossedCables(part),
          ]).toEqual([]);
      }),
      { numRuns: 25, examples: [[[7, 2, 6]]] },
    );
  });

  it("and no cables cross where leaves stand in two columns, whatever they are called", () => {
    const switches = ["s0", "s1", "s2", "s3"];
    const model = modelOf({
      switches: Object.fromEntries(switches.map((name, i) => [name, { subnet: `10.0.${i}.0/24` }])),
      routers: { r: { interfaces: Object.fromEntries(switches.map((name) => [name, name])) } },
      hosts: Object.fromEntries(
        Array.from({ length: 48 }, (_, i) => [`h${i}`, { interfaces: { eth0: switches[i % 4]! } }]),
      ),
    });
    const part = layColumns(componentsOf(sceneOf(model))[0]!);
    expect(new Set(part.boxes.filter(({ box }) => box.kind === "host").map(({ x }) => x)).size).toBe(2);
    expect(crossedCables(part)).toEqual([]);
  });
});

describe("no cables cross in columns", () => {
  const crossed = (model: Model): string[] => crossedCables(layColumns(componentsOf(sceneOf(model))[0]!));

  it("but where five are joined to each other, as they have to", () => {
    expect(crossed(load("full:5"))).not.toEqual([]);
  });

  it("where it takes an exchange of two routers", () => {
    const pairs = [
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 3],
      [0, 3],
      [4, 2],
      [1, 2],
    ];
    const interfaces = (own: number): object =>
      Object.fromEntries(
        pairs.flatMap((pair, i) => {
          const side = pair.indexOf(own);
          const end = { link: `r${pair[1 - side]!}:c${i}`, address: `10.200.${i}.${side + 1}/30` };
          return side < 0 ? [] : [[`c${i}`, end]];
        }),
      );
    const routers = Object.fromEntries([0, 1, 2, 3, 4].map((own) => [`r${own}`, { interfaces: interfaces(own) }]));
    expect(crossed(modelOf({ routers }))).toEqual([]);
  });

  it("where several cables join two of a column", () => {
    expect(
      crossed(
        topologyOf({
          switches: 1,
          nodes: [[0], [0]],
          cables: [
            [1, 0],
            [1, 0],
            [1, 0],
          ],
        }),
      ),
    ).toEqual([]);
  });

  it("where hosts on several switches can stand between them", () => {
    const nodes = [
      [3, 0],
      [1, 0, 3],
      [0, 2, 1],
      [1, 2, 3],
      [3, 0],
    ];
    expect(crossed(topologyOf({ switches: 4, nodes, cables: [] }))).toEqual([]);
  });
});

describe("text is on no box and on no other text, and no cable is on a box that is not its own", () => {
  it.each([...EXAMPLES, ...SHAPES])("%s", (name) => {
    const drawing = drawingOf(load(name));
    expect([...hiddenText(drawing), ...strayCables(drawing)]).toEqual([]);
  });

  it("in random networks, where no line is on a text, either", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const drawing = drawingOf(topologyOf(plan));
        expect([...hiddenText(drawing), ...strayCables(drawing), ...crossedText(drawing)]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

it.each(["tree:1,15", "tree:1,40", "tree:2,12"])("both ends of every cable of a router have their text: %s", (name) => {
  const { cables } = drawingOf(load(name));
  const texts = ({ lines }: PlacedLabel): string[] => lines.map(({ text }) => text);
  for (const { cable, labels } of cables)
    expect(labels.flatMap(texts).sort()).toEqual(
      cable.ends
        .flatMap(linesOf)
        .map(({ text }) => text)
        .sort(),
    );
});

it("the longest address is told to its end", () => {
  const address = "2001:db8:1234:5678:9abc:def0:1234:5678/128";
  const end = { box: "node:a", link: "eth0", addresses: [address], down: false, details: [] };
  expect(linesOf(end).map(({ text }) => text)).toEqual(["eth0", address]);
});

describe("a layout is stable", () => {
  it("the same each time", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(drawingOf(topologyOf(plan))).toEqual(drawingOf(topologyOf(plan)));
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["upright", layTiers, ({ x, y }: PlacedBox) => [y, x]],
    [
      "on its side",
      layColumns,
      ({ box, x, y, height }: PlacedBox) => (box.kind === "host" ? [y + height / 2] : [x, y + height / 2]),
    ],
  ] as const)("%s: one more host leaves the others in their order", (_, lay, placeOf) => {
    const layout = (sizes: readonly number[]): Part => lay(componentsOf(sceneOf(campus(sizes)))[0]!);
    const reading = (part: Part, which: (id: string) => boolean): string[] =>
      part.boxes
        .filter(({ box }) => which(box.id))
        .sort((a, b) => {
          const [here, there] = [placeOf(a), placeOf(b)];
          const at = here.findIndex((value, i) => Math.abs(value - there[i]!) > 1);
          return at < 0 ? 0 : here[at]! - there[at]!;
        })
        .map(({ box }) => box.id);
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(sizes, fc.nat(), (before, pick) => {
        const grown = pick % before.length;
        const [small, large] = [layout(before), layout(before.map((size, i) => (i === grown ? size + 1 : size)))];
        const old = new Set(small.boxes.map(({ box }) => box.id));
        // Switches, routers, and the hosts of each switch.
        for (const kind of ["switch:", "node:r", ...before.map((__, i) => `node:h${i}x`)]) {
          const which = (id: string): boolean => id.startsWith(kind) && old.has(id);
          expect(reading(large, which)).toEqual(reading(small, which));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("one more host leaves the others of any network in their order", () => {
  /** Each connected part by columns: who is where from above, of those who were there before. */
  const orders = (plan: Plan, added: readonly number[], name: string): string[][] => {
    const components = componentsOf(sceneOf(withHost(topologyOf(plan), added, name)));
    return components.flatMap((component) => {
      const columns = new Map<number, PlacedBox[]>();
      if (component.size > 1)
        for (const placed of layColumns(component).boxes)
          if (placed.box.name !== name) columns.set(placed.x, [...(columns.get(placed.x) ?? []), placed]);
      const read = [...columns].sort(([a], [b]) => a - b).map(([, boxes]) => boxes.sort((a, b) => a.y - b.y));
      return read.map((boxes) => boxes.map(({ box }) => box.id));
    });
  };
  const grown = plans
    .filter(({ switches }) => switches > 0)
    .chain((plan) =>
      fc.record({
        plan: fc.constant(plan),
        plugs: fc.uniqueArray(fc.integer({ min: 0, max: plan.switches - 1 }), { minLength: 1, maxLength: 3 }),
      }),
    );

  it.each(["a", "h3a", "z"])("on one switch, called %s", (name) => {
    fc.assert(
      fc.property(grown, ({ plan, plugs }) => {
        // A switch that nobody was plugged into was no part of anything.
        const [sw] = plugs;
        fc.pre(plan.nodes.some((own) => own.includes(sw!)));
        expect(orders(plan, [sw!], name)).toEqual(orders(plan, [], name));
      }),
      { numRuns: 50 },
    );
  });

  it("on a switch with so many that they stand in two columns", () => {
    // Two hosts in ten are on a second switch, too.
    const nodes = Array.from({ length: 60 }, (_, i) => (i % 5 === 3 ? [i % 4, (i + 1) % 4] : [(i * i) % 4]));
    const plan = { switches: 4, nodes, cables: [] };
    for (const name of ["a", "h3a", "z"])
      for (const sw of [0, 1, 2, 3]) expect(orders(plan, [sw], name)).toEqual(orders(plan, [], name));
  });

  // h12 hangs on h17, and so does s2, to which the new one is joined, too.
  const BETWEEN = {
    plan: {
      switches: 5,
      nodes: [
        [],
        [0],
        [0, 4, 1],
        [2],
        [1, 2],
        [0, 3, 1],
        [4, 0],
        [],
        [1],
        [],
        [2],
        [4, 1],
        [],
        [2],
        [0, 1, 3],
        [4, 2],
        [3],
        [0, 2, 1],
        [2],
        [],
        [4],
      ],
      cables: [
        [2, 15],
        [20, 1],
        [17, 12],
        [18, 20],
        [1, 5],
      ] as [number, number][],
    },
    plugs: [0, 2],
  };

  it("on several switches that routers join already", () => {
    fc.assert(
      fc.property(grown, ({ plan, plugs }) => {
        const scene = sceneOf(topologyOf(plan));
        const boxes = scene.boxes.filter(({ kind }) => kind !== "host");
        const ids = new Set(boxes.map(({ id }) => id));
        const frame = {
          ...scene,
          boxes,
          cables: scene.cables.filter(({ ends }) => ends.every(({ box }) => ids.has(box))),
        };
        const holding = componentsOf(frame).filter((each) => plugs.some((sw) => each.has(`switch:root:s${sw}`)));
        fc.pre(holding.length === 1 && holding[0]!.size > 1);
        // A row of hosts that something hangs on may have a shortcut now.
        const whole = componentsOf(scene).find((each) => each.has([...holding[0]!.keys()][0]!))!;
        fc.pre([...whole.values()].every(({ box }) => box.kind === "host" || holding[0]!.has(box.id)));
        expect(orders(plan, plugs, "z")).toEqual(orders(plan, [], "z"));
      }),
      { numRuns: 80, examples: [[BETWEEN]] },
    );
  });
});

it("the only cable below a box is straight, however wide what it leads to", () => {
  const site = (own: string) => ({
    eth0: { kind: "veth", peer: `root:${own}`, at: ["192.0.2.1/24"] },
    vx0: { kind: "vxlan", details: { id: 42 } },
  });
  const { model, states } = machine({
    root: {
      br0: { kind: "bridge" },
      a: { kind: "veth", peer: "a:eth0", master: "br0" },
      longer: { kind: "veth", peer: "longer:eth0", master: "br0" },
    },
    a: site("a"),
    longer: site("longer"),
  });
  const { cables } = drawingOf(model, states);
  expect(cables).toHaveLength(4);
  for (const { path } of cables) expect(path).toMatch(/^M[\d. ]+L[\d. ]+$/);
});

it("what most NATs send to is where the picture begins, even if it is the last of their ways out", () => {
  const ways = ["eth1", "eth2", "wan"];
  const gateway = (name: string) => ({
    gateway: [],
    interfaces: { eth0: `${name}-lan`, eth1: `${name}-one`, eth2: `${name}-two`, wan: "wan" },
    nat: ways.map((way) => ({ masquerade: way })),
  });
  const model = modelOf({
    switches: Object.fromEntries(
      ["a-lan", "a-one", "a-two", "b-lan", "b-one", "b-two", "wan"].map((name, i) => [
        name,
        { subnet: `10.${i}.0.0/24` },
      ]),
    ),
    routers: { a: gateway("a"), b: gateway("b") },
  });
  const [component] = componentsOf(sceneOf(model));
  expect(topOf(component!, bonesOf(component!))).toBe("switch:root:wan");
  const translating = sceneOf(model).cables.flatMap(({ ends }) =>
    ends.flatMap(({ nat, link }) => (nat === true ? [link] : [])),
  );
  expect(translating).toHaveLength(6);
  expect(new Set(translating)).toEqual(new Set(ways));
});

describe("proportions", () => {
  it("lay a tree on its side that would be much wider than high, and no other", () => {
    const wide = drawingOf(campus([5, 5, 5, 5, 5, 5, 5, 5, 5, 5]));
    expect(wide.width).toBeLessThan(1500);
    expect(wide.height).toBeLessThan(2600);
    const small = drawingOf(campus([3, 3]));
    expect(small.width).toBeGreaterThan(small.height);
  });

  it("let sixty hosts be read on one page", () => {
    const { width, height } = drawingOf(load("star:60"));
    expect(width).toBeLessThan(1500);
    expect(height).toBeLessThan(800);
  });
});
