/** `netloom inspect [LAB]`: what is there now, read from the kernel, as tables. */

import type { Command } from "commander";
import type { Model } from "../../model/index.ts";
import { inspection } from "../../show/index.ts";
import type { Programs } from "../../show/index.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { noSuchNode } from "../inside.ts";
import { LAB_OR_FILE_HELP, nameOf, openLab } from "../lab.ts";
import { document, print, style } from "../output.ts";

interface Observed extends Programs {
  readonly model: Model;
  readonly details: Readonly<Record<string, unknown>>;
}

export function define(command: Command): void {
  hostOption(command)
    .description(
      "Show the nodes, interfaces, addresses, routes, services and leases of a running lab, as they are now.",
    )
    .argument("[lab]", LAB_OR_FILE_HELP)
    .option("--node <node...>", "only these nodes, with every interface")
    .action(async (given: string | undefined, options: HostFlags & { node?: string[] }) => {
      checkHost(options);
      const client = await openLab(given === undefined ? undefined : nameOf(given));
      const observed = await client.request<Observed>("observe", {});
      await client.close();
      const names = observed.model.namespaces.map(({ name }) => name);
      const unknown = options.node?.find((node) => !names.includes(node));
      if (unknown !== undefined) throw noSuchNode(client.name, unknown, names);
      const shown = only(options.node, observed);
      print(inspection(observed.model, style(), options.node, shown));
      document("inspection", { lab: client.name, ...shown });
    });
}

function only(nodes: readonly string[] | undefined, observed: Observed): Observed {
  if (nodes === undefined) return observed;
  const { model, details, processes, leases } = observed;
  return {
    model: { ...model, namespaces: model.namespaces.filter(({ name }) => nodes.includes(name)) },
    details: Object.fromEntries(Object.entries(details).filter(([name]) => nodes.includes(name))),
    processes: processes.filter(({ node }) => nodes.includes(node)),
    // To them and by them.
    leases: leases.filter(({ server, name }) => nodes.includes(server) || (name !== null && nodes.includes(name))),
  };
}
