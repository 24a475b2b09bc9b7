/** Paths of cables: straight, with round corners, or curved between two heights. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const RADIUS = 8;

const number = (value: number): string => String(Math.round(value * 10) / 10);
const at = ({ x, y }: Point): string => `${number(x)} ${number(y)}`;

/** Straight segments; corners are rounded as far as the segments allow. */
export function polyline(points: readonly Point[]): string {
  const ways = points.filter((point, i) => i === 0 || distance(point, points[i - 1]!) > 0.05);
  let path = `M${at(ways[0]!)}`;
  for (let i = 1; i < ways.length - 1; i++) {
    const [before, corner, after] = [ways[i - 1]!, ways[i]!, ways[i + 1]!];
    const radius = Math.min(RADIUS, distance(before, corner) / 2, distance(corner, after) / 2);
    path += `L${at(towards(corner, before, radius))}Q${at(corner)} ${at(towards(corner, after, radius))}`;
  }
  return `${path}L${at(ways.at(-1)!)}`;
}

/** Down from `from` to `bend`, curved to `land`, and on along `rest`. */
export function drop(from: Point, bend: number, land: number, rest: readonly [Point, ...Point[]]): string {
  const target = rest[0].x;
  if (Math.abs(target - from.x) < 0.5) return polyline([from, ...rest]);
  const middle = (bend + land) / 2;
  const curve = `M${at(from)}L${at({ x: from.x, y: bend })}C${at({ x: from.x, y: middle })} ${at({ x: target, y: middle })} ${at({ x: target, y: land })}`;
  return `${curve}${polyline([{ x: target, y: land }, ...rest]).replace(/^M[^L]*/, "")}`;
}

/** To the right in steps: straight to `bend`, curved to another height at `land`, and so on to `to`. */
export function weave(
  from: Point,
  steps: readonly { readonly from: number; readonly to: number; readonly bend: number; readonly land: number }[],
  to: Point,
): string {
  let path = `M${at(from)}`;
  for (const step of steps) {
    if (Math.abs(step.to - step.from) < 0.5) continue;
    const middle = (step.bend + step.land) / 2;
    path += `L${at({ x: step.bend, y: step.from })}C${at({ x: middle, y: step.from })} ${at({ x: middle, y: step.to })} ${at({ x: step.land, y: step.to })}`;
  }
  return `${path}L${at(to)}`;
}

/** The same path, translated. All its numbers are coordinates, x and y in turn. */
export function shifted(path: string, x: number, y: number): string {
  return path.replaceAll(
    /(-?[\d.]+) (-?[\d.]+)/g,
    (_, a: string, b: string) => `${number(Number(a) + x)} ${number(Number(b) + y)}`,
  );
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to);
  return whole === 0
    ? from
    : { x: from.x + ((to.x - from.x) * length) / whole, y: from.y + ((to.y - from.y) * length) / whole };
}
