/** Sets and maps as the kernel reports them → the model's. Pure. */

import type { NetfilterElement, NetfilterSet } from "../../model/index.ts";
import {
  type Datatype,
  NFT_DATA_VERDICT,
  NFT_SET_ANONYMOUS,
  NFT_SET_ELEM_CATCHALL,
  NFT_SET_EVAL,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFT_SET_OBJECT,
  rangesOf,
  type RulesetSet,
  type SetElement,
  type SetMessage,
  typesOf,
} from "../../netlink/nftables/index.ts";
import { dataTexts, isHostNumber, rangeText, splitParts, valueText } from "./values.ts";

const has = ({ flags = 0 }: SetMessage, flag: number): boolean => (flags & flag) !== 0;

export const isAnonymous = (set: SetMessage): boolean => has(set, NFT_SET_ANONYMOUS);
export const isMap = (set: SetMessage): boolean => has(set, NFT_SET_MAP) || has(set, NFT_SET_OBJECT);
const isInterval = (set: SetMessage): boolean => has(set, NFT_SET_INTERVAL);
export const keyTypes = (set: SetMessage): Datatype[] => typesOf(set.keyType ?? 0);

/** The types of a map's values; [] for a verdict. */
export function dataTypes({ dataType = 0 }: SetMessage): Datatype[] {
  return dataType === NFT_DATA_VERDICT ? [] : typesOf(dataType);
}

export function decompileSet({ set, elements }: RulesetSet): NetfilterSet {
  const dynamic = has(set, NFT_SET_EVAL);
  return {
    name: set.name ?? "",
    key: keyTypes(set).map(({ name }) => name),
    value: isMap(set) ? valueNames(set) : null,
    interval: isInterval(set),
    dynamic,
    timeout: set.timeout === undefined ? null : Number(set.timeout) / 1000,
    size: set.description?.size ?? null,
    elements: dynamic ? [] : elementTexts(set, elements),
  };
}

function valueNames(set: SetMessage): string[] {
  if (has(set, NFT_SET_OBJECT)) return [`object-${set.objectType ?? 0}`];
  return set.dataType === NFT_DATA_VERDICT ? ["verdict"] : dataTypes(set).map(({ name }) => name);
}

/** Also for the anonymous sets of rules. */
export function elementTexts(set: SetMessage, elements: readonly SetElement[]): NetfilterElement[] {
  const types = keyTypes(set);
  const value = (element: SetElement | undefined): string[] | null => {
    if (!isMap(set)) return null;
    if (element?.object !== undefined) return [element.object];
    return element?.data === undefined ? [] : dataTexts(dataTypes(set), element.data);
  };
  const [type] = types;
  const rest = elements
    .filter((one) => ((one.flags ?? 0) & NFT_SET_ELEM_CATCHALL) !== 0)
    .map((one) => ({ key: ["*"], value: value(one) }));
  const keyed = elements.filter((one) => ((one.flags ?? 0) & NFT_SET_ELEM_CATCHALL) === 0);
  if (types.length === 1 && isInterval(set))
    return [
      ...rangesOf(keyed).map(({ from, to, element }) => ({ key: [rangeText(type!, from, to)], value: value(element) })),
      ...rest,
    ];
  return [
    ...keyed.map((one) => ({ key: concatenationTexts(types, one, isInterval(set)), value: value(one) })),
    ...rest,
  ];
}

function concatenationTexts(types: readonly Datatype[], { key, keyEnd }: SetElement, interval: boolean): string[] {
  const from = splitParts(types, key?.value ?? new Uint8Array());
  const to = keyEnd?.value && splitParts(types, keyEnd.value);
  return from.map((part, i) => {
    const type = types[i]!;
    if (to !== undefined) return rangeText(type, part, to[i]!);
    return valueText(type, part, interval && isHostNumber(type));
  });
}
