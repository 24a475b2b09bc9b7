import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawingOf } from "../../../src/show/draw/index.ts";
import { componentsOf } from "../../../src/show/draw/layout/graph.ts";
import type { Part, PlacedBox } from "../../../src/show/draw/layout/index.ts";
import { isTree, laySideways } from "../../../src/show/draw/layout/sideways.ts";
import { layTiers } from "../../../src/show/draw/layout/tiers.ts";
import { sceneOf } from "../../../src/show/draw/scene.ts";
import { campus, faultsOf, hiddenText, load, plans, topologyOf } from "./support.ts";

const EXAMPLES = ["01-namespace", "02-isolation", "03-veth-pair", "04-root-to-namespace", "05-bridge", "06-gateway", "08-virtual-router", "09-dhcp", "10-pod-view", "first", "nat-types"]; // prettier-ignore
const SHAPES = ["star:8", "star:60", "star:1000", "chain:10", "chain:40", "ring:8", "ring:17", "tree:2,3", "tree:3,4", "tree:2,12", "full:5", "full:12"]; // prettier-ignore

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
      { numRuns: 120 },
    );
  });

  it("in trees, upright and on their side", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 8 }), (sizes) => {
        const [component] = componentsOf(sceneOf(campus(sizes)));
        expect(isTree(component!)).toBe(true);
        expect(faultsOf(layTiers(component!))).toEqual([]);
        expect(faultsOf(laySideways(component!))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("text is on no box and on no other text", () => {
  it.each([...EXAMPLES, "star:8", "star:60", "chain:10", "ring:8", "tree:2,3", "tree:3,4", "full:5"])("%s", (name) => {
    expect(hiddenText(drawingOf(load(name)))).toEqual([]);
  });
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
    ["on its side", laySideways, ({ x, y, height }: PlacedBox) => [x, y + height / 2]],
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
