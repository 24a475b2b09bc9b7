/** How output looks: colours or not, how wide. Decided once per stream, handed to every renderer as a value. */

import picocolors from "picocolors";

export type Colours = ReturnType<typeof picocolors.createColors>;

export interface Style {
  /** Terminal columns; Infinity when the output is not a terminal, so that nothing is cut for a pipe. */
  readonly width: number;
  readonly colours: Colours;
}

/** No colour, no limit: what goes into files, pipes and tests. */
export const PLAIN: Style = { width: Infinity, colours: picocolors.createColors(false) };

/** Colour is for terminals, unless NO_COLOR (https://no-color.org: set and not empty) or a dumb terminal forbids it. */
export function styleOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  if (stream.isTTY !== true) return PLAIN;
  const colour = !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  // A terminal that was never given a size reports 0 columns.
  return { width: stream.columns || 80, colours: picocolors.createColors(colour) };
}
