/**
 * The picture of a model. In: a model and, for a running lab, the states of its links. Out: SVG, Mermaid, dot or plain data.
 * scene.ts decides what is shown, fold.ts combines many similar hosts into one box, layout/ computes positions, and each format
 * has one file that writes it. The scene and its layout are the same for all formats and in every run: nothing is random.
 * Colours and sizes are in svg-style.ts and layout/sizes.ts.
 * Consumed by cli/; pure.
 */

import type { Model } from "../model/index.ts";
import { dotOf } from "./dot.ts";
import { folded } from "./fold.ts";
import type { Format } from "./formats.ts";
import { jsonOf } from "./json.ts";
import { outwards } from "./layout/flow.ts";
import type { Drawing } from "./layout/index.ts";
import { layoutOf } from "./layout/index.ts";
import { mermaidOf } from "./mermaid.ts";
import { sceneOf } from "./scene.ts";
import { sketchOf } from "./sketch.ts";
import { svgOf } from "./svg.ts";
import type { Style } from "../show/style.ts";
import type { LinkStates } from "./types.ts";

export type { LinkFacts } from "./kinds.ts";
export type { LinkStates } from "./types.ts";
export type { Drawing } from "./layout/index.ts";

export { FORMATS } from "./formats.ts";
export type { Format } from "./formats.ts";

/** A model with everything in its position. */
export function drawingOf(model: Model, states?: LinkStates): Drawing {
  return layoutOf(folded(sceneOf(model, states)));
}

/** The text of the file formats; for JSON, the caller wraps the data in a document. */
export function pictureOf(drawing: Drawing, format: Exclude<Format, "json">): string {
  if (format === "svg") return svgOf(drawing);
  const scene = outwards(drawing.scene);
  return format === "dot" ? dotOf(scene) : mermaidOf(scene);
}

/** As lines of text for the terminal. */
export function terminalPicture(model: Model, states: LinkStates, style: Style): string {
  return sketchOf(folded(sceneOf(model, states)), style);
}

/** The drawing as data. */
export function drawingData(drawing: Drawing): object {
  return jsonOf(drawing);
}
