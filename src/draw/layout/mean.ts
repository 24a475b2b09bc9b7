/** Means that do not depend on the order in which the values are added. */

/** A power of two, so that repeated halving never ends up midway between two steps. */
const GRID = 2 ** 20;

export function mean(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
}

export function rounded(value: number): number {
  return Math.round(value * GRID) / GRID;
}
