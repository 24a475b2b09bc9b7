/**
 * What a lab's holder answers: engine/, asked for over the lab's socket. In: the lab that sandbox/ holds.
 * Out: a table of methods; their parameters and results are plain JSON. See docs/architecture.md for the life of an `up`.
 */

import { type Diagnostic, failure, NetloomError } from "../diagnostic.ts";
import type { ApplyOptions } from "../apply/index.ts";
import { discoverLab } from "../discover/machine.ts";
import { followDrift } from "../engine/drift.ts";
import { build, difference, observeFor, prove } from "../engine/build.ts";
import { type Expectation, hostsFor, hostsOf, type Model, ROOT, type Setting } from "../model/index.ts";
import { readCounters, readNeighbours, readSettings } from "../observe/index.ts";
import { planServices } from "../plan/index.ts";
import { HostLab, type ProofOptions } from "../host/index.ts";
import { armFault } from "../kernel/fault.ts";
import { attempt, LabPrograms } from "./lab-programs.ts";
import type { HeldLab, Methods, RequestContext } from "../sandbox/index.ts";
import { type ChangeReport, reconcile } from "../engine/reconcile.ts";
import { evacuate } from "../services/evacuate.ts";
import type { ResolvedTopology } from "../topology/index.ts";

/** An echo to a neighbour takes microseconds; this long is silence, milliseconds. */
const SILENCE = 1_000;

interface VerifyParams {
  readonly expect: readonly Expectation[] | null;
  readonly timeout?: number;
}

interface ChangeParams {
  readonly topology: ResolvedTopology;
  /** For the record: absolute path, or a shape. */
  readonly file: string | null;
  /** On the machine itself: milliseconds within which somebody has to confirm that it can still be reached, if that is in question. */
  readonly confirm?: number | null;
}

export function methods(lab: HeldLab): Methods {
  const { context: place } = lab;
  const host = lab.host === null ? null : new HostLab(lab, lab.host);
  let topology: ResolvedTopology | null = host?.found ?? null;
  /** What the lab was made from; of an empty machine (`netloom sandbox`) only its name is known. */
  const desired = (): Model => topology?.model ?? host?.nothing ?? { name: lab.name, namespaces: [] };
  const fitted = (given: ResolvedTopology): ResolvedTopology => host?.fit(given) ?? given;
  const alterTo = (
    to: ResolvedTopology,
    from: Model,
    options: ApplyOptions,
    proof?: ProofOptions,
  ): Promise<ChangeReport> =>
    host === null ? reconcile(place, to.model, from, options) : host.change(to, from, options, proof);
  const empty = (namespace: string): Promise<void> => evacuate(place, namespace);
  const exclusive = oneAtATime();
  const followers = new Set<(touched: Iterable<string>) => void>();
  /** Who knows name servers. */
  const told = new Set<string>();
  const programs = new LabPrograms(lab, () => void giveNames(lab, observeFor(place, desired()).model));
  const change = async (
    { topology: given, file, confirm = null }: ChangeParams,
    { event, signal }: RequestContext,
  ): Promise<ChangeReport & { warnings: readonly Diagnostic[] }> => {
    armFault();
    const wanted = fitted(given);
    const found = programs.find(wanted.model);
    const onProgress = (progress: object): void => event({ kind: "progress", ...progress });
    const services = planServices(wanted.model, programs.observed(desired()));
    const previous = topology;
    const before = desired();
    // What ends does so while its namespace is still there.
    await programs.retain(wanted.model);
    const onWaiting: ProofOptions["onWaiting"] = (what) => event({ kind: "waiting", ...what });
    const options = { signal, evacuate: empty, onProgress };
    const report = await alterTo(wanted, before, options, { confirm, onWaiting, signal }).catch(
      async (error: unknown) => {
        await programs.resume(before);
        throw error;
      },
    );
    for (const { action, kind, id } of report.changes)
      if (kind === "namespace" && action === "delete") lab.rooms.close(id);
    topology = wanted;
    const warnings = [...giveNames(lab, wanted.model), ...giveResolvers(lab, wanted.model, told)];
    const started = programs.start(wanted.model, found, onProgress).catch(async (error: unknown) => {
      // The network is there, but not what shall run in it: back to what was.
      await programs.retain(before);
      const back = previous ?? { model: before, expect: [], file: null, warnings: [] };
      await alterTo(back, wanted.model, { evacuate: empty });
      topology = previous;
      giveNames(lab, before);
      await programs.resume(before);
      throw undone(error);
    });
    warnings.push(...(await started), ...(host?.warnings(wanted.model) ?? []));
    warnings.push(...programs.tellNames());
    lab.update({ file });
    for (const tell of followers) tell(report.changes.map(({ namespace }) => namespace));
    return { ...report, changes: [...report.changes, ...services], warnings };
  };
  return {
    ...programs.methods,
    build: async (params: Omit<ChangeParams, "file">, context: RequestContext) => {
      const { event } = context;
      programs.attend(context);
      // Of a lab on the machine there may be something left, whose holder has ended.
      if (host !== null) {
        const { file } = lab.record();
        const { changes, ...report } = await exclusive(() => change({ ...params, file }, context));
        const { namespaces } = params.topology.model;
        const links = namespaces.reduce((sum, each) => sum + each.links.length - 1, 0);
        return { ...report, changes: changes.length, namespaces: namespaces.length - 1, links };
      }
      if (topology !== null)
        throw failure("engine.built", `${lab.name} is already built`, { state: "nothing was changed" });
      const { model } = params.topology;
      const found = programs.find(model);
      const onProgress = (progress: object): void => event({ kind: "progress", ...progress });
      armFault();
      const report = await build(place, model, onProgress);
      topology = params.topology;
      const warnings = [...giveNames(lab, model), ...giveResolvers(lab, model, told)];
      return { ...report, warnings: [...warnings, ...(await programs.start(model, found, onProgress))] };
    },
    change: (params: ChangeParams, context: RequestContext) =>
      exclusive(() => (programs.attend(context), change(params, context))),
    // While a change waits for it: not one after the other.
    confirm: () => ({ confirmed: host?.confirm() === true }),
    adopt: () =>
      exclusive(async () => {
        armFault();
        const there = (await host?.adopt()) ?? true;
        if (!there) return { there };
        await programs.resume(desired());
        giveNames(lab, desired());
        giveResolvers(lab, desired(), told);
        return { there };
      }),
    plan: ({ topology: given }: { topology: ResolvedTopology }) => {
      const wanted = fitted(given);
      const services = planServices(wanted.model, programs.observed(desired()));
      return { changes: [...difference(place, wanted.model, desired()), ...services] };
    },
    watch: ({ topology: given }: { topology: ResolvedTopology }, { event, signal }: RequestContext) =>
      followDrift({
        context: place,
        wanted: () => fitted(given).model,
        previous: desired,
        services: (wanted) => planServices(wanted, programs.observed(desired())),
        inBetween: exclusive,
        followers,
        onReport: event,
        signal,
      }),
    observe: ({ settings: wanted }: { readonly settings?: boolean }) => {
      const { model, untold, links } = observeFor(place, desired());
      const details = Object.fromEntries([...links].map(([name, states]) => [name, Object.fromEntries(states)]));
      // The machine's own are nobody's here.
      const settings = wanted === true ? readSettings(place, model) : {};
      return {
        model: withSettings(programs.observed(model), settings),
        details,
        untold: Object.fromEntries(untold),
        settings,
        ...programs.details(),
      };
    },
    counters: ({ nodes }: { readonly nodes?: readonly string[] }) => readCounters(place, nodes),
    neighbours: ({ nodes }: { readonly nodes?: readonly string[] }) => readNeighbours(place, nodes),
    discover: ({ depth = "all", sockets = false }: { depth?: "overview" | "all"; sockets?: boolean }) =>
      discoverLab(lab.name, depth, sockets),
    verify: ({ expect, timeout }: VerifyParams, { event, signal }: RequestContext) =>
      prove(place, observeFor(place, desired()).model, expect, {
        timeout: timeout ?? SILENCE,
        signal,
        onProgress: (done, total) => event({ kind: "progress", done, total }),
      }),
    describe: () => {
      const { holder, startedAt, file } = lab.record();
      return { name: lab.name, file, topology, pid: holder.pid, startedAt };
    },
  };
}

/** Sysctls that somebody has set, beside those that the topology speaks of. */
function withSettings(model: Model, settings: Readonly<Record<string, Readonly<Record<string, Setting>>>>): Model {
  const namespaces = model.namespaces.map((each) => {
    const found = Object.entries(settings[each.name] ?? {}).map(([key, { value }]) => [key, value] as const);
    return { ...each, sysctls: { ...Object.fromEntries(found), ...each.sysctls } };
  });
  return { ...model, namespaces };
}

function undone(error: unknown): unknown {
  if (!(error instanceof NetloomError)) return error;
  const state = "all changes were undone: the lab is as it was before";
  return new NetloomError(
    error.diagnostics.map((each) => ({ ...each, state })),
    error.status,
  );
}

/** Two changes of one lab at once would each take the other's for drift: the second waits. */
function oneAtATime(): <T>(action: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const next = last.then(action, action);
    last = next.catch(() => {});
    return next;
  };
}

/**
 * Nodes know each other by name, from this model on: one that was observed has the addresses of DHCP, too. What a machine has
 * no file for is said, and no reason to refuse it a network.
 */
function giveNames({ etc, rooms }: HeldLab, model: Model): Diagnostic[] {
  const nodes = new Set(model.namespaces.map(({ name }) => name));
  const unknown = "nodes do not know each other by name";
  const own = attempt(unknown, () => rooms.nameHosts((node) => (nodes.has(node) ? hostsFor(model, node) : null)));
  const hosts = hostsOf(model);
  return hosts.length === 0 ? own : [...own, ...attempt(unknown, () => etc.nameHosts(hosts))];
}

/** Whom nodes ask for other names. `told`: who knew somebody before, and is told that there is nobody any more. */
function giveResolvers({ rooms }: HeldLab, model: Model, told: Set<string>): Diagnostic[] {
  if (hostsOf(model).length === 0) return [];
  return model.namespaces.flatMap(({ name, nameService }) => {
    if (nameService === null && name !== ROOT && !told.has(name)) return [];
    told.add(name);
    const whose = name === ROOT ? "the lab" : name;
    return attempt(`names outside the lab cannot be resolved in ${whose}`, () =>
      rooms.setNames(name, nameService ?? { servers: [], search: [] }),
    );
  });
}
