/** `from` of an entry of `nat`: whose packets it translates. */

import { contains, formatPrefix, networkOf } from "../../../model/index.ts";
import type { Family, NetfilterStep, Prefix } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import { nearest, suggestion } from "../../suggest.ts";
import { listed } from "../network.ts";
import type { Network } from "../network.ts";
import type { Groups } from "./groups.ts";
import { disjoint, prefixText } from "./names.ts";
import type { OwnLink } from "./names.ts";
import { addressParty, nodeParty } from "./party.ts";
import { destinationField, lookup, match, sourceField } from "./steps.ts";

export interface Sources {
  readonly prefixes: readonly Prefix[];
  /** They are just those of this group. */
  readonly group: string | null;
}

/** Null for everybody; of what is wrong, which is reported, nothing is left. */
export function readSources(
  from: string | readonly string[] | undefined,
  path: Path,
  out: OwnLink | null,
  network: Network,
  groups: Groups,
): Sources | null {
  if (from === undefined) return null;
  const items = listed(from, path);
  const group = items.length === 1 && groups.find(items[0]!.text) !== null ? items[0]!.text : null;
  const prefixes = items.flatMap((item) => {
    const found = prefixesOf(item.text, item.path, network, groups);
    reportOutside(found, item.path, out, network);
    return found;
  });
  return { prefixes, group };
}

function prefixesOf(word: string, path: Path, network: Network, groups: Groups): readonly Prefix[] {
  const { nodes, switches, problems } = network;
  const report = (fault: string, hint: string | undefined | (() => string | undefined)): readonly Prefix[] => {
    problems.error("nat", fault, path, { hint });
    return [];
  };
  const sw = switches.get(word);
  if (sw !== undefined)
    return sw.subnets.length > 0 ? sw.subnets : report(`switch ${word} has no subnet`, "write the network instead");
  const node = nodes.get(word);
  if (node === undefined && groups.find(word) !== null) return groups.prefixes(word);
  const found = node === undefined ? addressParty(word) : nodeParty(node, network);
  if (found === null) {
    const candidates = [...nodes.keys(), ...switches.keys(), ...groups.names()];
    return report(`${JSON.stringify(word)} is not an address, network, node, switch or group`, () => {
      const near = nearest(word, candidates);
      return near === null ? suggestion(word, candidates) : `did you mean ${JSON.stringify(near)}?`;
    });
  }
  if ("fault" in found) return node?.incomplete ? [] : report(found.fault, found.hint);
  return found.kind === "addresses" ? found.prefixes : [];
}

/** Translating what is outside already is a mix-up of the two sides. */
function reportOutside(prefixes: readonly Prefix[], path: Path, out: OwnLink | null, { problems }: Network): void {
  for (const prefix of prefixes) {
    const outside = out?.addresses.find((address) => contains(networkOf(address, address.length), prefix));
    // A point-to-point network is all there is to the other side: it may well be meant.
    if (outside === undefined || outside.text === prefixText(prefix)) continue;
    problems.error(
      "nat",
      `${prefixText(prefix)} is outside: ${out!.name} has the address ${outside.text} there`,
      path,
      {
        hint: `from says whose packets leaving through ${out!.name} are translated: name a network inside`,
      },
    );
    return;
  }
}

export function familiesFrom(sources: Sources | null): readonly Family[] {
  return ([4, 6] as const).filter((family) => sources === null || sources.prefixes.some((p) => p.family === family));
}

/** The steps that match them as source, or as destination. */
export function sourceSteps(
  sources: Sources | null,
  family: Family,
  groups: Groups,
  side: "from" | "to" = "from",
): NetfilterStep[] {
  if (sources === null) return [];
  const field = side === "from" ? sourceField(family) : destinationField(family);
  if (sources.group !== null) return [lookup(field, groups.setName(sources.group, family))];
  return [match(field, ...disjoint(sources.prefixes.filter((prefix) => prefix.family === family)))];
}

/** The one IPv6 prefix, or all that there are for a message. */
export function onlyPrefix6(
  sources: Sources | null,
  links: readonly OwnLink[],
  out: string,
): Prefix | readonly string[] {
  const own = links
    .filter((link) => link.name !== out)
    .flatMap((link) => link.addresses.filter(({ family }) => family === 6).map((a) => networkOf(a, a.length)));
  const candidates = new Map(
    (sources?.prefixes.filter(({ family }) => family === 6) ?? own).map((prefix) => [formatPrefix(prefix), prefix]),
  );
  const [first] = candidates.values();
  return candidates.size === 1 ? first! : [...candidates.keys()];
}
