/** Sets, maps and their elements → messages, as nft creates them. Pure. */

import type { NetfilterElement, NetfilterSet } from "../../model/index.ts";
import {
  type Data,
  type Datatype,
  encodeUserData,
  hostNumber,
  type KeyRange,
  NFT_DATA_VERDICT,
  NFT_SET_ANONYMOUS,
  NFT_SET_CONCAT,
  NFT_SET_CONSTANT,
  NFT_SET_ELEM_INTERVAL_END,
  NFT_SET_EVAL,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFT_SET_TIMEOUT,
  rangeElements,
  type SetElement,
  type SetElementsMessage,
  type SetMessage,
  splitElements,
  typeNumber,
  UDATA_SET_DATA_INTERVAL,
  UDATA_SET_DATABYTEORDER,
  UDATA_SET_ELEM_FLAGS,
  UDATA_SET_KEYBYTEORDER,
  UDATA_SET_MERGE_ELEMENTS,
  type UserDatum,
  type Verdict,
} from "../../netlink/nftables/index.ts";
import {
  CompileError,
  compareRanges,
  concatenate,
  isRange,
  keyLength,
  typeOf,
  valueBytes,
  valueRange,
} from "./values.ts";
import { verdictOf } from "./verdicts.ts";

/** The table that the messages belong to. */
export interface Place {
  /** NFPROTO_* */
  readonly family: number;
  readonly table: string;
}

/** A data length of 16 denotes a verdict. */
const VERDICT_LENGTH = 16;
/** nft's default size of a set that rules add to. */
const DYNAMIC_SIZE = 65_535;
/** libnftnl's SET_ELEM_F_INTERVAL_OPEN */
const OPEN = 1;

/** The type of a set, whether named or anonymous. */
interface Shape {
  readonly key: readonly Datatype[];
  /** null: not a map; "verdict": a verdict map. */
  readonly value: readonly Datatype[] | "verdict" | null;
  readonly interval: boolean;
}

/** How rules use a set. */
export interface SetUse {
  /** They add to it. */
  readonly updated: boolean;
  /** They set timeouts of elements. */
  readonly timed: boolean;
}

export function setMessage(place: Place, set: NetfilterSet, id: number, use: SetUse): SetMessage {
  const key = set.key.map(typeOf);
  const verdict = set.value?.length === 1 && set.value[0] === "verdict";
  const shape: Shape = { key, value: verdict ? "verdict" : (set.value?.map(typeOf) ?? null), interval: set.interval };
  const size = set.size ?? (set.dynamic && use.updated ? DYNAMIC_SIZE : null);
  const timed = set.timeout !== null || use.timed;
  return {
    ...describe(place, shape, id),
    name: set.name,
    flags: shapeFlags(shape) | (set.dynamic ? NFT_SET_EVAL : 0) | (timed ? NFT_SET_TIMEOUT : 0),
    ...(set.timeout === null ? {} : { timeout: BigInt(set.timeout) * 1000n }),
    description: { ...parts(shape), ...(size === null ? {} : { size }) },
  };
}

/** The elements of a named set, in as many messages as needed; none for sets that only rules add to. */
export function elementMessages(place: Place, set: NetfilterSet, id: number): SetElementsMessage[] {
  if (set.dynamic || set.elements.length === 0) return [];
  const key = set.key.map(typeOf);
  const entries = set.elements.map((element): Entry => ({ key: element.key, data: elementData(set, element) }));
  const elements = elementsOf(key, set.interval, entries);
  const base = { kind: "elements", command: "new", family: place.family, table: place.table } as const;
  return splitElements({ ...base, set: set.name, setId: id, elements });
}

/** A set written in a rule: `{ 80, 443 }`. */
export function anonymousSet(
  place: Place,
  key: readonly Datatype[],
  values: readonly (readonly string[])[],
  id: number,
): { readonly messages: readonly (SetMessage | SetElementsMessage)[]; readonly interval: boolean } {
  const interval = values.some((value) => value.some((part, i) => isRange(valueRange(key[i]!, part))));
  const shape: Shape = { key, value: null, interval };
  const elements = elementsOf(
    key,
    interval,
    values.map((value): Entry => ({ key: value, data: null })),
  );
  const set: SetMessage = {
    ...describe(place, shape, id, interval),
    name: "__set%d",
    flags: shapeFlags(shape) | NFT_SET_ANONYMOUS | NFT_SET_CONSTANT,
    description: { ...parts(shape), size: elements.length },
  };
  const base = { kind: "elements", command: "new", family: place.family, table: place.table } as const;
  return { messages: [set, ...splitElements({ ...base, set: "__set%d", setId: id, elements })], interval };
}

function describe(place: Place, { key, value }: Shape, id: number, merge = false): SetMessage {
  const data =
    value === null
      ? {}
      : value === "verdict"
        ? { dataType: NFT_DATA_VERDICT, dataLength: VERDICT_LENGTH }
        : { dataType: typeNumber(...value), dataLength: keyLength(value) };
  const { family, table } = place;
  const base = { kind: "set", command: "new", family, table, id } as const;
  const memo = { userData: memoOf(key, value, merge) };
  return { ...base, keyType: typeNumber(...key), keyLength: keyLength(key), ...data, ...memo };
}

/** Metadata that nft stores with a set, so that it can print the values. */
function memoOf(key: readonly Datatype[], value: Shape["value"], merge: boolean): Uint8Array {
  const memo: UserDatum[] = [{ type: UDATA_SET_KEYBYTEORDER, value: hostNumber(byteOrder(key)) }];
  if (value !== null)
    memo.push({ type: UDATA_SET_DATABYTEORDER, value: hostNumber(value === "verdict" ? 0 : byteOrder(value)) });
  if (merge) memo.push({ type: UDATA_SET_MERGE_ELEMENTS, value: hostNumber(1) });
  if (value !== null) memo.push({ type: UDATA_SET_DATA_INTERVAL, value: hostNumber(0) });
  return encodeUserData(memo);
}

/** nft's enum byteorder: invalid, host, big. */
function byteOrder(types: readonly Datatype[]): number {
  return types.length > 1 ? 0 : types[0]!.host === true ? 1 : 2;
}

function shapeFlags({ key, value, interval }: Shape): number {
  return (
    (value === null ? 0 : NFT_SET_MAP) |
    (interval ? NFT_SET_INTERVAL : 0) |
    (interval && key.length > 1 ? NFT_SET_CONCAT : 0)
  );
}

function parts({ key, interval }: Shape): { readonly concatenation?: readonly { readonly length: number }[] } {
  return interval && key.length > 1 ? { concatenation: key.map(({ size }) => ({ length: size })) } : {};
}

interface Entry {
  readonly key: readonly string[];
  readonly data: Data | null;
}

function elementData({ name, value }: NetfilterSet, element: NetfilterElement): Data | null {
  if (value === null) return null;
  if (element.value?.length !== value.length)
    throw new CompileError(`an element of map ${name} has ${element.value?.length ?? 0} of ${value.length} values`);
  if (value.length === 1 && value[0] === "verdict") return { verdict: verdictFrom(element.value[0]!) };
  return { value: concatenate(element.value.map((part, i) => valueBytes(typeOf(value[i]!), part))) };
}

function verdictFrom(text: string): Verdict {
  const [word = "", chain = null] = text.split(" ", 2);
  return verdictOf(word, chain);
}

function elementsOf(types: readonly Datatype[], interval: boolean, entries: readonly Entry[]): SetElement[] {
  const withData = ({ data }: Entry): Partial<SetElement> => (data === null ? {} : { data });
  for (const { key } of entries)
    if (key.length !== types.length)
      throw new CompileError(`${JSON.stringify(key.join(" . "))} has ${key.length} of ${types.length} parts`);
  if (!interval)
    return entries.map((entry) => ({
      key: { value: concatenate(entry.key.map((part, i) => valueBytes(types[i]!, part))) },
      ...withData(entry),
    }));
  const ranges = entries.map((entry) => ({
    ranges: entry.key.map((part, i) => valueRange(types[i]!, part)),
    entry,
  }));
  if (types.length > 1)
    return ranges.map(({ ranges: list, entry }) => ({
      key: { value: concatenate(list.map(({ from }) => from)) },
      keyEnd: { value: concatenate(list.map(({ to }) => to)) },
      ...withData(entry),
    }));
  return singleRanges(ranges.map(({ ranges: [range], entry }): KeyRange => ({ ...range!, element: withData(entry) })));
}

/** nft marks a range up to the highest value as open-ended. */
function openEnded(range: KeyRange): KeyRange {
  if (range.to.some((byte) => byte !== 0xff)) return range;
  const userData = encodeUserData([{ type: UDATA_SET_ELEM_FLAGS, value: hostNumber(OPEN) }]);
  return { ...range, element: { ...range.element, userData } };
}

/** Range starts and ends in ascending order. Like nft, we add an end element below the first start. */
function singleRanges(ranges: KeyRange[]): SetElement[] {
  const sorted = [...ranges].sort(compareRanges);
  const elements = rangeElements(sorted.map(openEnded));
  const [first] = sorted;
  if (first === undefined || first.from.every((byte) => byte === 0)) return elements;
  return [{ key: { value: new Uint8Array(first.from.length) }, flags: NFT_SET_ELEM_INTERVAL_END }, ...elements];
}
