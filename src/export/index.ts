/**
 * export/: from a model, as it was observed, to a topology that makes it.
 * In: a model, and what is known beside it (the expectations). Out: the topology as an object, what it could not
 * express with each place, and remarks; write.ts makes the text of a file. Pure.
 * The law: resolving the topology gives the model again, but for what is listed.
 */

import { macFor, ROOT } from "../model/index.ts";
import type { Discovery, Model } from "../model/index.ts";
import { listBeyond, withoutWrapping } from "./beyond.ts";
import { concise } from "./concise.ts";
import { listDifferences } from "./differences.ts";
import { draftOf, forgetMacs } from "./draft.ts";
import type { Exported } from "./exported.ts";
import { Findings } from "./findings.ts";
import { addNetfilter } from "./netfilter/index.ts";
import { prune } from "./prune.ts";
import { shorten } from "./shorten.ts";
import { wiringOf } from "./wiring.ts";

export type { Exported } from "./exported.ts";
export type { Note, Unexpressed } from "./findings.ts";
export { writeTopology } from "./write.ts";

export interface ExportOptions {
  /** Lines of `expect`. */
  readonly expect?: readonly string[];
  /** false: those that netloom would give others than there are now, too. Default: they are written down. */
  readonly macs?: boolean;
  /** The same machine, for what a model has no field for. */
  readonly discovery?: Discovery;
}

export function exportTopology(observed: Model, { expect = [], macs = true, discovery }: ExportOptions = {}): Exported {
  const findings = new Findings();
  const model = discovery === undefined ? observed : withoutWrapping(observed, discovery);
  const lab = originalName(model);
  const wiring = wiringOf(model, findings);
  const draft = draftOf(model, wiring, expect, findings);
  if (!macs) forgetMacs(draft);
  prune(draft, lab.name, findings);
  addNetfilter(draft, model, lab.name, findings);
  const { model: made } = prune(draft, lab.name, findings);
  listDifferences(model, made, wiring, macs, findings);
  if (discovery !== undefined) listBeyond(model, discovery, findings);
  if (lab.matters) draft.name = lab.name;
  const topology = concise(shorten(draft, lab.name));
  return { topology, unexpressed: findings.unexpressed, notes: findings.notes };
}

/**
 * The name that the hardware addresses were made from: the lab's, or that without the number which `run` puts behind it. It
 * matters if any was: in a machine that was wired by hand none is.
 */
function originalName({ name, namespaces }: Model): { readonly name: string; readonly matters: boolean } {
  const links = namespaces.flatMap((each) => each.links.map((link) => ({ node: each.name, ...link })));
  const matches = (lab: string): number =>
    links.filter((link) => link.mac === macFor(lab, link.node, link.name)).length;
  const names = [...new Set([name, name.replace(/-\d+$/, "")])];
  const [best] = names.map((lab) => ({ lab, count: matches(lab) })).sort((a, b) => b.count - a.count);
  const empty = links.every(({ kind }) => kind === "loopback") && namespaces.some((each) => each.name !== ROOT);
  return best!.count > 0 || (empty && !/^sandbox-\d+$/.test(name))
    ? { name: best!.lab, matters: true }
    : { name, matters: false };
}
