/** Who is plugged into whom: each interface below its namespace, ports below their bridge. */

import type {
  DiscoveredLink,
  Discovery,
  Link,
  LinkRef,
  Namespace,
  OvsBridge,
  OvsInterface,
  OvsPort,
} from "../../model/index.ts";
import { isLinkLocal } from "../../model/index.ts";
import type { Style } from "../style.ts";
import type { Cell } from "../table.ts";
import { list, table, textOf } from "../table.ts";
import { enumerate, plural, printable, truncate } from "../text.ts";
import { type Group, linkKey, mastersOf } from "./fold.ts";
import { namesText } from "./namespaces.ts";
import { bondText, isOwnPort, ovsGoal, ovsKind, ovsVlans, switchText } from "./openvswitch.ts";
import { kindText, processText, referenceText, tunnelText, vlansText } from "./words.ts";

/** More cables than these of one bridge that lead to equal namespaces are one line. */
const FEW = 8;
/** Narrower than this, a table has no room for names and addresses beside each other. */
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

/** Each namespace by itself, where six columns would have no room for what is in them. */
function blocks(rows: readonly (readonly Cell[])[], style: Style): string {
  const spaces: { readonly name: Cell; readonly lines: [string, string][] }[] = [];
  for (const [name = "", link = "", ...rest] of rows) {
    if (textOf(name) !== "") spaces.push({ name, lines: [] });
    // A port is told by its bridge above it: in a list that starts with names there is no other mark.
    spaces.at(-1)?.lines.push([printable(textOf(link)), rest.map(textOf).filter((text) => text !== "").join(" ")]); // prettier-ignore
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
  return links.flatMap((link) => (link.namespace === namespace ? [] : [[linkKey(link), referenceText({ namespace, link: name })]])); // prettier-ignore
}

interface Context {
  readonly masters: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly switches: readonly OvsBridge[];
  /** Ports of switches of other namespaces: by `linkKey`, the switch. */
  readonly away: ReadonlyMap<string, string>;
  readonly style: Style;
  readonly all: boolean;
}

interface Both {
  readonly link: DiscoveredLink;
  readonly model: Link;
  /** It is a port of such a switch. */
  readonly port: OvsPort | null;
}

function rowsOf(group: Group, context: Context): Cell[][] {
  const { namespace, model, names } = group;
  const models = new Map(model.links.map((link) => [link.name, link]));
  const switches = context.switches.filter((bridge) => bridge.namespace === namespace.name);
  const ports = new Map(switches.flatMap((bridge) => bridge.ports.flatMap((port) => (isOwnPort(port, bridge) ? [] : port.interfaces.map(({ name }) => [name, port] as const))))); // prettier-ignore
  const both = namespace.links.flatMap((link): Both[] => {
    const own = models.get(link.name);
    return own === undefined ? [] : [{ link, model: own, port: ports.get(link.name) ?? null }];
  });
  // Loopback is everywhere: it tells something only where it is all there is.
  const shown = both.filter(({ link }) => context.all || link.kind !== "loopback" || both.length === 1);
  const here = new Set(shown.map(({ link }) => link.name));
  const masters = new Set(shown.map(({ model }) => model.master));
  const bridged = new Set(switches.map(({ name }) => name));
  const tops = shown.filter(({ link, model, port }) => port === null && !bridged.has(link.name) && (model.master === null || !here.has(model.master))); // prettier-ignore
  const lines = [
    ...tops.flatMap((top) => [
      line(top, 0, group, context),
      ...(masters.has(top.link.name) ? portLines(shown.filter(({ model, port }) => port === null && model.master === top.link.name), group, context) : []), // prettier-ignore
    ]),
    ...switches.flatMap((bridge) => switchLines(bridge, shown, group, context)),
  ];
  const paint = context.style.colours.bold;
  return lines.map((cells, at) => [{ text: at === 0 ? namesText(names) : "", paint }, ...cells]);
}

/** A switch of Open vSwitch: what is a link stands as any other port, the rest behind. */
function switchLines(bridge: OvsBridge, links: readonly Both[], group: Group, context: Context): Cell[][] {
  const own = links.find(({ link }) => link.name === bridge.name);
  const [name, , ...rest] = own === undefined ? [bridge.name] : line(own, 0, group, context);
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
      group,
      context,
    ),
    ...byPort.flatMap((port) => (singles.has(port) ? [] : userPort(port, known, group, context))),
  ];
}

/** A bond, or a port that is no link of this namespace. */
function userPort(
  port: OvsPort,
  known: (one: OvsInterface) => Both | undefined,
  group: Group,
  context: Context,
): Cell[][] {
  const bond = port.interfaces.length > 1;
  const depth = bond ? 2 : 1;
  const members = port.interfaces.map((one): Cell[] => {
    const link = known(one);
    if (link !== undefined) return line({ ...link, port: null }, depth, group, context);
    const status = one.error === null ? "" : { text: "error", paint: context.style.colours.red };
    return [indented(one.name, depth), ovsKind(one), status, bond ? "" : ovsVlans(port), "", ovsGoal(one)];
  });
  const head = [indented(port.name, 1), bondText(port), "", ovsVlans(port), "", plural(members.length, "link")];
  return bond ? [head, ...members] : members;
}

const indented = (name: string, depth: number): string =>
  `${"  ".repeat(Math.max(0, depth - 1))}${depth > 0 ? "└ " : ""}${name}`;

function portLines(list: readonly Both[], group: Group, context: Context): Cell[][] {
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
    if (first === undefined || alike.length <= FEW) return alike.map((port) => line(port, 1, group, context));
    const far = context.groups.get(first.link.peer?.namespace ?? "");
    const where = `${far === undefined ? "" : namesText(far.names)}:${first.link.peer?.link ?? ""}`;
    return [[`└ ${plural(alike.length, "port")}`, kindText(first.link), state(first, context.style), vlanText(first), "", where]]; // prettier-ignore
  });
}

const vlanText = ({ link, port }: Both): string => (port === null ? vlansText(link.vlans) : ovsVlans(port));

function line({ link, model, port }: Both, depth: number, group: Group, context: Context): Cell[] {
  const own = group.model.addresses.filter(
    (one) => one.link === link.name && (context.all || !isLinkLocal(one.address)),
  );
  const texts = own.map(({ address, prefixLength }) => {
    const far = link.pointToPoint[address];
    return far === undefined ? `${address}/${prefixLength}` : `${address} peer ${far}`;
  });
  const addresses = group.names.length > 1 && texts.length > 0 ? `${texts[0]} …` : texts.join(" ");
  const away = context.away.get(linkKey({ namespace: group.namespace.name, link: link.name })) ?? "";
  const leads = [portCount(link, group), away, goal(link, group, context)].filter((text) => text !== "").join(", ");
  return [
    indented(link.name, depth),
    kindOf({ link, model, port }),
    state({ link, model, port }, context.style),
    vlanText({ link, model, port }),
    addresses,
    leads,
  ];
}

/** What the switch has made is a tap to the kernel, or nothing that it has a word for. */
function kindOf({ link, port }: Both): string {
  const one = port?.interfaces.find(({ name }) => name === link.name);
  return one === undefined || one.type === "system" ? kindText(link) : ovsKind(one);
}

const counts = new WeakMap<Namespace, ReadonlyMap<string, number>>();

/** How many links each link has below it; counted once, for there may be thousands. */
function countsOf(model: Namespace): ReadonlyMap<string, number> {
  const known = counts.get(model);
  if (known !== undefined) return known;
  const counted = new Map<string, number>();
  for (const { master } of model.links) if (master !== null) counted.set(master, (counted.get(master) ?? 0) + 1);
  counts.set(model, counted);
  return counted;
}

/** Of what has others below it: bridges, bonds, teams, VRFs. */
function portCount({ name, kind, details }: DiscoveredLink, { model }: Group): string {
  const count = countsOf(model).get(name) ?? 0;
  if (kind === "bridge") return plural(count, "port");
  const { active } = details;
  return count === 0 ? "" : `${plural(count, "link")}${active === undefined ? "" : `, ${active} active`}`;
}

function goal(link: DiscoveredLink, group: Group, { masters }: Context): string {
  const users = link.users.length === 0 ? [] : [enumerate(link.users.map(processText), 2)];
  if (link.peer !== null) return cable(link.peer, group, masters);
  if (link.elsewhere !== null) return `ifindex ${link.elsewhere} of a namespace that was not read`;
  const parent = link.parent === null ? [] : [`on ${link.parent.namespace === group.namespace.name ? link.parent.link : referenceText(link.parent)}`]; // prettier-ignore
  const tunnel = tunnelText(link);
  return [...(tunnel === "" ? [] : [tunnel]), ...parent, ...users].join(", ");
}

/** With the bridge that the other end is a port of; for many, where they all lead. */
function cable(peer: LinkRef, { names }: Group, masters: ReadonlyMap<string, string>): string {
  const bridge = masters.get(linkKey(peer));
  if (names.length > 1 && bridge !== undefined) return `${peer.namespace}, in ${bridge}`;
  return `${referenceText(peer)}${bridge === undefined ? "" : ` in ${bridge}`}`;
}

function stateText({ link, model }: Both): string {
  if (!model.up) return "down";
  if (link.portState !== null && link.portState !== "forwarding" && link.portState !== "disabled") return link.portState; // prettier-ignore
  return link.carrier ? "up" : "no carrier";
}

function state(both: Both, style: Style): Cell {
  const text = stateText(both);
  const { green, red, yellow } = style.colours;
  return { text, paint: text === "up" ? green : text === "down" ? red : yellow };
}
