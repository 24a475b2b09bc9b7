/** The maps of published ports as entries of `publish`. */

import { familyOf } from "../../model/index.ts";
import type { Model, Namespace, NetfilterTable } from "../../model/index.ts";
import { foldPorts, isPublishMap, linkOf, publishedPorts, type PortRun } from "../../packet/index.ts";
import type { PublicationBody } from "../../topology/schema-netfilter.ts";

/** A run of ports of one protocol or both that leads to equally many ports of one address. */
interface Run {
  /** null: every address. */
  readonly link: string | null;
  protocol: "tcp" | "udp" | "both";
  readonly target: string;
  readonly port: number;
  readonly to: number;
  readonly count: number;
}

/** How targets are written: by name where there is one, by name only where an entry is for both IP versions, or by address. */
export type Naming = "names" | "pairs" | "addresses";

export function publishOf(
  table: NetfilterTable,
  namespace: Namespace,
  model: Model,
  naming: Naming,
): PublicationBody[] {
  const runs = table.sets.filter(isPublishMap).flatMap((map) =>
    runsIn(
      publishedPorts(map).map((port) => ({
        ...port,
        on: null,
        protocol: port.protocol as "tcp" | "udp",
        link: linkOf(port, map, namespace),
      })),
    ),
  );
  return named(runs, model, naming);
}

type LinkPort = PortRun & { readonly link: string | null; readonly protocol: "tcp" | "udp" };

function runsIn(ports: readonly LinkPort[]): Run[] {
  // An interface with several addresses has each port several times.
  const once = [...new Map(ports.map((one) => [JSON.stringify(one), one])).values()];
  const runs = foldPorts(once, ({ link }) => link ?? "")
    .map(({ link, protocol, target, first, last, to }): Run => ({
      link,
      protocol,
      target,
      port: first,
      to,
      count: last - first + 1,
    }))
    .sort((a, b) => (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : a.port - b.port));
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
