/**
 * `netloom __hold`: the process that a lab lives in (pid 1 of its pid namespace). Nobody types this; sandbox/ starts it.
 * What it can be asked is the engine's doing, one method an operation.
 */

import { build, difference, observeFor, prove } from "../../engine.ts";
import { failure } from "../../diagnostic.ts";
import type { Expectation } from "../../model/index.ts";
import { hold } from "../../sandbox/index.ts";
import type { HeldLab, Methods, RequestContext } from "../../sandbox/index.ts";
import type { ResolvedTopology } from "../../topology/index.ts";

export function main(): void {
  hold(methods);
}

function methods(lab: HeldLab): Methods {
  let current: ResolvedTopology | null = null;
  const known = (): ResolvedTopology => {
    if (current === null) throw failure("engine.not-built", `lab ${lab.name} has no network yet`);
    return current;
  };
  const progress = (context: RequestContext) => (event: object) => context.event({ kind: "progress", ...event });
  return {
    build: async ({ topology }: { topology: ResolvedTopology }, context) => {
      const report = await build(topology.model, progress(context));
      current = topology;
      return report;
    },
    plan: ({ topology }: { topology: ResolvedTopology }) => ({ changes: difference(topology.model) }),
    observe: () => {
      const { model, ...details } = observeFor(known().model);
      return { model, details };
    },
    verify: ({ expect, timeout }: { expect: readonly Expectation[] | null; timeout?: number }, context) =>
      prove(known().model, expect, {
        ...(timeout === undefined ? {} : { timeout }),
        onProgress: (done, total) => context.event({ kind: "progress", done, total }),
        signal: context.signal,
      }),
    describe: () => {
      const { file, holder, startedAt } = lab.record();
      return { name: lab.name, file, topology: current, pid: holder.pid, startedAt };
    },
  };
}
