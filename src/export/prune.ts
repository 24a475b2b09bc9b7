/** Takes out of the draft what netloom would refuse, until it takes the rest. */

import { ROOT } from "../model/index.ts";
import { pathText } from "../topology/problems.ts";
import type { Path, Problem } from "../topology/problems.ts";
import { resolve } from "../topology/resolve/index.ts";
import type { Resolution } from "../topology/resolve/index.ts";
import type { RouteBody } from "../topology/schema.ts";
import { validate } from "../topology/validate.ts";
import type { Draft } from "./draft.ts";
import type { Findings } from "./findings.ts";
import { takeAway, valueAt } from "./paths.ts";

/** Each round takes something out; one fault seldom has another behind it. */
const MOST_ROUNDS = 50;

export function prune(draft: Draft, lab: string, findings: Findings): Resolution {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const shape = validate(draft);
    const resolution = resolve(shape.topology, lab, shape.pruned);
    const errors = [...shape.problems, ...resolution.problems].filter(({ severity }) => severity === "error");
    if (errors.length === 0) return resolution;
    const wrong = errors.map((problem) => ({ problem, path: partAt(draft, problem.path) }));
    for (const { problem, path } of wrong) if (path !== null) explain(problem, path, draft, findings);
    takeAway(
      draft,
      wrong.flatMap(({ path }) => (path === null ? [] : [path])),
    );
  }
  throw new Error("the draft of an export cannot be resolved");
}

/** The smallest part that can go without leaving nonsense behind; null when it is gone already. */
function partAt(draft: Draft, path: Path): Path | null {
  const socket = path[0] === "root" ? 3 : 4;
  const inInterface = path[socket - 2] === "interfaces";
  if (inInterface && (path[socket] === "link" || path[socket] === "on")) return path.slice(0, socket);
  // Without its gateway a route would lead elsewhere.
  if (path[socket - 2] === "routes" && valueAt(draft, path.slice(0, socket)) !== undefined)
    return path.slice(0, socket);
  for (let length = path.length; length >= 1; length--)
    if (valueAt(draft, path.slice(0, length)) !== undefined) return path.slice(0, length);
  return null;
}

function explain({ summary, code }: Problem, path: Path, draft: Draft, findings: Findings): void {
  // The subnets were this export's own idea.
  if (path[0] === "switches" && path[2] === "subnet") return;
  if (code === "topology.no-link") return;
  // A whole node is reported by name, as if it were missing for another reason.
  const [section, name] = path;
  const whole = path.length === 2 && (section === "hosts" || section === "routers");
  findings.lose(whole ? `node ${name}` : (partText(draft, path) ?? pathText(path)), summary);
}

/** As listDifferences calls it, so that it is reported once. */
function partText(draft: Draft, path: Path): string | null {
  const value = valueAt(draft, path);
  const [node, key, name, inner] = path[0] === ROOT ? path : path.slice(1);
  if (key === "routes") {
    const { to, via } = value as RouteBody;
    const six = typeof via === "string" ? via.includes(":") : (via?.[0]?.includes(":") ?? false);
    return `${node} route to ${to === "default" ? (six ? "::/0" : "0.0.0.0/0") : prefixed(to)}`;
  }
  if (key === "gateway" && typeof value === "string")
    return `${node} route to ${value.includes(":") ? "::/0" : "0.0.0.0/0"}`;
  return key === "interfaces" && inner === "address" && typeof value === "string" ? `${node} ${name} ${value}` : null;
}

function prefixed(to: string): string {
  return to.includes("/") ? to : `${to}/${to.includes(":") ? 128 : 32}`;
}
