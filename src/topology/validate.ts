/**
 * Checks the shape of a topology against the schema, reports errors in the user's terms, and removes the wrong parts
 * out, so that the rest can still be resolved and its errors be reported in the same go.
 */

import * as z from "zod/mini";
import { Problems } from "./problems.ts";
import type { Path, Problem } from "./problems.ts";
import { topologySchema } from "./schema.ts";
import type { Topology } from "./schema.ts";
import { nearest, suggestion } from "./suggest.ts";
import { isUnsupported } from "./unsupported.ts";
import type { Place } from "./unsupported.ts";

export interface Validated {
  /** What is left when everything of the wrong shape is gone. */
  readonly topology: Topology;
  readonly problems: readonly Problem[];
  /** What was taken out. */
  readonly pruned: readonly Path[];
}

export function validate(value: unknown): Validated {
  const problems = new Problems();
  const pruned: Path[] = [];
  let rest = value;
  // Taking a wrong value out can leave a required key missing, hence more than one round; each takes something out.
  for (let round = 0; round < 8; round++) {
    const result = topologySchema.safeParse(rest);
    if (result.success) return { topology: result.data, problems: problems.list, pruned };
    const faults = result.error.issues.flatMap((issue) => explain(issue, [], rest, problems)).map(whole);
    pruned.push(...faults);
    if (faults.some((path) => path.length === 0)) break;
    rest = without(rest, faults);
  }
  return { topology: {}, problems: problems.list, pruned: [...pruned, []] };
}

type Issue = z.core.$ZodIssue;

/** Reports an issue; returns the paths to take out. */
function explain(issue: Issue, base: Path, root: unknown, problems: Problems): Path[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys) unknownKey(key, path, kindIn(at(root, path)), problems);
      return issue.keys.map((key) => [...path, key]);
    case "invalid_union":
      return explainUnion(issue, path, root, problems);
    case "too_small":
    case "too_big":
      problems.error(
        "value",
        `${label(path)} must be ${issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`}, not ${String(at(root, path))}`,
        path,
      );
      return [path];
    case "invalid_value": {
      const found = at(root, path);
      const hint = typeof found === "string" ? near(found, issue.values.map(String)) : undefined;
      problems.error("value", `${label(path)} must be ${either(issue.values.map(String))}, not ${show(found)}`, path, {
        hint,
      });
      return [path];
    }
    case "invalid_type":
      return wrongType(path, [expectation(issue.expected)], root, problems);
    default:
      problems.error("value", `${label(path)} is not valid`, path);
      return [path];
  }
}

/** A union's issue holds those of every branch: the branch with a matching type is the one that was meant. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, root: unknown, problems: Problems): Path[] {
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === "invalid_type"),
  );
  const kind = kindIn(at(root, path));
  const meant = fitting.find((branch) => kind === undefined || !branch.some(isAboutKind));
  if (meant === undefined && fitting.length > 0) return unknownKind(fitting, kind, [...path, "kind"], problems);
  if (meant !== undefined) return meant.flatMap((inner) => explain(inner, path, root, problems));
  const expected = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) => (inner.code === "invalid_type" ? [expectation(inner.expected)] : [])),
  );
  return wrongType(path, expected, root, problems);
}

/** What an interface says that it is. */
function kindIn(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
}

/** Of a branch for another kind, or for none. */
function isAboutKind(issue: Issue): boolean {
  return issue.path[0] === "kind" || (issue.code === "unrecognized_keys" && issue.keys.includes("kind"));
}

function unknownKind(branches: readonly Issue[][], kind: unknown, path: Path, problems: Problems): Path[] {
  const kinds = branches.flat().flatMap((issue) => (issue.code === "invalid_value" ? issue.values.map(String) : []));
  if (typeof kind !== "string") problems.error("type", `kind must be a string, not ${show(kind)}`, path);
  else
    problems.error("unknown-kind", `there is no kind of interface called ${JSON.stringify(kind)}`, path, {
      hint: () => suggestion(kind, kinds),
    });
  return [path.slice(0, -1)];
}

function wrongType(path: Path, expected: readonly string[], root: unknown, problems: Problems): Path[] {
  const found = at(root, path);
  const name = path.length === 0 ? "a topology" : label(path);
  if (found === undefined) {
    // Its value was wrong, and is gone for that.
    const gone = problems.list.some(
      ({ path: at }) => at.length === path.length && at.every((part, i) => part === path[i]),
    );
    if (gone) return [path.slice(0, -1)];
    problems.error(
      "missing-key",
      `${label(path.slice(0, -1))} lacks ${JSON.stringify(path.at(-1))}`,
      path.slice(0, -1),
      { hint: `add ${String(path.at(-1))}:` },
    );
    return [path.slice(0, -1)];
  }
  const hint = retyped(expected, found);
  problems.error("type", `${name} must be ${either(expected)}, not ${show(found)}`, path, { hint });
  return [path];
}

/** How to write the value so that YAML reads it as what was expected. */
function retyped(expected: readonly string[], found: unknown): string | undefined {
  if (expected.includes("a string") && (typeof found === "number" || typeof found === "boolean")) {
    return `put it in quotes: "${String(found)}"`;
  }
  if (expected.includes("true or false") && typeof found === "string" && /^(yes|no|on|off)$/i.test(found)) {
    return `YAML 1.2 has no ${found}: write ${/^(yes|on)$/i.test(found) ? "true" : "false"}`;
  }
  return undefined;
}

function near(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates);
  return found === null ? undefined : `did you mean ${JSON.stringify(found)}?`;
}

function unknownKey(key: string, path: Path, kind: unknown, problems: Problems): void {
  const place = placeOf(path);
  const where = [...path, key];
  if (place !== null && isUnsupported(place, key)) {
    problems.error("not-supported", `${JSON.stringify(key)} is not supported yet`, where, {
      at: "key",
      hint: "leave it out: this version of netloom does not support it",
    });
    return;
  }
  const hint = (): string | undefined => {
    const keys = knownKeys(path, kind);
    const alias = ALIASES[key];
    return alias !== undefined && keys.includes(alias)
      ? `did you mean ${JSON.stringify(alias)}?`
      : suggestion(key, keys);
  };
  problems.error(
    "unknown-key",
    `${JSON.stringify(key)} is not a key of ${called(path)}${typeof kind === "string" ? ` of the kind ${kind}` : ""}`,
    where,
    { at: "key", hint },
  );
}

/** What people used to `ip` and to other tools write, too far from our keys for the edit distance. */
const ALIASES: Record<string, string> = {
  gw: "via",
  link: "dev",
  dst: "to",
  destination: "to",
  ip: "address",
  ips: "address",
  network: "subnet",
  cidr: "subnet",
  bridges: "switches",
  nodes: "hosts",
  default: "gateway",
  lladdr: "mac",
  ip_forward: "forwarding",
};

/** What a mapping at the end of a path is called: after the last key of it that is listed here. */
const CALLED: Record<string, string> = {
  switches: "a switch",
  interfaces: "an interface",
  routes: "a route",
  nat: "an entry of nat",
  snat: "snat",
  type: "a NAT type",
  ipv6: "ipv6",
  publish: "an entry of publish",
  firewall: "a firewall",
  dhcp: "dhcp",
  dns: "dns",
  run: "an entry of run",
  uplink: "uplink",
};

function called(path: Path): string {
  if (path.length === 0) return "a topology";
  const inner = path[0] === "switches" ? ["switches", ...path.slice(2)] : path.slice(path[0] === "root" ? 1 : 2);
  // The name of an interface is not a key: `interfaces: { run: … }`.
  const keys = inner.filter((_, i) => inner[i - 1] !== "interfaces");
  const last = keys.filter((part) => Object.hasOwn(CALLED, part)).at(-1);
  return CALLED[String(last)] ?? "a node";
}

function placeOf(path: Path): Place | null {
  if (path.length === 0) return "topology";
  if (path[0] === "switches") return path.length === 2 ? "switch" : null;
  const inNode = path[0] === "root" ? path.slice(1) : path.slice(2);
  if (inNode.length === 0) return "node";
  if (inNode[0] === "interfaces" && inNode.length === 2) return "interface";
  if (inNode[0] === "uplink") return path[0] === "root" ? "uplink" : null;
  return inNode[0] === "routes" ? "route" : null;
}

/** The keys that a mapping at this place has, off the schema itself; `kind` is what it says that it is. */
function knownKeys(path: Path, kind: unknown): readonly string[] {
  let schema: unknown = topologySchema;
  for (const part of path) schema = step(unwrap(schema), part);
  return Object.keys(schema === undefined ? {} : (shapeOf(schema, kind) ?? {}));
}

type Shape = Readonly<Record<string, unknown>>;

type Definition = {
  readonly type: string;
  readonly innerType?: unknown;
  readonly shape?: Shape;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  /** Of a literal. */
  readonly values?: readonly unknown[];
};

function definition(schema: unknown): Definition {
  return (schema as { _zod: { def: Definition } })._zod.def;
}

function unwrap(schema: unknown): unknown {
  const { innerType } = definition(schema);
  return innerType === undefined ? schema : unwrap(innerType);
}

function step(schema: unknown, part: string | number): unknown {
  const { shape, valueType, element, options } = definition(schema);
  const inner = shape?.[part] ?? valueType ?? element;
  if (inner !== undefined || options === undefined) return inner;
  return options.map((option) => step(unwrap(option), part)).find((found) => found !== undefined);
}

/** Of several mappings, the one for that kind, else the first. */
function shapeOf(schema: unknown, kind: unknown): Shape | undefined {
  const { shape, options = [] } = definition(unwrap(schema));
  if (shape !== undefined) return shape;
  const shapes = options.flatMap((option): Shape[] => {
    const inner = shapeOf(option, kind);
    return inner === undefined ? [] : [inner];
  });
  return shapes.find((each) => each["kind"] && definition(each["kind"]).values?.includes(kind)) ?? shapes[0];
}

function expectation(type: string): string {
  return (
    {
      string: "a string",
      int: "a whole number",
      number: "a number",
      boolean: "true or false",
      object: "a mapping",
      record: "a mapping",
      array: "a list",
      null: "empty",
    }[type] ?? type
  );
}

function show(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return JSON.stringify(value);
  return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
}

/** `a, b or c`, each once. */
function either(words: readonly string[]): string {
  const each = [...new Set(words)];
  return each.length < 2 ? each.join("") : `${each.slice(0, -1).join(", ")} or ${each.at(-1)!}`;
}

/** The key a path ends in; the diagnostic's subject has the rest. */
function label(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "the topology";
  return typeof last === "number" ? `item ${last + 1} of ${String(path.at(-2) ?? "the list")}` : last;
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part],
    root,
  );
}

/** A copy without the values at these paths. */
function without(root: unknown, paths: readonly Path[]): unknown {
  const copy: unknown = structuredClone(root);
  for (const path of paths) {
    const parent = at(copy, path.slice(0, -1));
    if (typeof parent === "object" && parent !== null) delete (parent as Record<string, unknown>)[String(path.at(-1))];
  }
  return copy;
}

/** A list with a wrong item is removed as a whole: without the item, the positions of all later ones would be wrong. */
function whole(path: Path): Path {
  return typeof path.at(-1) === "number" ? path.slice(0, -1) : path;
}
