/** Colours, by class. They are written out twice instead of using variables, which not every program that shows SVG supports. */

import { DARK, LIGHT, type Theme } from "./theme.ts";

const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

/** The class of the root element scopes the styles, so that a page can hold several pictures and its own styles. */
export const ROOT_CLASS = "netloom";

export function stylesheet(): string {
  const own = `.${ROOT_CLASS}`;
  const shape = [
    `${own}{font-family:${FONT};font-variant-numeric:tabular-nums}`,
    `${own} .box{stroke-width:1.25}`,
    `${own} .name{font-size:13px;font-weight:600}`,
    `${own} .end .name{font-size:12px;font-weight:400}`,
    `${own} .note{font-size:11px}`,
    `${own} .chip text{font-size:10px;font-weight:600}`,
    `${own} .label{font-size:11px}`,
    `${own} .link{font-weight:600}`,
    `${own} .line{fill:none;stroke-width:1.5}`,
    `${own} .own .line{stroke-dasharray:1.5 3.5;stroke-linecap:round;stroke-width:1.75}`,
    `${own} .tunnel .line{stroke-dasharray:9 5}`,
    `${own} .stacked .line{stroke-dasharray:1.5 5;stroke-linecap:round;stroke-width:2.25}`,
    `${own} .many .line{stroke-width:3.5}`,
    `${own} .down .line{stroke-dasharray:6 4}`,
    `${own} .hit{fill:none;stroke:transparent;stroke-width:9;pointer-events:stroke}`,
    `${own} .cable:hover .line{stroke-width:2.75}`,
    `${own} .outside .box,${own} .end .box{stroke-dasharray:4 3}`,
    `${own} .icon{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}`,
  ];
  return [...shape, ...colours(LIGHT), `@media (prefers-color-scheme:dark){${colours(DARK).join("")}}`].join("\n");
}

function colours({ paper, ink, muted, cable, down, tunnel, box, chip }: Theme): string[] {
  const own = `.${ROOT_CLASS}`;
  return [
    `${own} .paper{fill:${paper}}`,
    `${own} text{fill:${ink}}`,
    `${own} .note,${own} .link,${own} .legend text{fill:${muted}}`,
    `${own} .label{stroke:${paper};stroke-width:3px;paint-order:stroke;stroke-linejoin:round}`,
    `${own} .line{stroke:${cable}}`,
    `${own} .tunnel .line{stroke:${tunnel}}`,
    ...Object.entries(box).map(
      ([name, [fill, stroke]]) =>
        `${own} .${name} .box{fill:${fill};stroke:${stroke}}${own} .${name} .icon{stroke:${stroke}}`,
    ),
    ...Object.entries(chip).map(
      ([name, [fill, text]]) => `${own} .${name} rect{fill:${fill}}${own} .${name} text{fill:${text}}`,
    ),
    // These come after the others: red overrides any other colour.
    `${own} .down .line,${own} .down .box,${own} .down .icon{stroke:${down}}`,
    `${own} .down .link{fill:${down}}`,
  ];
}
