/** A lab on the machine as its holder changes it: like any other, with a journal, and with respect for what is there. */

import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../diagnostic.ts";
import { difference, look, type ReconcileOptions, type ReconcileReport, transaction, union } from "../engine/index.ts";
import { type Model, type Namespace, ROOT } from "../model/index.ts";
import { NetlinkSocket } from "../kernel/index.ts";
import { emptyNamespace } from "../plan/index.ts";
import type { HeldHost, HeldLab } from "../sandbox/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { arrange } from "./arrange.ts";
import { checkMachine } from "./check.ts";
import { claim } from "./claim.ts";
import { forwardWarnings } from "./docker.ts";
import { fitToMachine } from "./fit.ts";
import { machineLinks } from "./marks.ts";
import { Nics, type ProofOptions } from "./nics/index.ts";
import { killLeftovers } from "./processes.ts";
import { removeMarked } from "./remove.ts";
import { type Journal, NO_STATE, readJournal, readState, removeJournal, writeJournal, writeState } from "./state.ts";
import { putBackSysctls, rememberSysctls } from "./sysctls.ts";

export class HostLab {
  readonly #lab: HeldLab;
  readonly #host: HeldHost;
  /** Interfaces of the machine that the lab has. */
  readonly #nics: Nics;
  /** Of a change that a holder before this one did not come to the end of. */
  #journal: Journal | null;
  /** What the holder before this one had made, names as on the machine. */
  readonly found: ResolvedTopology | null;
  /** What the lab is equal to as far as is written down. */
  #current: Model | null;
  /** There was something of this lab before this holder: it is not for this holder to take away if it fails. */
  #inherited: boolean;

  constructor(lab: HeldLab, host: HeldHost) {
    this.#lab = lab;
    this.#host = host;
    killLeftovers(lab.name);
    lab.folder.clear();
    this.#nics = new Nics(lab, host);
    this.found = readState(host.files)?.topology ?? null;
    this.#current = this.found?.model ?? null;
    this.#journal = readJournal(host.files);
    // It was complete, and only had no time left to record that.
    if (this.#journal !== null && this.found !== null && isDeepStrictEqual(this.#journal.after, this.found.model)) {
      putBackSysctls(host.files, this.found.model);
      this.#settled();
    }
    if (this.#journal !== null) claim(this.#journal, host.prefix);
    this.#inherited = this.found !== null || this.#journal !== null || !this.#isEmpty();
    lab.onShutdown(() => {
      if (!lab.record().kept && !this.#inherited) this.#remove();
    });
  }

  /** Root as it is without the lab, as far as that is the lab's business. */
  get nothing(): Model {
    const { links, ...root } = emptyNamespace(ROOT);
    const namespace: Namespace = { ...root, links: links.map((link) => ({ ...link, up: true })) };
    return { name: this.#lab.name, namespaces: [namespace] };
  }

  /** The topology with the names that its parts can have on this machine. */
  fit(topology: ResolvedTopology): ResolvedTopology {
    using socket = NetlinkSocket.open({ name: ROOT });
    const foreign = new Set<string>();
    const own = new Set<string>();
    for (const { name, altnames, lab } of machineLinks(socket))
      for (const each of [name, ...altnames]) (lab === this.#lab.name ? own : foreign).add(each);
    return { ...topology, model: this.#nics.fit(fitToMachine(topology.model, foreign, own), socket) };
  }

  /**
   * As reconcile() does, and with a journal, so that the end of this process at any moment can be repaired. With `proof` it is
   * proven that the machine can still be reached, if that is in question.
   */
  async change(
    to: ResolvedTopology,
    previous: Model,
    options: ReconcileOptions,
    proof: ProofOptions | null = null,
  ): Promise<Pick<ReconcileReport, "changes" | "milliseconds" | "applying">> {
    const { files } = this.#host;
    const { context } = this.#lab;
    const { model } = to;
    using socket = NetlinkSocket.open({ name: ROOT });
    checkMachine(context, model, socket, this.#nics.problems(model, socket));
    const known = this.#known(previous);
    const old = readState(files);
    let written = false;
    const onPlan = (before: Model): void => {
      rememberSysctls(files, model);
      writeJournal(files, { before, after: model });
    };
    const onDone = (): void => {
      written = true;
      writeState(files, { ...(readState(files) ?? NO_STATE), topology: to });
      putBackSysctls(files, model);
      this.#settled();
    };
    // What is written down is put right after the network.
    const putRight = (): boolean => {
      if (written) writeState(files, old ?? { ...(readState(files) ?? NO_STATE), topology: null });
      putBackSysctls(files, this.#current === null && !this.#inherited ? null : previous);
      const journal = readJournal(files);
      // The next command undoes what could not be undone.
      if (journal !== null && difference(context, journal.before, model).length === 0) this.#settled();
      else this.#journal = journal;
      return false;
    };
    let report: Pick<ReconcileReport, "changes" | "milliseconds" | "applying"> | undefined;
    const run = async (): Promise<void> => {
      report = await arrange(context, this.#nics, model, known, { ...options, onPlan, onDone }, proof);
      // There was nothing to change; what is written down may be older all the same.
      if (!written && (this.#journal !== null || this.#current === null)) onDone();
    };
    await transaction([{ what: "the record of the lab", run, undo: putRight }]);
    this.#current = model;
    return report!;
  }

  /** Takes over what is there; a change that was not finished is undone. False when nothing is left then. */
  async adopt(): Promise<boolean> {
    const journal = this.#journal;
    if (journal !== null) {
      await arrange(this.#lab.context, this.#nics, journal.before, this.#known(journal.after), {}, null);
      putBackSysctls(this.#host.files, this.#current);
      this.#settled();
    }
    if (this.found !== null || !this.#isEmpty()) return true;
    this.#inherited = false;
    return false;
  }

  /** False if nothing waits for a confirmation that the machine can still be reached. */
  confirm(): boolean {
    return this.#nics.confirm();
  }

  warnings(model: Model): Diagnostic[] {
    return forwardWarnings(model);
  }

  #settled(): void {
    // Where nothing has been changed there is none, and nothing at all is written.
    if (existsSync(this.#host.files.journal)) removeJournal(this.#host.files);
    this.#journal = null;
  }

  /** Whatever this lab may have made: with the topology before it what the journal tells of, and all that has its mark. */
  #known(previous: Model): Model {
    const more = this.#journal === null ? [] : [this.#journal.before, this.#journal.after];
    if (this.found === null && this.#inherited) more.push(look(this.#lab.context, previous).model);
    return union(previous, ...more);
  }

  #isEmpty(): boolean {
    const { namespaces } = look(this.#lab.context, this.nothing).model;
    return namespaces.every(({ name, links }) => name === ROOT && links.length === 1);
  }

  #remove(): void {
    const { files, prefix, forget } = this.#host;
    removeMarked(this.#lab.name, files, prefix);
    forget();
  }
}
