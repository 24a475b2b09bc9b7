/** What a lab's holder answers: one function for each method of the protocol. */

import { discoverLab } from "../discover/machine.ts";
import { difference, followDrift } from "../engine/index.ts";
import type { Model, Setting } from "../model/index.ts";
import { readCounters, readNeighbours, readSettings } from "../observe/index.ts";
import type { HeldLab, HolderProtocol, Methods } from "../sandbox/index.ts";
import { verify } from "../verify/index.ts";
import { LabNetwork } from "./network.ts";
import type { LabProtocol } from "./protocol.ts";

/** An echo to a neighbour takes microseconds; this long is silence, milliseconds. */
const SILENCE = 1_000;

export function methods(lab: HeldLab): Methods<Omit<LabProtocol, keyof HolderProtocol>> {
  const { context } = lab;
  const network = new LabNetwork(lab);
  const { programs } = network;
  const exclusive = oneAtATime();
  return {
    build: (params, request) => exclusive(() => network.build(params, request)),
    change: (params, request) => exclusive(() => network.change(params, request)),
    // While a change waits for it: not one after the other.
    confirm: () => ({ confirmed: network.confirm() }),
    adopt: () => exclusive(() => network.adopt()),
    plan: ({ topology }) => {
      const { model } = network.fit(topology);
      return { changes: [...difference(context, model, network.known), ...network.planPrograms(model)] };
    },
    watch: ({ topology }, { event, signal }) =>
      followDrift({
        context,
        wanted: () => network.fit(topology).model,
        previous: () => network.known,
        services: (wanted) => network.planPrograms(wanted),
        inBetween: exclusive,
        followers: network.followers,
        onReport: event,
        signal,
      }),
    describe: () => {
      const { holder, startedAt, file } = lab.record();
      return { name: lab.name, file, topology: network.topology, pid: holder.pid, startedAt };
    },
    observe: (wanted) => {
      const { model, unmodelled, links } = network.look();
      const details = Object.fromEntries([...links].map(([name, states]) => [name, Object.fromEntries(states)]));
      const settings = wanted.settings === true ? readSettings(context, model) : {};
      return {
        model: withSettings(programs.observed(model), settings),
        details,
        unmodelled: Object.fromEntries(unmodelled),
        settings,
        ...programs.details(),
      };
    },
    counters: ({ nodes }) => readCounters(context, nodes),
    neighbours: ({ nodes }) => readNeighbours(context, nodes),
    discover: ({ depth = "all", sockets = false }) => discoverLab(lab.name, depth, sockets),
    verify: ({ expect, timeout = SILENCE }, { event, signal }) => {
      const onProgress = (done: number, total: number): void => event({ kind: "progress", done, total });
      return verify(context, network.look().model, expect, { timeout, signal, onProgress });
    },
    logs: (params, request) => programs.logs(params, request),
    stop: () => programs.stop(),
    uplink: (outcome) => {
      programs.tellUplink(outcome);
      return null;
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

/** Two changes of one lab at once would each take the other's for drift: the second waits. */
function oneAtATime(): <T>(action: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const next = last.then(action, action);
    last = next.catch(() => {});
    return next;
  };
}
