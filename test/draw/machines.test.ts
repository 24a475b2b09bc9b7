// Pictures of machines with everything that somebody may have made by hand: bridges, bonds, VRFs, VLANs, tunnels, loose ends.

import fc from "fast-check";
import { expect, it } from "vitest";
import { PLAIN } from "../../src/show/index.ts";
import { drawingOf, pictureOf, terminalPicture } from "../../src/draw/index.ts";
import { crossedText, strayCables } from "./geometry.ts";
import { type Interface, machine } from "./machine.ts";
import { faultsOf, hiddenText } from "./support.ts";

/** The same for the same seed. */
function randomMachine(seed: number): ReturnType<typeof machine> {
  let state = seed * 104_729;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const oneIn = (count: number): boolean => below(count) === 0;
  const names = Array.from({ length: 2 + below(12) }, (_, i) => (i === 0 ? "root" : `n${i}`));
  const all: Record<string, Record<string, Interface>> = Object.fromEntries(names.map((name) => [name, {}]));
  for (const own of Object.values(all)) {
    if (oneIn(3)) own["br0"] = { kind: "bridge", at: oneIn(2) ? ["10.0.0.1/24"] : [] };
    if (oneIn(4))
      own["bond0"] = {
        kind: oneIn(2) ? "bond" : "team",
        at: oneIn(2) ? ["10.1.0.1/24"] : [],
        ...(own["br0"] !== undefined && oneIn(2) ? { master: "br0" } : {}),
      };
    if (oneIn(6)) own["vrf1"] = { kind: "vrf", details: { table: 9 } };
  }
  const plugged = (own: Record<string, Interface>): Pick<Interface, "master" | "at"> => {
    const masters = ["br0", "bond0", "vrf1"].filter((name) => own[name] !== undefined);
    if (masters.length > 0 && !oneIn(3)) return { master: masters[below(masters.length)]! };
    const v4 = `10.${below(9)}.0.${below(250)}/24`;
    return { at: oneIn(2) ? [v4] : ["2001:db8::1/64", v4] };
  };
  const count = below(25);
  for (let i = 0; i < count; i++) {
    const [a, b] = [names[below(names.length)]!, names[below(names.length)]!];
    const [here, there] = [all[a]!, all[b]!];
    here[`v${i}a`] = { kind: "veth", peer: `${b}:v${i}b`, ...plugged(here), ...(oneIn(8) ? { down: true } : {}) };
    there[`v${i}b`] = { kind: "veth", peer: `${a}:v${i}a`, ...plugged(there) };
    if (oneIn(6)) here[`v${i}a.7`] = { kind: "vlan", on: `${a}:v${i}a`, details: { id: 7 }, ...plugged(here) };
    if (oneIn(8))
      there[`m${i}`] = { kind: "macvlan", on: `${a}:v${i}a`, details: { mode: "bridge" }, at: ["10.9.9.9/24"] };
    if (oneIn(8)) here[`u${i}`] = { kind: "veth", ...plugged(here) };
    if (oneIn(8)) here[`x${i}`] = { kind: "vxlan", details: { id: i, remote: "198.51.100.7" }, ...plugged(here) };
  }
  return machine(all);
}

it("are drawn without faults, each cable once, and in every format", () => {
  fc.assert(
    fc.property(fc.nat(100_000), (seed) => {
      const { model, states } = randomMachine(seed);
      const drawing = drawingOf(model, states);
      expect([...faultsOf(drawing), ...hiddenText(drawing), ...strayCables(drawing), ...crossedText(drawing)]).toEqual(
        [],
      );
      expect(drawing.cables).toHaveLength(drawing.scene.cables.length);
      for (const format of ["svg", "dot", "mermaid"] as const)
        expect(pictureOf(drawing, format)).not.toMatch(/NaN|undefined|Infinity/);
      const lines = terminalPicture(model, states, { ...PLAIN, width: 80 }).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }),
    // The first has a long text at the middle of a short box, the second a box with ends of unequal width.
    { numRuns: 80, examples: [[31_583], [29_241]] },
  );
});
