/** A row below the picture that explains the kinds of lines in it. */

import { textWidth } from "./measure.ts";
import { type Drawing, MARGIN } from "./layout/index.ts";
import { NOTE_SIZE } from "./layout/sizes.ts";

const OWNERS = [
  ["switch", "the switch's"],
  ["bond", "the bond's"],
] as const;

/** Explains only kinds that are present and not self-explanatory. */
export function legend({ scene, height }: Drawing): { text: string; width: number; height: number } {
  const { boxes, cables } = scene;
  const kinds = new Map(boxes.map(({ id, kind }) => [id, kind]));
  const entries: [classes: string, text: string][] = [];
  if (cables.some(({ down }) => down)) entries.push(["cable down", "down"]);
  const owners = OWNERS.filter(([kind]) =>
    cables.some((cable) => cable.kind === "own" && cable.ends.some((end) => kinds.get(end.box) === kind)),
  );
  if (owners.length > 0) entries.push(["cable own", `${owners.map(([, owner]) => owner).join(" or ")} own interface`]);
  if (cables.some(({ kind }) => kind === "tunnel")) entries.push(["cable tunnel", "tunnel"]);
  if (cables.some(({ kind }) => kind === "stacked")) entries.push(["cable stacked", "on an interface of another node"]);
  if (cables.some(({ count }) => count > 1)) entries.push(["cable many", "many cables"]);
  if (entries.length === 0) return { text: "", width: 0, height: 0 };
  const y = height + 2;
  let x = MARGIN;
  const items = entries.map(([classes, text]) => {
    const item = `<g class="${classes}"><path class="line" d="M${x} ${y}h26"/><text class="note" x="${x + 34}" y="${y + 4}">${text}</text></g>`;
    x += 34 + textWidth(text, NOTE_SIZE) + 24;
    return item;
  });
  return { text: `<g class="legend">${items.join("")}</g>`, width: x - MARGIN, height: 22 };
}
