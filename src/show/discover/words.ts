/** The wording of single values in a discovery's tables. */

import type {
  DiscoveredLink,
  DiscoveredNamespace,
  LinkRef,
  PortVlan,
  Qdisc,
  RunningProcess,
} from "../../model/index.ts";
import { ROOT } from "../../model/index.ts";
import { kindWith } from "../../draw/kinds.ts";
import { enumerate, plural } from "../text.ts";

export const processText = ({ command, pid }: RunningProcess): string => `${command} (${pid})`;

export const referenceText = ({ namespace, link }: LinkRef): string => `${namespace}:${link}`;

const NETNS = "/run/netns/";
const SHARERS_SHOWN = 3;

/** Why a namespace is there. */
export function originText({ name, container, sharers, handles, processes }: DiscoveredNamespace): string {
  if (name === ROOT) return "this machine";
  if (container !== null) {
    const { engine, pod } = container;
    const called = [container, ...sharers].filter((one) => pod === null || one.name !== null);
    const names = enumerate(
      called.map((one) => one.name ?? one.id.slice(0, 12)),
      SHARERS_SHOWN,
    );
    return pod === null ? `${engine} ${names}` : `pod ${pod}${names === "" ? "" : ` (${names})`}`;
  }
  const named = handles.find(({ path, process }) => process === null && path.startsWith(NETNS));
  if (named !== undefined)
    return name === named.path.slice(NETNS.length) ? "named" : `named ${named.path.slice(NETNS.length)}`;
  if (/^[^/]+\/.+/.test(name)) return `in lab ${name.slice(0, name.indexOf("/"))}`;
  const [first] = handles;
  if (processes.length > 0 || first === undefined) return "";
  return first.process === null ? first.path : `held by ${processText(first.process)}`;
}

const PROCESSES_SHOWN = 3;

/** By program: `nginx ×5, sshd (812)`. */
export function processesText(processes: readonly RunningProcess[]): string {
  const byCommand = new Map<string, RunningProcess[]>();
  for (const one of processes) {
    const known = byCommand.get(one.command);
    if (known === undefined) byCommand.set(one.command, [one]);
    else known.push(one);
  }
  if (byCommand.size > 6) return plural(processes.length, "process", "processes");
  const texts = [...byCommand].map(([command, all]) =>
    all.length === 1 ? processText(all[0]!) : `${command} ×${all.length}`,
  );
  return enumerate(texts, PROCESSES_SHOWN);
}

const PORTS_SHOWN = 6;

/** `tcp 22 80, udp 53`: what can be reached from outside of the namespace, each port once. */
export function listensText({ sockets }: DiscoveredNamespace): string {
  if (sockets.length === 0) return "";
  const ports = (protocol: string): string => {
    const outside = sockets.filter((one) => one.protocol === protocol && !/^127\.|^::1$/.test(one.address));
    const all = [...new Set(outside.map(({ port }) => port))];
    const shown = all.slice(0, PORTS_SHOWN).join(" ");
    return all.length === 0
      ? ""
      : `${protocol} ${shown}${all.length > PORTS_SHOWN ? ` +${all.length - PORTS_SHOWN}` : ""}`;
  };
  return [ports("tcp"), ports("udp")].filter((text) => text !== "").join(", ");
}

export const kindText = ({ kind, details }: DiscoveredLink): string => kindWith(kind, details);

/** `1, 20-30` */
export function vlanRanges(sorted: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const id of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === id) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) => rangeText(first, last)).join(", ");
}

/** `10 untagged, 20-30`: how a port of a bridge minds VLANs. */
export function vlansText(vlans: readonly PortVlan[]): string {
  return vlans
    .map(({ first, last, untagged, pvid }) => {
      const how = pvid ? (untagged ? " untagged" : " native") : untagged ? " untagged out" : "";
      return `${rangeText(first, last)}${how}`;
    })
    .join(", ");
}

export const rangeText = (first: number, last: number): string => (first === last ? String(first) : `${first}-${last}`);

/** Tunnel ends and the like, for links that lead to no other link. */
export function tunnelText({ details }: DiscoveredLink): string {
  const { local, remote, port } = details;
  if (local === undefined && remote === undefined) return port === undefined ? "" : `udp ${port}`;
  const to = remote === undefined ? "any" : port === undefined ? remote : `${remote} udp ${port}`;
  return `${local ?? "any"} → ${to}`;
}

export function qdiscText({ kind, options }: Qdisc): string {
  const words = Object.entries(options).map(([name, value]) => `${name} ${amount(name, value)}`);
  return [kind, ...words].join(" ");
}

const SECONDS = new Set(["delay", "jitter", "target", "interval"]);
const SHARES = new Set(["loss", "duplicate", "corrupt", "reorder"]);

function amount(name: string, value: number): string {
  if (name === "rate") return rate(value);
  if (SECONDS.has(name))
    return value >= 1 ? `${round(value)}s` : value >= 0.001 ? `${round(value * 1e3)}ms` : `${round(value * 1e6)}us`;
  if (name === "burst") return `${value}b`;
  if (name === "default") return value.toString(16); // a class, which tc counts in hexadecimal
  return SHARES.has(name) ? `${round(value * 100)}%` : String(value);
}

function rate(bits: number): string {
  for (const [unit, size] of [
    ["gbit", 1e9],
    ["mbit", 1e6],
    ["kbit", 1e3],
  ] as const)
    if (bits >= size) return `${round(bits / size)}${unit}`;
  return `${round(bits)}bit`;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
