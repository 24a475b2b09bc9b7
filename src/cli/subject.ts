/** `[LAB] [NODE or NODE:INTERFACE]`: which of the words of a command line means what. */

import { failure } from "../diagnostic.ts";
import { type Link, type Model, type Namespace, ROOT } from "../model/index.ts";
import { findLab, insideLab, labNameProblem } from "../sandbox/index.ts";
import { nearest, suggestion } from "../topology/suggest.ts";
import { enumerate } from "../show/index.ts";
import { nodesOf, noSuchNode } from "./inside.ts";
import type { LabScope } from "./host.ts";
import { isSource, liveLabs, nameOf, noSuchLab } from "./lab.ts";

/** A lab, and what in it is meant; both undefined: the whole of the only one. */
export interface Words {
  readonly lab: string | undefined;
  readonly subject: string | undefined;
}

/** A first word that is the name of a lab, or the file of one, is the lab; else it is in the only lab there is. */
export function readWords(words: readonly string[], lab: string | undefined, scope: LabScope): Words {
  const [first, second] = words;
  if (lab !== undefined) {
    if (second === undefined) return { lab: nameOf(lab, scope), subject: first };
    throw failure(
      "usage.subject",
      "with --lab, expected at most one more word",
      { hint: "netloom inspect --lab LAB NODE" },
      2,
    );
  }
  if (first === undefined) return { lab: undefined, subject: undefined };
  if (second !== undefined) return { lab: nameOf(first, scope), subject: second };
  if (isLab(first)) return { lab: nameOf(first, scope), subject: undefined };
  if (insideLab() === null && liveLabs(scope).length !== 1) throw ambiguous(first, scope);
  return { lab: undefined, subject: first };
}

/** With several labs it is unclear whose node is meant. */
function ambiguous(word: string, scope: LabScope) {
  const [node = word] = word.split(":");
  const labs = liveLabs(scope).filter(({ name, record }) => nodesOf({ name, record }).includes(node));
  const [first] = labs;
  if (first === undefined) return noSuchLab(word, scope);
  return failure(
    "cli.which-lab",
    `${JSON.stringify(word)} is not a lab, and several labs are up: say which lab the node belongs to`,
    {
      cause: `${enumerate(labs.map(({ name }) => name))} ${labs.length === 1 ? "has" : "have"} a node ${JSON.stringify(node)}`,
      hint: `netloom inspect ${first.name} ${word}`,
    },
    2,
  );
}

function isLab(word: string): boolean {
  if (isSource(word) || /\.(ya?ml|json)$/i.test(word)) return true;
  return labNameProblem(word) === null && findLab(word) !== null;
}

export interface Subject {
  readonly node: Namespace;
  /** null: the whole node. */
  readonly link: Link | null;
}

/** Throws, with a suggestion, unless there is such a node, or interface; a switch may be called by its name alone. */
export function findSubject(model: Model, text: string, mayBeLab: boolean, scope: LabScope): Subject {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const node = model.namespaces.find((one) => one.name === name);
  const root = model.namespaces.find((one) => one.name === ROOT);
  const bridge = root?.links.find((link) => link.kind === "bridge" && link.name === text);
  if (node === undefined && root !== undefined && bridge !== undefined) return { node: root, link: bridge };
  if (node === undefined) throw unknown(model, name, mayBeLab && colon < 0, scope);
  if (colon < 0) return { node, link: null };
  const wanted = text.slice(colon + 1);
  const link = node.links.find((one) => one.name === wanted || one.altnames.includes(wanted));
  if (link !== undefined) return { node, link };
  const names = node.links.map((one) => one.name);
  const hint = suggestion(wanted, names);
  throw failure(
    "cli.no-interface",
    `${name} has no interface ${JSON.stringify(wanted)}`,
    { cause: `its interfaces: ${listed(names)}`, ...(hint?.startsWith("did") ? { hint } : {}) },
    2,
  );
}

const NAMES_SHOWN = 20;

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function unknown(model: Model, name: string, mayBeLab: boolean, scope: LabScope) {
  const nodes = model.namespaces.flatMap((one) => [
    one.name,
    ...(one.name === ROOT ? one.links.flatMap((link) => (link.kind === "bridge" ? [link.name] : [])) : []),
  ]);
  if (!mayBeLab) return noSuchNode(model.name, name, nodes);
  const labs = liveLabs(scope).map((lab) => lab.name);
  const near = nearest(name, [...labs, ...nodes]);
  return failure(
    "cli.no-node",
    `${JSON.stringify(name)} is neither a lab nor a node of ${model.name}`,
    {
      cause: `labs: ${labs.join(", ")}; nodes and switches of ${model.name}: ${listed(nodes)}`,
      ...(near === null ? {} : { hint: `did you mean ${JSON.stringify(near)}?` }),
    },
    2,
  );
}
