/** The difference of what runs in two models; apart from plan.ts, because other hands carry it out. */

import type { Model, Service } from "../model/index.ts";
import { serviceSubject } from "../model/index.ts";
import type { Change } from "./change.ts";

/** Changes in the order of the model's namespaces: what has to end first, in each, then what has to begin. */
export function planServices(desired: Model, observed: Model): Change[] {
  const there = new Map(observed.namespaces.map(({ name, services }) => [name, services]));
  const changes = desired.namespaces.flatMap(({ name, services }) => {
    const before = there.get(name) ?? [];
    there.delete(name);
    return difference(name, services, before);
  });
  for (const [name, services] of there) changes.push(...difference(name, [], services));
  return changes;
}

function difference(namespace: string, desired: readonly Service[], observed: readonly Service[]): Change[] {
  const have = new Map(observed.map((service) => [serviceId(service), service]));
  const changes: Change[] = [];
  for (const after of desired) {
    const id = serviceId(after);
    const before = have.get(id) ?? null;
    have.delete(id);
    const common = { kind: "service", namespace, id, before, after } as const;
    if (before === null)
      changes.push({ ...common, action: "create", reason: "the topology has it, and it does not run" });
    else {
      const parts = differingParts(after, before);
      if (parts.length > 0) changes.push({ ...common, action: "update", reason: `${parts.join(", ")} differs` });
    }
  }
  const gone = [...have].map(([id, before]): Change => {
    const reason = "the topology does not have it";
    return { kind: "service", action: "delete", namespace, id, before, after: null, reason };
  });
  return [...gone, ...changes];
}

function serviceId(service: Service): string {
  return `${service.kind} ${serviceSubject(service)}`.trimEnd();
}

function differingParts(desired: Service, observed: Service): string[] {
  const [want, have] = [desired, observed].map((service) => service as unknown as Record<string, unknown>);
  return Object.keys(want!).filter((key) => JSON.stringify(want![key]) !== JSON.stringify(have![key]));
}
