/** What prevents a lab on this machine. Nothing is changed; all reasons are reported at once. */

import { existsSync } from "node:fs";
import { type Diagnostic, NetloomError } from "../diagnostic.ts";
import type { Model, Namespace } from "../model/index.ts";
import { bytesToAddress, contains, networkOf, parseInterfaceAddress, parsePrefix, ROOT } from "../model/index.ts";
import { type LabContext, namespaceMark, type NetlinkSocket, nodePath } from "../kernel/index.ts";
import { type MachineLink, machineLinks } from "./marks.ts";
import { RTN_UNICAST, RT_TABLE_LOCAL } from "../netlink/constants.ts";

/** `model` has its names on the machine. Throws all refusals, including `more`. */
export function checkMachine(
  context: LabContext,
  model: Model,
  socket: NetlinkSocket,
  more: readonly Diagnostic[],
): void {
  const links = machineLinks(socket);
  const root = model.namespaces.find(({ name }) => name === ROOT);
  const problems = [
    ...namespaceProblems(context, model),
    ...(root === undefined ? [] : [...linkProblems(model.name, root, links), ...routeProblems(root)]),
    ...(root === undefined ? [] : subnetProblems(model.name, root, links, socket)),
    ...more,
  ];
  if (problems.length > 0) throw new NetloomError(problems);
}

function refused(code: string, summary: string, cause: string, hint: string): Diagnostic {
  return { code: `host.${code}`, severity: "error", summary, cause, state: "nothing was changed", hint };
}

function namespaceProblems(context: LabContext, { namespaces }: Model): Diagnostic[] {
  return namespaces.flatMap(({ name }) => {
    if (name === ROOT) return [];
    const path = nodePath(context, name);
    if (!existsSync(path)) return [];
    const mark = namespaceMark(path);
    if (mark === context.mark) return [];
    return refused(
      "namespace-taken",
      `node ${name} would be the namespace ${path}, which already exists`,
      mark === null ? "it was not made by netloom" : `it belongs to ${mark}`,
      "give the lab another --name or --prefix, or remove that namespace",
    );
  });
}

function linkProblems(lab: string, { links }: Namespace, there: readonly MachineLink[]): Diagnostic[] {
  const taken = new Map(there.flatMap((each) => [each.name, ...each.altnames].map((name) => [name, each] as const)));
  return links.flatMap((link) => {
    const other = link.kind === "loopback" || link.kind === "nic" ? undefined : taken.get(link.name);
    if (other === undefined || other.lab === lab) return [];
    // A namespace of ours may have its end here, not yet marked.
    if (link.kind === "veth" && link.master !== null) return [];
    const whose = other.lab === null ? "it was not made by netloom" : `it belongs to lab ${other.lab}`;
    const what = link.kind === "bridge" ? `switch ${link.name}` : `interface ${link.name} of root`;
    return refused(
      "link-taken",
      `${what} cannot be made: this machine already has an interface of that name`,
      whose,
      "give it another name",
    );
  });
}

/** Without an interface, nothing shows to which lab a route of root belongs. */
function routeProblems({ routes }: Namespace): Diagnostic[] {
  return routes.flatMap(({ to, type, nextHops }) =>
    nextHops.some(({ link }) => link !== null)
      ? []
      : refused(
          "route-unmarked",
          `root cannot have the ${type} route to ${to} on the machine itself`,
          "without an interface it could not be distinguished from the machine's own routes",
          "leave it out, or give it to a router of the lab",
        ),
  );
}

/** A subnet that the machine uses already would take its traffic away, and perhaps the session of who types this. */
function subnetProblems(
  lab: string,
  root: Namespace,
  links: readonly MachineLink[],
  socket: NetlinkSocket,
): Diagnostic[] {
  const names = new Map(links.map((link) => [link.index, link]));
  const foreign = socket
    .dump({ kind: "route", command: "get", family: 0, destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 })
    .flatMap((route) => {
      if (route.kind !== "route" || route.table === RT_TABLE_LOCAL || route.type !== RTN_UNICAST) return [];
      const via = names.get(route.outputIndex ?? 0);
      if (route.destination === undefined || via?.lab === lab) return [];
      const prefix = parsePrefix(`${bytesToAddress(route.destination)}/${route.destinationLength}`);
      return prefix === null ? [] : [{ prefix, link: via?.name ?? "another interface" }];
    });
  return root.addresses.flatMap(({ address, prefixLength, link }) => {
    const own = parseInterfaceAddress(`${address}/${prefixLength}`);
    if (own === null || address.startsWith("fe80:")) return [];
    const subnet = networkOf(own, prefixLength);
    const other = foreign.find(({ prefix }) => contains(subnet, prefix));
    if (other === undefined) return [];
    return refused(
      "subnet-taken",
      `${link} cannot have ${address}/${prefixLength}: this machine already reaches that network`,
      `there is a route to it through ${other.link}`,
      "choose another subnet for the lab",
    );
  });
}
