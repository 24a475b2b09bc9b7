/** Sets and maps, compiled: single keys in a hash, ranges sorted, the rest one after the other. */

import type { NetfilterSet } from "../model/index.ts";
import { canonicalValue, fits, ordinal, type Pattern, patternOf } from "./values.ts";

interface Element {
  readonly key: readonly Pattern[];
  readonly value: readonly string[] | null;
}

interface Interval {
  readonly first: number | bigint;
  readonly last: number | bigint;
  readonly element: Element;
}

export class CompiledSet {
  readonly name: string;
  /** Rules fill it while packets pass: what is in it is not known. */
  readonly dynamic: boolean;
  /** nft's names of what a map gives; null for a set. */
  readonly value: readonly string[] | null;
  readonly #types: readonly string[];
  readonly #singles = new Map<string, Element>();
  readonly #intervals: Interval[] = [];
  readonly #others: Element[] = [];

  constructor({
    name,
    key,
    value,
    dynamic,
    elements,
  }: Pick<NetfilterSet, "name" | "key" | "value" | "dynamic" | "elements">) {
    this.name = name;
    this.dynamic = dynamic;
    this.value = value;
    this.#types = key;
    for (const one of elements) this.#add(one.key, one.value);
    this.#intervals.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  }

  #add(key: readonly string[], value: readonly string[] | null): void {
    const element = { key: key.map((text, i) => patternOf(this.#types[i] ?? "", text)), value };
    const [only] = element.key;
    if (element.key.every((one) => one.kind === "single"))
      this.#singles.set(element.key.map((one) => (one.kind === "single" ? one.text : "")).join("\0"), element);
    else if (element.key.length === 1 && only?.kind === "range")
      this.#intervals.push({ first: only.first, last: only.last, element });
    else this.#others.push(element);
  }

  /** Texts of values, one for each type of the key. undefined: it is not in there; null: it is, and there is nothing to it. */
  find(texts: readonly string[]): readonly string[] | null | undefined {
    const values = texts.map((text, i) => canonicalValue(this.#types[i] ?? "", text));
    const single = this.#singles.get(values.join("\0"));
    if (single !== undefined) return single.value;
    const within = this.#within(values);
    if (within !== undefined) return within.value;
    return this.#others.find(({ key }) => key.every((pattern, i) => fits(pattern, this.#types[i] ?? "", values[i]!)))
      ?.value;
  }

  #within(values: readonly string[]): Element | undefined {
    if (this.#intervals.length === 0) return undefined;
    const value = ordinal(this.#types[0] ?? "", values[0]!);
    if (value === null) return undefined;
    let [low, high] = [0, this.#intervals.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#intervals[middle]!.first <= value) low = middle + 1;
      else high = middle;
    }
    const found = this.#intervals[low - 1];
    return found !== undefined && value <= found.last ? found.element : undefined;
  }

  /** Whether values of which some are not known (null) could be in it: for those that are not, that is certain. */
  canHave(texts: readonly (string | null)[]): boolean {
    const values = texts.map((text, i) => (text === null ? null : canonicalValue(this.#types[i] ?? "", text)));
    const possible = ({ key }: Element): boolean =>
      key.every((pattern, i) => values[i] === null || fits(pattern, this.#types[i] ?? "", values[i]!));
    return (
      [...this.#singles.values()].some(possible) ||
      this.#intervals.some(({ element }) => possible(element)) ||
      this.#others.some(possible)
    );
  }
}
