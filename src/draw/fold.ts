/** Folds similar hosts of one switch or router into a single box, so that a picture of a thousand hosts remains readable. */

import { compareNames, formatPrefix, networkOf, parseAddress } from "../model/index.ts";
import { fold as foldNames, grouped } from "../show/text.ts";
import type { Box, Cable, Scene } from "./types.ts";
import { farEnd, nearEnd } from "./types.ts";

/** The number of similar hosts drawn separately, by the number of boxes in the whole picture. The first entry that fits applies. */
const LIMITS: readonly (readonly [boxes: number, apart: number])[] = [
  [200, 64],
  [600, 8],
  [Infinity, 1],
];

/** `apart`: how many similar hosts of a switch are still drawn one by one; by default it depends on the size of the picture. */
export function folded(scene: Scene, apart: number = limitFor(scene)): Scene {
  const cablesOf = new Map<string, Cable[]>();
  for (const cable of scene.cables)
    for (const { box } of cable.ends) {
      const known = cablesOf.get(box);
      if (known === undefined) cablesOf.set(box, [cable]);
      else known.push(cable);
    }
  for (const [box, cables] of cablesOf) cables.sort((a, b) => compareNames(linkOf(a, box), linkOf(b, box)));
  const hosts = new Set(scene.boxes.flatMap(({ id, kind }) => (kind === "host" ? [id] : [])));
  const groups = new Map<string, Box[]>();
  for (const box of scene.boxes) {
    const kind = signature(box, cablesOf.get(box.id) ?? [], hosts);
    if (kind === null) continue;
    const known = groups.get(kind);
    if (known === undefined) groups.set(kind, [box]);
    else known.push(box);
  }
  const gone = new Map<string, Box>();
  const lost = new Set<Cable>();
  const boxes = new Map<Box, Box>();
  const cables = new Map<Cable, Cable>();
  for (const members of groups.values()) {
    if (members.length <= apart) continue;
    const group = groupOf(members);
    boxes.set(members[0]!, group);
    for (const member of members) gone.set(member.id, group);
    // Similar hosts have the same number of cables, to the same boxes in the same order.
    for (const [i, first] of own(members[0]!, cablesOf).entries()) {
      const all = members.map((member) => own(member, cablesOf)[i]!);
      for (const cable of all) lost.add(cable);
      cables.set(first, cableOf(group, members, all));
    }
  }
  if (gone.size === 0) return scene;
  return {
    name: scene.name,
    boxes: scene.boxes.flatMap((box) => (gone.has(box.id) ? (boxes.get(box) ?? []) : [box])),
    cables: scene.cables.flatMap((cable) => (lost.has(cable) ? (cables.get(cable) ?? []) : [cable])),
  };
}

function limitFor({ boxes }: Scene): number {
  return LIMITS.find(([most]) => boxes.length <= most)![1];
}

/** Hosts with the same result look the same except for names and addresses; null for a host that is always drawn by itself. */
function signature(box: Box, cables: readonly Cable[], hosts: ReadonlySet<string>): string | null {
  if (box.kind !== "host" || box.notes.length > 0) return null;
  // A host that is connected to another host, or has a loose end, is drawn by itself.
  const there = cables.map((cable) => farEnd(cable, box.id).box);
  if (there.some((other) => hosts.has(other) || other.startsWith("end:"))) return null;
  const plugs = cables.map((cable) => {
    const near = nearEnd(cable, box.id);
    const far = farEnd(cable, box.id).box;
    // Each cable to a router is a separate network.
    const where = far.startsWith("switch:") ? networks(near.addresses) : near.addresses.length;
    const { leased, note, above = [] } = near;
    const uppers = above.map((upper) => [upper.link, upper.note, upper.down, networks(upper.addresses)]);
    return [near.link, far, cable.kind, cable.down, near.down, where, leased, note, uppers];
  });
  return JSON.stringify([box.marks, plugs]);
}

function linkOf(cable: Cable, box: string): string {
  return nearEnd(cable, box).link ?? "";
}

function networks(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map(networkText))];
}

function networkText(address: string): string {
  const [text = "", length] = address.split("/");
  const ip = parseAddress(text);
  return ip === null ? address : formatPrefix(networkOf(ip, Number(length)));
}

function own(box: Box, cablesOf: ReadonlyMap<string, readonly Cable[]>): readonly Cable[] {
  return cablesOf.get(box.id) ?? [];
}

const NAMES_LENGTH = 28;
const DETAILS = 20;

function groupOf(members: readonly Box[]): Box {
  const names = members.map(({ name }) => name);
  const text = foldNames(names);
  const shown = members.slice(0, DETAILS).map(({ details, name }) => details[1] ?? name);
  return {
    ...members[0]!,
    id: `group:${members[0]!.id}`,
    kind: "group",
    name: text.length <= NAMES_LENGTH ? text : `${names[0]} … ${names.at(-1)}`,
    notes: [`${grouped(members.length)} hosts`],
    members: names,
    details: [
      `${grouped(members.length)} hosts that differ only in their addresses`,
      ...shown.map((line, i) => `${names[i]}  ${line}`),
      ...(members.length > DETAILS ? [`… and ${grouped(members.length - DETAILS)} more`] : []),
    ],
  };
}

function cableOf(group: Box, members: readonly Box[], cables: readonly Cable[]): Cable {
  const [first] = cables as [Cable];
  const member = members[0]!.id;
  const near = nearEnd(first, member);
  const far = farEnd(first, member);
  const addresses = cables.flatMap((cable, i) => nearEnd(cable, members[i]!.id).addresses);
  // A router has an address for each of them, a switch has none.
  const there = cables.flatMap((cable, i) => farEnd(cable, members[i]!.id).addresses);
  const above = near.above?.map((upper) => ({ ...upper, addresses: networks(upper.addresses) }));
  return {
    ...first,
    id: `group:${first.id}`,
    count: cables.length,
    ends: [
      {
        ...near,
        box: group.id,
        addresses: networks(addresses),
        ...(above === undefined ? {} : { above }),
        details: [`${near.link ?? ""} of each of ${grouped(members.length)} hosts`],
      },
      { ...far, link: null, addresses: [...new Set(there)], details: [`${grouped(cables.length)} ports`] },
    ],
  };
}
