/** The network of a held lab together with the programs in it: built, changed and taken over, all or nothing. */

import { type Diagnostic, failure } from "../diagnostic.ts";
import {
  diagnosticsOf,
  isPartlyUndone,
  look,
  reconcile,
  type ReconcileOptions,
  type ReconcileReport,
  type Step,
  transaction,
  union,
} from "../engine/index.ts";
import { HostLab, type ProofOptions } from "../host/index.ts";
import { armFault } from "../kernel/fault.ts";
import type { Model } from "../model/index.ts";
import { type Change, planServices } from "../plan/index.ts";
import type { HeldLab, RequestContext } from "../sandbox/index.ts";
import { evacuate } from "../services/evacuate.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { LabNames } from "./names.ts";
import { LabPrograms } from "./programs.ts";
import type {
  AdoptResult,
  BuildParams,
  BuildResult,
  ChangeEvent,
  ChangeParams,
  ChangeResult,
  Progress,
} from "./protocol.ts";

export class LabNetwork {
  /** Told where something was changed of which the kernel announces nothing. */
  readonly followers = new Set<(touched: Iterable<string>) => void>();
  readonly programs: LabPrograms;
  readonly #lab: HeldLab;
  /** For a lab on the machine itself. */
  readonly #host: HostLab | null;
  readonly #names: LabNames;
  #topology: ResolvedTopology | null;
  /** Changes that failed and could not be undone: what is left of them is the lab's, too. */
  readonly #remains = new Set<Model>();

  constructor(lab: HeldLab) {
    this.#lab = lab;
    this.#host = lab.host === null ? null : new HostLab(lab, lab.host);
    this.#topology = this.#host?.found ?? null;
    this.#names = new LabNames(lab);
    this.programs = new LabPrograms(lab, () => void this.#names.give(this.look().model));
  }

  get topology(): ResolvedTopology | null {
    return this.#topology;
  }

  /** What the lab was made from; of an empty machine (`netloom sandbox`) only its name is known. */
  get desired(): Model {
    return this.#topology?.model ?? this.#host?.nothing ?? { name: this.#lab.name, namespaces: [] };
  }

  /** What the lab may have made; all else is somebody else's. */
  get known(): Model {
    return union(this.desired, ...this.#remains);
  }

  /** The topology as it can be on this machine. */
  fit(topology: ResolvedTopology): ResolvedTopology {
    return this.#host?.fit(topology) ?? topology;
  }

  look(): ReturnType<typeof look> {
    return look(this.#lab.context, this.desired);
  }

  /** What runs otherwise than in a model. */
  planPrograms(wanted: Model): Change[] {
    return planServices(wanted, this.programs.observed(this.desired));
  }

  /** False when nobody waits for a confirmation. */
  confirm(): boolean {
    return this.#host?.confirm() === true;
  }

  /** Makes the network of a lab that was just launched. If that fails, the lab is dropped whole. */
  async build(params: BuildParams, context: RequestContext<ChangeEvent>): Promise<BuildResult> {
    // Of a lab on the machine there may be something left, whose holder has ended.
    if (this.#host !== null) {
      const { changes, ...report } = await this.change({ ...params, file: this.#lab.record().file }, context);
      const { namespaces } = params.topology.model;
      const links = namespaces.reduce((sum, each) => sum + each.links.length - 1, 0);
      return { ...report, changes: changes.length, namespaces: namespaces.length - 1, links };
    }
    if (this.#topology !== null)
      throw failure("engine.built", `${this.#lab.name} is already built`, { state: "nothing was changed" });
    const { model } = params.topology;
    this.programs.attend(context);
    const found = this.programs.find(model);
    const onProgress = progressTo(context);
    armFault();
    const { changes, ...report } = await reconcile(this.#lab.context, model, null, { onProgress });
    this.#topology = params.topology;
    const warnings = this.#names.giveAll(model);
    warnings.push(...(await this.programs.start(model, found, onProgress)));
    return { ...report, changes: changes.length, warnings };
  }

  /** Makes it equal to another topology; if that fails, network and programs are as before. */
  async change(params: ChangeParams, context: RequestContext<ChangeEvent>): Promise<ChangeResult> {
    this.programs.attend(context);
    armFault();
    const wanted = this.fit(params.topology);
    const { model } = wanted;
    const found = this.programs.find(model);
    const onProgress = progressTo(context);
    const services = this.planPrograms(model);
    const [previous, before] = [this.#topology, this.desired];
    const warnings: Diagnostic[] = [];
    const { signal } = context;
    const proof: ProofOptions = {
      confirm: params.confirm ?? null,
      onWaiting: (what) => context.event({ kind: "waiting", ...what }),
      signal,
    };
    let report: NetworkReport | undefined;
    const steps: Step[] = [
      {
        // What ends does so while its namespace is still there.
        what: "programs that were ended",
        run: () => this.programs.retain(model),
        undo: () => this.programs.resume(before),
      },
      {
        what: "the network",
        atomic: true,
        run: async () => {
          const { known } = this;
          this.#remains.add(model);
          try {
            report = await this.#alter(wanted, known, { signal, onProgress }, proof);
          } catch (error) {
            if (!isPartlyUndone(error)) this.#remains.delete(model);
            throw error;
          }
          this.#topology = wanted;
          for (const { action, kind, id } of report.changes)
            if (kind === "namespace" && action === "delete") this.#lab.mounts.close(id);
          warnings.push(...this.#names.giveAll(model));
        },
        undo: async () => {
          // Even if it fails: the next change then removes what remains of this one.
          this.#topology = previous;
          const back = this.#alter(previous ?? bare(before), union(model, ...this.#remains));
          await back.finally(() => this.#names.give(before));
          this.#remains.delete(model);
          return true;
        },
      },
      {
        what: "programs that were started",
        run: async () => void warnings.push(...(await this.programs.start(model, found, onProgress))),
        undo: async () => {
          await this.programs.retain(before);
          return false;
        },
      },
    ];
    await transaction(steps);
    this.#remains.clear();
    const { changes, milliseconds, applying } = report!;
    warnings.push(...(this.#host?.warnings(model) ?? []));
    warnings.push(...this.programs.giveNames());
    this.#lab.update({ file: params.file });
    for (const tell of this.followers) tell(changes.map(({ namespace }) => namespace));
    return { changes: [...changes, ...services], milliseconds, applying, warnings };
  }

  /** Takes over what the holder before this one has left. */
  async adopt(): Promise<AdoptResult> {
    armFault();
    const there = (await this.#host?.adopt()) ?? true;
    if (!there) return { there, warnings: [] };
    const { desired } = this;
    const warnings: Diagnostic[] = [];
    try {
      await this.programs.resume(desired);
    } catch (error) {
      // The network is there all the same; what does not run is missing in the next plan.
      warnings.push(...diagnosticsOf(error).map((each) => ({ ...each, severity: "warning" as const })));
    }
    warnings.push(...this.#names.giveAll(desired));
    return { there, warnings };
  }

  #alter(
    to: ResolvedTopology,
    from: Model,
    options: ReconcileOptions = {},
    proof?: ProofOptions,
  ): Promise<NetworkReport> {
    const { context } = this.#lab;
    const all = { ...options, evacuate: (namespace: string) => evacuate(context, namespace) };
    return this.#host === null ? reconcile(context, to.model, from, all) : this.#host.change(to, from, all, proof);
  }
}

type NetworkReport = Pick<ReconcileReport, "changes" | "milliseconds" | "applying">;

const progressTo =
  ({ event }: RequestContext<ChangeEvent>) =>
  (progress: Progress): void =>
    event({ kind: "progress", ...progress });

const bare = (model: Model): ResolvedTopology => ({ model, expect: [], file: null, warnings: [] });
