/** Two models of one network, before and after: what came, went and changed, in the words of those who typed it. */

import type { Model, Namespace } from "../../model/index.ts";
import { itemsOf, MASTER } from "./items.ts";
import type { Item } from "./items.ts";
import { findRenames, renamed } from "./renames.ts";

export interface ModelChange {
  readonly action: "create" | "update" | "delete";
  readonly kind: Item["kind"] | "node" | "sysctl";
  readonly node: string;
  /** What it is: `veth0`, `route default`. */
  readonly object: string;
  /** What it is like, or of an update what is otherwise: `down → up`. */
  readonly detail: string;
  /** A consequence of another change, made by the kernel. */
  readonly byKernel: boolean;
}

export function compareModels(before: Model, after: Model): ModelChange[] {
  const old = new Map(before.namespaces.map((each) => [each.name, each]));
  const now = new Set(after.namespaces.map(({ name }) => name));
  const node = (action: "create" | "delete", name: string): ModelChange => ({
    action,
    kind: "node",
    node: name,
    object: "",
    detail: "",
    byKernel: false,
  });
  return [
    ...before.namespaces.filter(({ name }) => !now.has(name)).map(({ name }) => node("delete", name)),
    ...after.namespaces.flatMap((namespace) => {
      const former = old.get(namespace.name);
      const come = former === undefined ? [node("create", namespace.name)] : [];
      const past = former ?? newborn(namespace);
      const names = findRenames(past, namespace);
      const called = [...names].map(([from, to]): ModelChange => ({
        action: "update",
        kind: "link",
        node: namespace.name,
        object: from,
        detail: `now called ${to}`,
        byKernel: false,
      }));
      return [...come, ...called, ...compareNamespaces(renamed(past, names), namespace)];
    }),
  ];
}

/** As every namespace begins: a loopback that is down. */
function newborn(namespace: Namespace): Namespace {
  const links = namespace.links.filter(({ kind }) => kind === "loopback").map((link) => ({ ...link, up: false }));
  const none = { addresses: [], routes: [], rules: [], neighbours: [], netfilter: [], services: [] };
  return { ...namespace, ...none, links, forwarding: { ipv4: false, ipv6: false } };
}

function compareNamespaces(before: Namespace, after: Namespace): ModelChange[] {
  const old = new Map(itemsOf(before).map((item) => [`${item.kind} ${item.id}`, item]));
  const now = new Map(itemsOf(after).map((item) => [`${item.kind} ${item.id}`, item]));
  const change = (action: ModelChange["action"], { kind, object, byKernel }: Item, detail: string): ModelChange => ({
    action,
    kind,
    node: after.name,
    object,
    detail,
    byKernel,
  });
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, item]) => change("delete", item, ""));
  const rest = [...now].flatMap(([key, item]) => {
    const former = old.get(key);
    if (former === undefined) return [change("create", item, item.born)];
    const differs = Object.entries(item.fields).filter(([name, value]) => former.fields[name] !== value);
    if (differs.length === 0) return [];
    const said = differs.map(([name, value]) => difference(name, former.fields[name] ?? "", value));
    return [change("update", item, said.join(", "))];
  });
  return [...gone, ...rest];
}

function difference(name: string, before: string, after: string): string {
  if (name !== MASTER) return `${name === "" ? "" : `${name} `}${before} → ${after}`;
  if (before === "") return `now a port of ${after}`;
  return after === "" ? `no longer a port of ${before}` : `a port of ${after}, was one of ${before}`;
}
