/** Random networks and small helpers for pictures of them. */

import fc from "fast-check";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { canonical } from "../../src/model/index.ts";
import type { Model } from "../../src/model/index.ts";
import { loadTopology, parseTopology, resolveTopology } from "../../src/topology/index.ts";
import type { Area, Drawing, Part, PlacedLabel } from "../../src/draw/layout/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

/** An example by the name of its file, or a shape. */
export function load(name: string): Model {
  return loadTopology(name.includes(":") ? name : path.join(EXAMPLES, `${name}.yaml`)).model;
}

export function modelOf(topology: object): Model {
  return resolveTopology(parseTopology(Buffer.from(JSON.stringify(topology)), "test.json")).model;
}

/** Which switches each node is plugged into, and which pairs of nodes have a cable. */
export interface Plan {
  readonly switches: number;
  readonly nodes: readonly (readonly number[])[];
  readonly cables: readonly (readonly [number, number])[];
}

export const plans: fc.Arbitrary<Plan> = fc
  .record({ switches: fc.integer({ min: 0, max: 6 }), count: fc.integer({ min: 1, max: 24 }) })
  .chain(({ switches, count }) =>
    fc.record({
      switches: fc.constant(switches),
      nodes: fc.array(
        switches === 0
          ? fc.constant<number[]>([])
          : fc.uniqueArray(fc.integer({ min: 0, max: switches - 1 }), { maxLength: Math.min(3, switches) }),
        { minLength: count, maxLength: count },
      ),
      cables: fc.array(fc.tuple(fc.integer({ min: 0, max: count - 1 }), fc.integer({ min: 0, max: count - 1 })), {
        maxLength: 10,
      }),
    }),
  );

/** With a host of that name on these switches; on none, without. */
export function withHost(model: Model, switches: readonly number[], name: string): Model {
  if (switches.length === 0) return model;
  const host = modelOf({
    name: "one",
    switches: Object.fromEntries(switches.map((sw) => [`s${sw}`, { subnet: `10.0.${sw}.0/24` }])),
    hosts: { [name]: { gateway: [], interfaces: Object.fromEntries(switches.map((sw, i) => [`eth${i}`, `s${sw}`])) } },
  });
  const root = host.namespaces.find((each) => each.name === "root")!;
  const ports = root.links.filter(({ kind }) => kind === "veth");
  const grown = model.namespaces.map((each) =>
    each.name === "root" ? { ...each, links: [...each.links, ...ports] } : each,
  );
  return canonical({ ...model, namespaces: [...grown, ...host.namespaces.filter((each) => each !== root)] });
}

/** Every third node is a router; nodes are h0, h1, …, switches s0, s1, … */
export function topologyOf({ switches, nodes, cables }: Plan): Model {
  const bodies = nodes.map((plugs) => ({
    gateway: [],
    interfaces: Object.fromEntries(plugs.map((sw, i) => [`eth${i}`, `s${sw}` as string | object])),
  }));
  for (const [i, [a, b]] of cables.entries()) {
    if (a === b) continue;
    bodies[a]!.interfaces[`c${i}`] = { link: `h${b}:c${i}`, address: `10.200.${i}.1/30` };
    bodies[b]!.interfaces[`c${i}`] = { link: `h${a}:c${i}`, address: `10.200.${i}.2/30` };
  }
  const named = bodies.map((body, i) => [`h${i}`, body] as const);
  return modelOf({
    name: "random",
    switches: Object.fromEntries(Array.from({ length: switches }, (_, i) => [`s${i}`, { subnet: `10.0.${i}.0/24` }])),
    hosts: Object.fromEntries(named.filter((_, i) => i % 3 !== 2)),
    routers: Object.fromEntries(named.filter((_, i) => i % 3 === 2)),
  });
}

export function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** First and last point of a path. */
export function endsOf(path: string): [Point, Point] {
  const numbers = [...path.matchAll(/-?[\d.]+/g)].map(([text]) => Number(text));
  return [
    { x: numbers[0]!, y: numbers[1]! },
    { x: numbers.at(-2)!, y: numbers.at(-1)! },
  ];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** On the border of a box or, for cables of a circle, inside. */
export function touches({ x, y }: Point, { x: left, y: top, width, height }: Area): boolean {
  const near = 1.5;
  return x >= left - near && x <= left + width + near && y >= top - near && y <= top + height + near;
}

/** A switch in the middle, and behind a router each others with so many hosts; a new one is the last of its switch. */
export function campus(sizes: readonly number[]): Model {
  const each = <T>(make: (size: number, i: number) => readonly (readonly [string, T])[]): Record<string, T> =>
    Object.fromEntries(sizes.flatMap(make));
  return modelOf({
    name: "campus",
    switches: { core: { subnet: "10.255.0.0/24" }, ...each((_, i) => [[`s${i}`, { subnet: `10.${i}.0.0/24` }]]) },
    routers: each((_, i) => [
      [`r${i}`, { interfaces: { eth0: { link: `s${i}`, address: `10.${i}.0.1/24` }, eth1: "core" } }],
    ]),
    hosts: each((size, i) =>
      Array.from({ length: size }, (_, j) => [`h${i}x${j}`, { interfaces: { eth0: `s${i}` } }] as const),
    ),
  });
}

/** What is wrong with a layout: boxes on boxes, things beyond the sheet, cables that end beside their boxes. */
export function faultsOf({ boxes, cables, width, height }: Part | Drawing): string[] {
  const all: Area[] = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const places = new Map(boxes.map((placed) => [placed.box.id, placed]));
  return [
    ...boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b) => (overlap(a, b) ? [`${a.box.id} on ${b.box.id}`] : [])),
    ),
    ...all.flatMap((each) => {
      const { x, y } = each;
      // Sums of halves are not exact.
      const beyond = x < -0.01 || y < -0.01 || x + each.width > width + 0.01 || y + each.height > height + 0.01;
      return beyond ? [`something at ${x},${y} is beyond the sheet`] : [];
    }),
    ...cables.flatMap(({ cable, path: way }) =>
      cable.ends.flatMap(({ box }) =>
        endsOf(way).some((end) => touches(end, places.get(box)!)) ? [] : [`${cable.id} is not at ${box}`],
      ),
    ),
  ];
}

/** Texts on boxes, or on other texts. */
export function hiddenText({ boxes, cables }: Part | Drawing): string[] {
  const labels = cables.flatMap((cable) => cable.labels);
  const text = ({ lines }: PlacedLabel): string => lines.map((line) => line.text).join(" ");
  return labels.flatMap((label, i) => [
    ...boxes.flatMap((box) => (overlap(label, box) ? [`${text(label)} on ${box.box.id}`] : [])),
    ...labels.slice(i + 1).flatMap((other) => (overlap(label, other) ? [`${text(label)} on ${text(other)}`] : [])),
  ]);
}
