/**
 * Leaves out of the draft what goes without saying. Each step proposes shorter forms all over the file, resolves the
 * shorter file, and keeps those after which the model is what it was.
 */

import { addressesOf, isDefaultRoute } from "./compare.ts";
import type { Model } from "../model/index.ts";
import type { Path } from "../topology/problems.ts";
import { resolve } from "../topology/resolve/index.ts";
import type { NodeBody } from "../topology/schema.ts";
import type { Draft } from "./draft.ts";
import { putAt, valueAt } from "./paths.ts";
import { byAddress, pickable } from "./picks.ts";

/** A shorter form of one place: another value, or undefined for none. */
interface Proposal {
  readonly path: Path;
  readonly value?: unknown;
  /** The part of the model that the place is about. */
  readonly about: (model: Model) => unknown;
}

export function shorten(draft: Draft, lab: string): Draft {
  const target = modelOf(draft, lab);
  if (target === null) throw new Error("only what resolves can be shortened");
  // All of them come out of resolve(): equal ones are equal JSON.
  const goal = JSON.stringify(target);
  const apply = (current: Draft, proposals: readonly Proposal[]): Draft => {
    if (proposals.length === 0) return current;
    const all = modelOf(changed(current, proposals), lab);
    if (all === null) return current;
    const kept = proposals.filter(({ about }) => JSON.stringify(about(all)) === JSON.stringify(about(target)));
    const next = changed(current, kept);
    const model = kept.length === proposals.length ? all : modelOf(next, lab);
    return model !== null && JSON.stringify(model) === goal ? next : current;
  };
  let current = draft;
  for (const step of [macs, mtus, gateways, sysctls, programNames, commands, uplink])
    current = apply(current, step(current));
  // The file's order is ours to choose: whichever leaves more addresses unsaid.
  const reordered = byAddress(current);
  if (pickable(reordered).length > pickable(current).length) current = apply(reordered, picked(reordered));
  else current = apply(current, picked(current));
  for (const step of [lengths, ...DHCP_KEYS.map(dhcp)]) current = apply(current, step(current));
  return current;
}

function modelOf(draft: Draft, lab: string): Model | null {
  const { model, problems } = resolve(draft, lab);
  return problems.some(({ severity }) => severity === "error") ? null : model;
}

function changed(draft: Draft, proposals: readonly Proposal[]): Draft {
  const copy = structuredClone(draft);
  for (const { path, value } of proposals) putAt(copy, path, value);
  return copy;
}

interface Place {
  readonly node: string;
  readonly body: NodeBody;
  readonly path: Path;
}

function nodesOf(draft: Draft): Place[] {
  const section = (key: "routers" | "hosts"): Place[] =>
    Object.entries(draft[key]).map(([node, body]) => ({ node, body, path: [key, node] }));
  return [{ node: "root", body: draft.root, path: ["root"] }, ...section("routers"), ...section("hosts")];
}

/** Interfaces and switches: what they are called in which namespace. */
function linksOf(draft: Draft): (Omit<Place, "body"> & { readonly link: string })[] {
  const ports = nodesOf(draft).flatMap(({ node, body, path }) =>
    Object.keys(body.interfaces ?? {}).map((link) => ({ node, link, path: [...path, "interfaces", link] })),
  );
  const switches = Object.keys(draft.switches).map((link) => ({ node: "root", link, path: ["switches", link] }));
  return [...switches, ...ports];
}

const namespace = (model: Model, node: string) => model.namespaces.find(({ name }) => name === node)!;

/** The proposals whose place exists. */
function present(draft: Draft, proposals: readonly Proposal[]): Proposal[] {
  return proposals.filter(({ path }) => valueAt(draft, path) !== undefined);
}

function macs(draft: Draft): Proposal[] {
  return present(
    draft,
    linksOf(draft).map(({ node, link, path }) => ({
      path: [...path, "mac"],
      about: (model) => namespace(model, node).links.find(({ name }) => name === link)?.mac,
    })),
  );
}

/** Of interfaces with a kind: the rest of the file's come with the draft only where they are needed. */
function mtus(draft: Draft): Proposal[] {
  const made = linksOf(draft).filter(({ path }) => valueAt(draft, [...path, "kind"]) !== undefined);
  return present(
    draft,
    made.map(({ node, link, path }) => ({
      path: [...path, "mtu"],
      about: (model) => namespace(model, node).links.find(({ name }) => name === link)?.mtu,
    })),
  );
}

function gateways(draft: Draft): Proposal[] {
  return present(
    draft,
    nodesOf(draft).map(({ node, path }) => ({
      path: [...path, "gateway"],
      about: (model) => namespace(model, node).routes.filter(isDefaultRoute),
    })),
  );
}

function sysctls(draft: Draft): Proposal[] {
  return nodesOf(draft).flatMap(({ node, body, path }) =>
    Object.keys(body.sysctls ?? {}).map((key) => ({
      path: [...path, "sysctls", key],
      about: (model: Model) => namespace(model, node).sysctls[key],
    })),
  );
}

function processes(draft: Draft, propose: (item: Record<string, unknown>, path: Path) => Omit<Proposal, "about">[]) {
  return nodesOf(draft).flatMap(({ node, body, path }) =>
    (body.run ?? []).flatMap((item, i) => {
      const { name } = item as { name?: string };
      const about = (model: Model): unknown =>
        namespace(model, node).services.filter(
          (one) => one.kind === "process" && (name === undefined || one.name === name),
        );
      return propose(item as Record<string, unknown>, [...path, "run", i]).map((one) => ({ ...one, about }));
    }),
  );
}

function programNames(draft: Draft): Proposal[] {
  return processes(draft, (_, path) => [{ path: [...path, "name"] }]);
}

/** One text instead of words. */
function commands(draft: Draft): Proposal[] {
  return processes(draft, ({ command }, path) => {
    const words = command as string[];
    const shell = words.length === 3 && words[0] === "/bin/sh" && words[1] === "-c";
    return [{ path: [...path, "command"], value: shell ? words[2] : words.join(" ") }];
  });
}

function uplink(draft: Draft): Proposal[] {
  const about = (model: Model): unknown => namespace(model, "root").services.filter(({ kind }) => kind === "uplink");
  const keys = ["subnet", "loopback", "listen"];
  return present(
    draft,
    keys.map((key) => ({ path: ["root", "uplink", key], about })),
  );
}

function aboutAddresses(node: string, link: string): Proposal["about"] {
  return (model) => addressesOf(namespace(model, node), link);
}

function picked(draft: Draft): Proposal[] {
  // Where there is nothing to pick from, having none needs no word.
  const none = linksOf(draft).flatMap(({ path }) => {
    const { address, link = "" } = valueAt(draft, path) as { address?: string[]; link?: string };
    const inSwitch = path[0] === "switches";
    return !inSwitch && address?.length === 0 && draft.switches[link]?.subnet === undefined ? [path] : [];
  });
  return [...none, ...pickable(draft)].map((path) => {
    const node = path[0] === "root" ? "root" : String(path[1]);
    return { path: [...path, "address"], about: aboutAddresses(node, String(path.at(-1))) };
  });
}

/** On a switch with subnets the length of an address is known. */
function lengths(draft: Draft): Proposal[] {
  return linksOf(draft).flatMap(({ node, link, path }) => {
    const body = valueAt(draft, path) as { link?: string; address?: string | string[] };
    const subnet = draft.switches[body.link ?? ""]?.subnet;
    if (path[0] === "switches" || !Array.isArray(body.address) || subnet === undefined) return [];
    const families = [subnet].flat().map((text) => text.includes(":"));
    const value = body.address.map((text) =>
      families.includes(text.includes(":")) && !text.startsWith("fe80:") ? text.split("/")[0]! : text,
    );
    return [{ path: [...path, "address"], value, about: aboutAddresses(node, link) }];
  });
}

const DHCP_KEYS = ["range", "gateway", "dns", "domain", "lease", "ra"] as const;

function dhcp(key: (typeof DHCP_KEYS)[number]): (draft: Draft) => Proposal[] {
  return (draft) =>
    present(
      draft,
      linksOf(draft).map(({ node, link, path }) => ({
        path: [...path, "dhcp", key],
        about: (model) =>
          namespace(model, node).services.filter((one) => one.kind === "dhcp-server" && one.link === link),
      })),
    );
}
