// Lays out networks by netloom and by dagre, and prints as JSON what either costs: topology files given as arguments, and random
// networks of the kind that the tests draw.
import dagre from "@dagrejs/dagre";
import fc from "fast-check";
import { basename } from "node:path";
import type { Model } from "../src/model/index.ts";
import { folded } from "../src/draw/fold.ts";
import { outwards } from "../src/draw/layout/flow.ts";
import { componentsOf } from "../src/draw/layout/graph.ts";
import { layoutOf } from "../src/draw/layout/index.ts";
import { sizeOf, uprightSizeOf } from "../src/draw/layout/sizes.ts";
import { sceneOf } from "../src/draw/scene.ts";
import type { End, Scene } from "../src/draw/types.ts";
import { isBar } from "../src/draw/types.ts";
import { loadTopology } from "../src/topology/index.ts";
import { piecesOf } from "../test/draw/geometry.ts";
import { plans, topologyOf } from "../test/draw/support.ts";
import { type Cost, costOf, type Layout, sum } from "./layout-cost.ts";

const [count, seed, ...files] = process.argv.slice(2);

const networks: [string, Model][] = [
  ...files.map((file): [string, Model] => [basename(file, ".yaml"), loadTopology(file).model]),
  ...fc
    .sample(plans, { numRuns: Number(count), seed: Number(seed) })
    .map((plan, i): [string, Model] => [`random ${i}`, topologyOf(plan)]),
];
console.log(JSON.stringify(networks.map(([name, model]) => ({ name, ...compared(model) }))));

function compared(model: Model): {
  readonly boxes: number;
  readonly cables: number;
  readonly ours: Cost;
  readonly dagre: Cost;
} {
  const parts = partsOf(folded(sceneOf(model)));
  return {
    boxes: parts.reduce((total, { boxes }) => total + boxes.length, 0),
    cables: parts.reduce((total, { cables }) => total + cables.length, 0),
    ours: sum(parts.map((part) => costOf(ours(part)))),
    dagre: sum(parts.map(dagreCost)),
  };
}

/** Connected parts of more than one box, without text at the ends of cables. */
function partsOf(scene: Scene): Scene[] {
  const mute = (end: End): End => ({
    box: end.box,
    link: "",
    addresses: [],
    down: end.down,
    details: [],
    ...(end.nat === true ? { nat: true } : {}),
  });
  return componentsOf(scene)
    .filter(({ size }) => size > 1)
    .map((component) => ({
      name: scene.name,
      boxes: scene.boxes.filter(({ id }) => component.has(id)),
      cables: scene.cables
        .filter(({ ends }) => component.has(ends[0].box))
        .map((cable) => ({ ...cable, ends: [mute(cable.ends[0]), mute(cable.ends[1])] as const })),
    }));
}

function ours(part: Scene): Layout {
  const { boxes, cables } = layoutOf(part);
  const lines = cables.map(({ cable, path }) => {
    const pieces = piecesOf(path);
    return { points: [...pieces.map(([from]) => from), pieces.at(-1)![1]], ends: cable.ends.map(({ box }) => box) };
  });
  return { boxes: new Map(boxes.map((placed) => [placed.box.id, placed])), lines };
}

/** From above or from the left, whichever is better: so do we. */
function dagreCost(part: Scene): Cost {
  const [a, b] = [costOf(byDagre(part, "TB")), costOf(byDagre(part, "LR"))];
  return (a.crossings - b.crossings || a.over - b.over || a.area - b.area) <= 0 ? a : b;
}

/** With the gaps that netloom leaves at least. */
function byDagre(part: Scene, rankdir: "TB" | "LR"): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir, nodesep: rankdir === "TB" ? 34 : 12, edgesep: 14, ranksep: 40 });
  for (const box of part.boxes)
    graph.setNode(box.id, { ...(rankdir === "LR" && isBar(box) ? uprightSizeOf(box) : sizeOf(box)) });
  for (const { id, ends } of outwards(part).cables) graph.setEdge(ends[0].box, ends[1].box, {}, id);
  dagre.layout(graph);
  const boxes = part.boxes.map(({ id }) => {
    const { x, y, width, height } = graph.node(id);
    return [id, { x: x - width / 2, y: y - height / 2, width, height }] as const;
  });
  const lines = graph.edges().map((edge: { v: string; w: string; name?: string }) => ({
    points: graph.edge(edge).points,
    ends: [edge.v, edge.w],
  }));
  return { boxes: new Map(boxes), lines };
}
