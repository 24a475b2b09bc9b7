/** What passes by right now: two readings of the counters as rates, and as a table that is painted again and again. */

import { compareNames, compareNodes } from "../../model/index.ts";
import type { Model } from "../../model/index.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import type { Cell } from "../table.ts";
import { plural, scaled } from "../text.ts";
import { isPort, linksOf, pluggedInto } from "./cells.ts";
import type { Inspected, ShownCounters, ShownTraffic } from "./types.ts";

type Counters = Inspected["counters"];

export interface Rate {
  readonly node: string;
  readonly interface: string;
  readonly up: boolean;
  readonly carrier: boolean;
  /** Per second. */
  readonly received: ShownTraffic;
  readonly sent: ShownTraffic;
}

/** In the order of nodes and interfaces. One that was not there before has not carried anything yet. */
export function ratesBetween(before: Counters, after: Counters, seconds: number): Rate[] {
  return Object.entries(after)
    .sort(([a], [b]) => compareNodes(a, b))
    .flatMap(([node, links]) =>
      Object.entries(links)
        .sort(([a], [b]) => compareNames(a, b))
        .map(([name, now]) => rateOf(node, name, before[node]?.[name] ?? now, now, seconds)),
    );
}

function rateOf(node: string, name: string, before: ShownCounters, now: ShownCounters, seconds: number): Rate {
  const side = (from: ShownTraffic, to: ShownTraffic): ShownTraffic => {
    // Who has fewer than before is another interface of the same name.
    const each = (field: keyof ShownTraffic): number => Math.max(0, to[field] - from[field]) / seconds;
    return { bytes: each("bytes"), packets: each("packets"), errors: each("errors"), dropped: each("dropped") };
  };
  return {
    node,
    interface: name,
    up: now.up,
    carrier: now.carrier,
    received: side(before.received, now.received),
    sent: side(before.sent, now.sent),
  };
}

/** Busiest first; those that rest keep their order. */
export function busiestFirst(rates: readonly Rate[]): Rate[] {
  const bytes = ({ received, sent }: Rate): number => received.bytes + sent.bytes;
  return [...rates].sort((a, b) => bytes(b) - bytes(a));
}

/**
 * Those that are worth a line when the whole lab is shown: what a port of a switch carries, the interface at its other end
 * does, too; loopback is shown when it is in use.
 */
export function tellingRates(rates: readonly Rate[], model: Model): Rate[] {
  const links = linksOf(model);
  return rates.filter((rate) => {
    const link = links.get(`${rate.node}\0${rate.interface}`);
    if (link === undefined) return true;
    if (link.kind === "loopback") return rate.received.packets > 0;
    return !isPort(link, links);
  });
}

/** At most this many lines, heading included; the last says how many are left out. */
export function ratesTable(rates: readonly Rate[], model: Model, style: Style, lines = Infinity): string {
  const links = linksOf(model);
  const { green, red, yellow, dim } = style.colours;
  const cut = rates.length + 1 > lines;
  const shown = cut ? rates.slice(0, Math.max(0, lines - 2)) : rates;
  const rows = shown.map((rate): Cell[] => {
    const { up, carrier, received, sent } = rate;
    const link = links.get(`${rate.node}\0${rate.interface}`);
    const state = up ? (carrier ? "up" : "no carrier") : "down";
    const number = (value: number, unit = ""): Cell => ({
      text: value === 0 ? "0" : scaled(Math.max(value, 0.1), unit),
      paint: value === 0 ? dim : (text) => text,
    });
    const lost = received.dropped + sent.dropped;
    const faults = received.errors + sent.errors;
    return [
      rate.node,
      rate.interface,
      { text: state, paint: state === "up" ? green : state === "down" ? red : yellow },
      link === undefined ? "" : pluggedInto(link, links),
      number(received.bytes, "B"),
      number(received.packets),
      number(sent.bytes, "B"),
      number(sent.packets),
      lost === 0 ? number(0) : { text: scaled(Math.max(lost, 0.1)), paint: yellow },
      faults === 0 ? "" : { text: scaled(Math.max(faults, 0.1)), paint: red },
    ];
  });
  const columns = [
    { title: "node", shrink: 1, fit: "middle" },
    { title: "interface", fit: "middle" },
    { title: "state" },
    { title: "plugged into", spare: 3, fit: "middle" },
    { title: "in B/s", align: "right" },
    { title: "packets/s", align: "right", spare: 2 },
    { title: "out B/s", align: "right" },
    { title: "packets/s", align: "right", spare: 2 },
    { title: "drops/s", align: "right" },
    { title: "errors/s", align: "right" },
  ] as const;
  if (rows.length === 0) return dim("nothing to count");
  const more = cut ? `\n${dim(`… and ${plural(rates.length - shown.length, "more interface")}`)}` : "";
  return `${table(columns, rows, style)}${more}`;
}
