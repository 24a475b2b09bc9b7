/** Means that are equal where they should be: in whatever order the values were added up. */

/** A power of two: of halves of halves, none is in the middle of two steps. */
const GRID = 2 ** 20;

export function mean(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
}

export function rounded(value: number): number {
  return Math.round(value * GRID) / GRID;
}
