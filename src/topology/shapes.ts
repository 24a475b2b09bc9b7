/** Networks that need no file: `star:5`, `chain:4`, `ring:6`, `tree:2,3`, `full:4`. Ordinary topology objects. */

import { failure } from "../diagnostic.ts";
import { chain, full, ring, star, tree } from "./shapes/index.ts";
import { nearest } from "./suggest.ts";
import type { Topology } from "./schema.ts";

interface Shape {
  readonly usage: string;
  readonly least: readonly number[];
  readonly most: readonly number[];
  build(...numbers: number[]): Topology;
}

const shapes: Readonly<Record<string, Shape>> = {
  star: { usage: "star:N, N hosts on one switch, 1 to 1023", least: [1], most: [1023], build: star },
  chain: { usage: "chain:N, N nodes in a row, 2 to 1000", least: [2], most: [1000], build: chain },
  ring: { usage: "ring:N, N routers in a circle, 3 to 500", least: [3], most: [500], build: ring },
  tree: {
    usage: "tree:DEPTH,FANOUT, routers with hosts as leaves, 1 to 10 levels, fan-out 1 to 1000, at most 2047 nodes",
    least: [1, 1],
    most: [10, 1000],
    build: tree,
  },
  full: { usage: "full:N, N hosts with a cable between every two, 2 to 64", least: [2], most: [64], build: full },
};

/** One line for each shape, for help texts. */
export const shapeUsages: readonly string[] = Object.values(shapes).map((shape) => shape.usage);

/** What is most likely meant by a text that looks like a shape but is none: `star:5` for `stra:5`. */
export function nearestShape(spec: string): string | null {
  const match = /^([a-z]+):(\d+(?:,\d+)*)$/.exec(spec);
  const near = match === null ? null : nearest(match[1]!, Object.keys(shapes));
  return near === null ? null : `${near}:${match![2]!}`;
}

/**
 * The topology of a shape: `star:5`, `chain:4`, `ring:6`, `tree:2,3` or `full:4`. Null for any other string, presumably the
 * name of a file.
 * @throws NetloomError of status 2, `topology.shape`, when the numbers are out of range; `shapeUsages` has the ranges.
 */
export function shapeTopology(spec: string): Topology | null {
  const match = /^([a-z]+):(.*)$/.exec(spec);
  const shape = match !== null && Object.hasOwn(shapes, match[1]!) ? shapes[match[1]!]! : null;
  if (match === null || shape === null) return null;
  const words = match[2]!.split(",");
  const numbers = words.map((word) => (/^(0|[1-9]\d{0,6})$/.test(word) ? Number(word) : Number.NaN));
  const fits =
    numbers.length === shape.least.length && numbers.every((n, i) => n >= shape.least[i]! && n <= shape.most[i]!);
  if (!fits || (match[1] === "tree" && treeSize(numbers[0]!, numbers[1]!) > 2047)) {
    throw failure(
      "topology.shape",
      `${JSON.stringify(spec)} is not a shape netloom can build`,
      { hint: `write ${shape.usage}` },
      2,
    );
  }
  return { name: `${match[1]!}-${numbers.join("-")}`, ...shape.build(...numbers) };
}

function treeSize(depth: number, fanout: number): number {
  let size = 1;
  for (let level = 1, width = fanout; level <= depth; level++, width *= fanout) size += width;
  return size;
}
