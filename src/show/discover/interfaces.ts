/** How interfaces connect: each interface below its namespace, ports below their bridge. */

import type { Discovery, OvsBridge, OvsInterface, OvsPort } from "../../model/index.ts";
import type { Style } from "../style.ts";
import type { Cell } from "../table.ts";
import { list, table, textOf } from "../table.ts";
import { plural, printable, truncate } from "../text.ts";
import { type Group, linkKey, mastersOf } from "./fold.ts";
import { type Both, type Context, indented, lineOf, stateCell, stateText, vlanText } from "./interface-cells.ts";
import { namesText } from "./namespaces.ts";
import { bondText, isOwnPort, ovsGoal, ovsKind, ovsVlans, switchText } from "./openvswitch.ts";
import { kindText, referenceText } from "./words.ts";

/** More cables than these of one bridge that lead to equal namespaces are one line. */
const FEW = 8;
/** Below this width, names and addresses do not fit side by side. */
const NARROW = 60;
const COLUMNS = [
  { title: "namespace", shrink: 4 },
  { title: "interface" },
  { title: "kind", shrink: 3, fit: "wrap" },
  { title: "state" },
  { title: "vlan", shrink: 5, fit: "wrap" },
  { title: "addresses", shrink: 2, fit: "wrap" },
  { title: "leads to", shrink: 1, fit: "wrap" },
] as const;

/** With `all`, also loopback and link-local addresses. */
export function interfaceTable(groups: readonly Group[], whole: Discovery, style: Style, all: boolean): string {
  const context: Context = {
    masters: mastersOf(whole),
    groups: new Map(groups.flatMap((group) => group.names.map((name) => [name, group]))),
    switches: whole.openvswitch,
    away: new Map(whole.openvswitch.flatMap((bridge) => awayPorts(bridge))),
    style,
    all,
  };
  const rows = groups.flatMap((group) => rowsOf(group, context));
  if (rows.length === 0) return "";
  return style.width < NARROW ? blocks(rows, style) : table(COLUMNS, rows, style);
}

/** One table per namespace, for terminals too narrow for six columns. */
function blocks(rows: readonly (readonly Cell[])[], style: Style): string {
  const spaces: { readonly name: Cell; readonly lines: [string, string][] }[] = [];
  for (const [name = "", link = "", ...rest] of rows) {
    if (textOf(name) !== "") spaces.push({ name, lines: [] });
    // A port is recognised by the bridge above it: a list that starts with names has no other mark.
    spaces.at(-1)?.lines.push([
      printable(textOf(link)),
      rest
        .map(textOf)
        .filter((text) => text !== "")
        .join(" "),
    ]);
  }
  return spaces
    .map(
      ({ name, lines }) =>
        `${style.colours.bold(truncate(printable(textOf(name)), style.width))}\n${list(lines, style)}`,
    )
    .join("\n");
}

function awayPorts({ name, namespace, ports }: OvsBridge): [string, string][] {
  const links = ports.flatMap(({ interfaces }) => interfaces.flatMap(({ link }) => link ?? []));
  return links.flatMap((link) =>
    link.namespace === namespace ? [] : [[linkKey(link), referenceText({ namespace, link: name })]],
  );
}

function rowsOf(group: Group, context: Context): Cell[][] {
  const { namespace, model, names } = group;
  const models = new Map(model.links.map((link) => [link.name, link]));
  const switches = context.switches.filter((bridge) => bridge.namespace === namespace.name);
  const ports = new Map(
    switches.flatMap((bridge) =>
      bridge.ports.flatMap((port) =>
        isOwnPort(port, bridge) ? [] : port.interfaces.map(({ name }) => [name, port] as const),
      ),
    ),
  );
  const both = namespace.links.flatMap((link): Both[] => {
    const own = models.get(link.name);
    return own === undefined ? [] : [{ link, model: own, port: ports.get(link.name) ?? null }];
  });
  // Every namespace has a loopback: it is shown only if there is nothing else.
  const shown = both.filter(({ link }) => context.all || link.kind !== "loopback" || both.length === 1);
  const here = new Set(shown.map(({ link }) => link.name));
  const below = new Map<string, Both[]>();
  for (const one of shown) {
    const { master } = one.model;
    if (one.port !== null || master === null || !here.has(master)) continue;
    const known = below.get(master);
    if (known === undefined) below.set(master, [one]);
    else known.push(one);
  }
  const place: Place = { group, context, below };
  const bridged = new Set(switches.map(({ name }) => name));
  const tops = shown.filter(
    ({ link, model, port }) =>
      port === null && !bridged.has(link.name) && (model.master === null || !here.has(model.master)),
  );
  const lines = [
    ...tops.flatMap((top) => [lineOf(top, 0, group, context), ...portLines(below.get(top.link.name) ?? [], 1, place)]),
    ...switches.flatMap((bridge) => switchLines(bridge, shown, place)),
  ];
  const paint = context.style.colours.bold;
  return lines.map((cells, at) => [{ text: at === 0 ? namesText(names) : "", paint }, ...cells]);
}

/** What lines of one namespace have in common. */
interface Place {
  readonly group: Group;
  readonly context: Context;
  /** By bridge, bond, team or VRF: what is in it. A bond may be the port of a bridge, and that may be in a VRF. */
  readonly below: ReadonlyMap<string, readonly Both[]>;
}

/** An Open vSwitch switch: ports with a kernel link like any other port, then the rest. */
function switchLines(bridge: OvsBridge, links: readonly Both[], place: Place): Cell[][] {
  const { group, context } = place;
  const own = links.find(({ link }) => link.name === bridge.name);
  const [name, , ...rest] = own === undefined ? [bridge.name] : lineOf(own, 0, group, context);
  const [status = "", vlans = "", addresses = ""] = rest;
  const byPort = bridge.ports.filter((port) => !isOwnPort(port, bridge));
  const byName = new Map(links.map((both) => [both.link.name, both]));
  const known = ({ link }: OvsInterface): Both | undefined =>
    link?.namespace === bridge.namespace ? byName.get(link.link) : undefined;
  const isSingle = ({ interfaces: [one, ...more] }: OvsPort): boolean =>
    one !== undefined && more.length === 0 && known(one) !== undefined;
  const singles = new Set(byPort.filter(isSingle));
  return [
    [name ?? "", "ovs bridge", status, vlans, addresses, switchText(bridge)],
    ...portLines(
      links.filter(({ port }) => port !== null && singles.has(port)),
      1,
      place,
    ),
    ...byPort.flatMap((port) => (singles.has(port) ? [] : userPort(port, known, place))),
  ];
}

/** A bond, or a port without a link in this namespace. */
function userPort(port: OvsPort, known: (one: OvsInterface) => Both | undefined, { group, context }: Place): Cell[][] {
  const bond = port.interfaces.length > 1;
  const depth = bond ? 2 : 1;
  const members = port.interfaces.map((one): Cell[] => {
    const link = known(one);
    if (link !== undefined) return lineOf({ ...link, port: null }, depth, group, context);
    const status = one.error === null ? "" : { text: "error", paint: context.style.colours.red };
    return [indented(one.name, depth), ovsKind(one), status, bond ? "" : ovsVlans(port), "", ovsGoal(one)];
  });
  const head = [indented(port.name, 1), bondText(port), "", ovsVlans(port), "", plural(members.length, "link")];
  return bond ? [head, ...members] : members;
}

function portLines(list: readonly Both[], depth: number, place: Place): Cell[][] {
  const { group, context, below } = place;
  const byGoal = new Map<string, Both[]>();
  for (const port of list) {
    const far = port.link.peer === null ? undefined : context.groups.get(port.link.peer.namespace);
    const many = far !== undefined && far.names.length > 1;
    const key = many ? `${far.names[0]} ${port.link.peer?.link} ${stateText(port)} ${vlanText(port)}` : port.link.name;
    const alike = byGoal.get(key);
    if (alike === undefined) byGoal.set(key, [port]);
    else alike.push(port);
  }
  return [...byGoal.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || alike.length <= FEW)
      return alike.flatMap((port) => [
        lineOf(port, depth, group, context),
        ...portLines(below.get(port.link.name) ?? [], depth + 1, place),
      ]);
    const far = context.groups.get(first.link.peer?.namespace ?? "");
    const where = `${far === undefined ? "" : namesText(far.names)}:${first.link.peer?.link ?? ""}`;
    return [
      [
        indented(plural(alike.length, "port"), depth),
        kindText(first.link),
        stateCell(first, context.style),
        vlanText(first),
        "",
        where,
      ],
    ];
  });
}
