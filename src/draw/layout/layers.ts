/**
 * Layers of a component: depths.ts assigns boxes to layers, order.ts orders them. The layout of routers and switches depends only
 * on the connections between them; hosts, however many cables they have, follow, so that adding one does not reorder the others.
 * A cable that spans several layers has an item in each layer between, which keeps its path free.
 */

import type { Cable } from "../types.ts";
import { depthsOf, frameOf } from "./depths.ts";
import type { Component } from "./graph.ts";
import type { Item, Layers, Run } from "./item.ts";
import { ordered } from "./order.ts";
import { bonesOf } from "./skeleton.ts";

export function layersOf(component: Component): Layers {
  const bones = bonesOf(component);
  const frame = frameOf(component, bones);
  const depths = depthsOf(component, bones, frame);
  const boxes = new Map<string, Item>();
  for (const [id, vertex] of component) {
    const [follows, tip] = [!frame.has(id), !bones.has(id) && vertex.cables.length === 1];
    boxes.set(id, { vertex, order: vertex.order, layer: depths.get(id)!, follows, tip, before: [], after: [] });
  }
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  const runs = [...cables].map((cable) => runOf(cable, boxes));
  const passing = runs.flatMap(({ items }) => items.filter(({ vertex }) => vertex === null));
  return { layers: ordered([...boxes.values(), ...passing], runs), runs };
}

function runOf(cable: Cable, boxes: ReadonlyMap<string, Item>): Run {
  const [a, b] = cable.ends.map(({ box }) => boxes.get(box)!) as [Item, Item];
  const [from, to] = a.layer < b.layer || (a.layer === b.layer && a.order <= b.order) ? [a, b] : [b, a];
  const { order, tip } = to;
  const follows = from.follows || to.follows;
  const items: [Item, ...Item[]] = [from];
  for (let layer = from.layer + 1; layer < to.layer; layer++)
    items.push({ vertex: null, order, layer, follows, tip, before: [], after: [] });
  items.push(to);
  for (let i = 1; i < items.length && to.layer > from.layer; i++) {
    items[i - 1]!.after.push(items[i]!);
    items[i]!.before.push(items[i - 1]!);
  }
  return { cable, items };
}
