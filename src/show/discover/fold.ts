/** Folds namespaces that differ only in names and addresses into one line, such as a thousand hosts of one switch. */

import type { DiscoveredLink, DiscoveredNamespace, Discovery, Link, LinkRef, Namespace } from "../../model/index.ts";
import { ROOT } from "../../model/index.ts";
import { marksOf } from "../../draw/marks.ts";
import { isOwnPort } from "./openvswitch.ts";
import { listensText, originText, vlansText } from "./words.ts";

export interface Group {
  /** The first represents all. */
  readonly namespace: DiscoveredNamespace;
  readonly model: Namespace;
  /** In natural order; one for a namespace by itself. */
  readonly names: readonly string[];
}

/** Up to this many are still listed one by one. */
const FEW = 8;

export function groupsOf(discovery: Discovery, whole: Discovery, single: boolean): Group[] {
  const models = new Map(discovery.model.namespaces.map((each) => [each.name, each]));
  const masters = mastersOf(whole);
  const switching = new Set(discovery.openvswitch.map((bridge) => bridge.namespace));
  const alike = new Map<string, Group & { readonly names: string[] }>();
  for (const namespace of discovery.namespaces) {
    const model = models.get(namespace.name);
    if (model === undefined) continue;
    const alone = single || namespace.name === ROOT || switching.has(namespace.name);
    const key = alone ? namespace.name : signature(namespace, model, masters);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { namespace, model, names: [namespace.name] });
    else known.names.push(namespace.name);
  }
  // A few are better listed individually, each at its place in the order of names.
  const folded = new Map(
    [...alike.values()].filter(({ names }) => names.length > FEW).map((group) => [group.names[0], group]),
  );
  const hidden = new Set([...folded.values()].flatMap(({ names }) => names.slice(1)));
  return discovery.namespaces.flatMap((namespace) => {
    const model = models.get(namespace.name);
    if (model === undefined || hidden.has(namespace.name)) return [];
    return [folded.get(namespace.name) ?? { namespace, model, names: [namespace.name] }];
  });
}

/** `namespace\0link` → the bridge that it is a port of. */
export function mastersOf({ model, openvswitch }: Discovery): Map<string, string> {
  const masters = new Map(
    model.namespaces.flatMap(({ name, links }) =>
      links.flatMap((link) =>
        link.master === null ? [] : [[linkKey({ namespace: name, link: link.name }), link.master] as const],
      ),
    ),
  );
  // To the kernel all of them are ports of the one datapath.
  for (const bridge of openvswitch)
    for (const port of bridge.ports)
      for (const { link } of port.interfaces)
        if (link !== null && !isOwnPort(port, bridge)) masters.set(linkKey(link), bridge.name);
  return masters;
}

export const linkKey = ({ namespace, link }: LinkRef): string => `${namespace}\0${link}`;

/** What two namespaces have in common if they are alike, as one text: there may be thousands to compare. */
function signature(namespace: DiscoveredNamespace, model: Namespace, masters: ReadonlyMap<string, string>): string {
  const own = new Map(model.links.map((link) => [link.name, link]));
  let text = `${model.forwarding.ipv4} ${model.forwarding.ipv6} ${model.addresses.length}\n`;
  for (const link of namespace.links) text += `${linkText(link, own.get(link.name), masters)}\n`;
  for (const { command } of namespace.processes) text += `${command}\n`;
  if (model.netfilter.length > 0) for (const mark of marksOf(model)) text += `${mark.text}\n`;
  return `${text}${listensText(namespace)}\n${originText(namespace).replace(namespace.name, "")}`;
}

/** Without what is one of many: of a port of a bridge only the bridge. */
function linkText(link: DiscoveredLink, model: Link | undefined, masters: ReadonlyMap<string, string>): string {
  const { name, kind, carrier, portState, vlans, peer, parent, elsewhere } = link;
  const state = `${name} ${kind} ${model?.up} ${model?.master} ${carrier} ${portState} ${vlansText(vlans)}`;
  if (peer !== null) return `${state} ${peer.namespace} ${masters.get(linkKey(peer)) ?? peer.link}`;
  return `${state} ${parent === null ? "" : `${parent.namespace} ${parent.link}`} ${elsewhere !== null}`;
}
