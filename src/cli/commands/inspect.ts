/** `netloom inspect [LAB]`: what is there now, read from the kernel, as tables. */

import type { Command } from "commander";
import type { Model } from "../../model/index.ts";
import { inspection } from "../../show/index.ts";
import { noSuchNode } from "../inside.ts";
import { LAB_OR_FILE_HELP, nameOf, openLab } from "../lab.ts";
import { document, print, style } from "../output.ts";

interface Observed {
  readonly model: Model;
  readonly details: Readonly<Record<string, unknown>>;
}

export function define(command: Command): void {
  command
    .description("Show the nodes, interfaces, addresses and routes of a running lab, as the kernel has them now.")
    .argument("[lab]", LAB_OR_FILE_HELP)
    .option("--node <node...>", "only these nodes, with every interface")
    .action(async (given: string | undefined, options: { node?: string[] }) => {
      const client = await openLab(given === undefined ? undefined : nameOf(given));
      const { model, details } = await client.request<Observed>("observe", {});
      await client.close();
      const names = model.namespaces.map(({ name }) => name);
      const unknown = options.node?.find((node) => !names.includes(node));
      if (unknown !== undefined) throw noSuchNode(client.name, unknown, names);
      print(inspection(model, style(), options.node));
      document("inspection", { lab: client.name, ...only(options.node, { model, details }) });
    });
}

function only(nodes: readonly string[] | undefined, { model, details }: Observed): Observed {
  if (nodes === undefined) return { model, details };
  return {
    model: { ...model, namespaces: model.namespaces.filter(({ name }) => nodes.includes(name)) },
    details: Object.fromEntries(Object.entries(details).filter(([name]) => nodes.includes(name))),
  };
}
