/** Reads a lab back, as far as it is the business of the models that it is compared with. */

import type { LabContext } from "../kernel/index.ts";
import { type Model, ROOT } from "../model/index.ts";
import { observe, type Observation, type ObserveOptions } from "../observe/index.ts";
import { type Change, plan } from "../plan/index.ts";

/** Sysctls that any of the models mentions are read, so that their values are known when reverting to one of them. */
export function look(
  context: LabContext,
  desired: Model,
  previous: Model | null = null,
  since?: ObserveOptions["since"],
): Observation {
  const sysctls = new Map<string, string[]>();
  for (const { name, sysctls: own } of [...desired.namespaces, ...(previous?.namespaces ?? [])])
    sysctls.set(name, [...new Set([...(sysctls.get(name) ?? []), ...Object.keys(own)])]);
  const observation = observe(context, desired.name, { sysctls, ...(since === undefined ? {} : { since }) });
  return context.mark === null ? observation : { ...observation, model: withoutMachine(observation.model, desired) };
}

/**
 * What `desired` has and the kernel lacks, and vice versa; [] if they are equal. With `previous`, what netloom made
 * before, additions by others do not count.
 */
export function difference(context: LabContext, desired: Model, previous?: Model): Change[] {
  return plan(desired, look(context, desired).model, previous === undefined ? {} : { previous });
}

/** On the machine itself it does not matter that it forwards though the lab does not need it. */
function withoutMachine(model: Model, desired: Model): Model {
  const wanted = desired.namespaces.find(({ name }) => name === ROOT)?.forwarding;
  const namespaces = model.namespaces.map((each) => {
    if (each.name !== ROOT) return each;
    const { ipv4, ipv6 } = each.forwarding;
    return { ...each, forwarding: { ipv4: ipv4 && wanted?.ipv4 === true, ipv6: ipv6 && wanted?.ipv6 === true } };
  });
  return { ...model, namespaces };
}
