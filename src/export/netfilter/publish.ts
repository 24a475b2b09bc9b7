/** The maps of published ports as entries of `publish`. */

import { familyOf } from "../../model/index.ts";
import type { Model, Namespace, NetfilterTable } from "../../model/index.ts";
import type { PublicationBody } from "../../topology/schema-netfilter.ts";

/** A run of ports of one protocol or both that leads to equally many ports of one address. */
interface Run {
  /** null: every address. */
  readonly link: string | null;
  protocol: "tcp" | "udp" | "both";
  readonly target: string;
  readonly port: number;
  readonly to: number;
  count: number;
}

/** How targets are written: by name where there is one, by name only where an entry is for both IP versions, or by address. */
export type Naming = "names" | "pairs" | "addresses";

export function publishOf(
  table: NetfilterTable,
  namespace: Namespace,
  model: Model,
  naming: Naming,
): PublicationBody[] {
  const runs = table.sets.flatMap((set) => {
    const leased = /^publish_(.+)_ip[46]$/.exec(set.name)?.[1];
    const link =
      leased === undefined || leased === "any"
        ? null
        : (namespace.links.find(({ name }) => name.replaceAll(/[^A-Za-z0-9]/g, "_") === leased)?.name ?? null);
    if (!/^publish_(.+_)?ip[46]$/.test(set.name) || set.value === null) return [];
    const seen = set.elements.map(({ key, value }) => {
      const [port, protocol, address] = [
        Number(key.at(-1)),
        key.at(-2) as "tcp" | "udp",
        key.length > 2 ? key[0]! : null,
      ];
      const own =
        address === null ? link : (namespace.addresses.find((each) => each.address === address)?.link ?? null);
      return { link: own, protocol, port, target: value![0]!, to: Number(value![1]) };
    });
    return runsIn(seen);
  });
  return named(runs, model, naming);
}

function runsIn(elements: readonly (Omit<Run, "count" | "protocol"> & { readonly protocol: "tcp" | "udp" })[]): Run[] {
  const once = [...new Map(elements.map((one) => [JSON.stringify(one), one])).values()];
  const sorted = once.sort((a, b) => (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : a.port - b.port));
  const runs: Run[] = [];
  for (const one of sorted) {
    const run = runs.find(
      (each) =>
        each.link === one.link &&
        each.protocol === one.protocol &&
        each.target === one.target &&
        each.port + each.count === one.port &&
        each.to + each.count === one.to,
    );
    if (run === undefined) runs.push({ ...one, count: 1 });
    else run.count++;
  }
  // The same for both protocols.
  return runs.filter((run) => {
    const twin = runs.find(
      (each) =>
        each !== run &&
        each.protocol === "tcp" &&
        run.protocol === "udp" &&
        each.link === run.link &&
        each.target === run.target &&
        each.port === run.port &&
        each.to === run.to &&
        each.count === run.count,
    );
    if (twin !== undefined) twin.protocol = "both";
    return twin === undefined;
  });
}

function named(runs: readonly Run[], model: Model, naming: Naming): PublicationBody[] {
  const owner = (address: string): string | null => {
    const owns = ({ name, addresses, services }: Namespace) =>
      addresses.some((own) => own.address === address) ||
      services.some(
        (one) =>
          one.kind === "dhcp-server" && one.fixed.some((lease) => lease.address === address && lease.name === name),
      );
    const kept = model.namespaces.flatMap(({ services }) =>
      services.flatMap((one) => (one.kind === "dhcp-server" ? one.fixed : [])),
    );
    return kept.find((lease) => lease.address === address)?.name ?? model.namespaces.find(owns)?.name ?? null;
  };
  const same = (a: Run, b: Run): boolean =>
    a.link === b.link && a.protocol === b.protocol && a.port === b.port && a.to === b.to && a.count === b.count;
  const done = new Set<Run>();
  return runs.flatMap((run) => {
    if (done.has(run)) return [];
    const node = owner(run.target);
    const twin = runs.find(
      (each) =>
        each !== run &&
        same(run, each) &&
        familyOf(each.target) !== familyOf(run.target) &&
        owner(each.target) === node,
    );
    const byName = node !== null && (naming === "names" || (naming === "pairs" && twin !== undefined));
    if (byName && twin !== undefined) done.add(twin);
    return [entry(run, byName ? node : run.target.includes(":") ? `[${run.target}]` : run.target)];
  });
}

function entry({ link, protocol, port, to, count }: Run, host: string): PublicationBody {
  const range = (first: number): string | number => (count === 1 ? first : `${first}-${first + count - 1}`);
  return {
    ...(link === null ? {} : { in: link }),
    port: range(port),
    ...(protocol === "tcp" ? {} : { protocol }),
    to: to === port && !host.startsWith("[") ? host : `${host}:${range(to)}`,
  };
}
