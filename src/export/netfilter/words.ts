/** The steps of a rule taken apart: what is matched, by field, and what is done in the end. */

import { formatAddress, formatPrefix, parseAddress, rangeToPrefixes } from "../../model/index.ts";
import type { Family, NetfilterRule, NetfilterStep } from "../../model/index.ts";

/** `10.0.0.0/24`, or the prefixes that a range is made of. */
export function prefixesIn(text: string): string[] {
  const [first, last] = text.split("-").map((part) => parseAddress(part));
  if (!text.includes("-") || !first || !last) return [text];
  return rangeToPrefixes(first.family, first.value, last.value).map((prefix) =>
    prefix.length === (first.family === 4 ? 32 : 128) ? formatAddress(prefix) : formatPrefix(prefix),
  );
}

/** The step of a kind, also where the type has several kinds in one. */
type StepOf<K extends NetfilterStep["kind"]> = NetfilterStep extends infer S
  ? S extends { readonly kind: NetfilterStep["kind"] }
    ? K extends S["kind"]
      ? S
      : never
    : never
  : never;

export type Match = Extract<NetfilterStep, { kind: "match" }>;

/** A rule as a bag of its matches: each can be taken once, and what is left over was not understood. */
export class Words {
  readonly #left: NetfilterStep[];

  constructor({ steps }: NetfilterRule) {
    this.#left = steps.filter(({ kind }) => kind !== "counter");
  }

  /** The values of a match of this field that is not turned round. */
  values(field: string): readonly string[] | null {
    return this.#take(
      (step) => step.kind === "match" && !step.not && isField(step, field),
      (step) => (step as Match).values,
    );
  }

  one(field: string): string | null {
    return this.#take(
      (step) => step.kind === "match" && !step.not && isField(step, field) && step.values.length === 1,
      (step) => (step as Match).values[0]!,
    );
  }

  /** The value of a match that is turned round. */
  not(field: string): string | null {
    return this.#take(
      (step) => step.kind === "match" && step.not && isField(step, field) && step.values.length === 1,
      (step) => (step as Match).values[0]!,
    );
  }

  step<K extends NetfilterStep["kind"]>(kind: K): StepOf<K> | null {
    return this.#take(
      (step) => step.kind === kind,
      (step) => step as StepOf<K>,
    );
  }

  family(): Family | null {
    const version = this.one("nfproto");
    return version === "ipv4" ? 4 : version === "ipv6" ? 6 : null;
  }

  get done(): boolean {
    return this.#left.length === 0;
  }

  #take<T>(fits: (step: NetfilterStep) => boolean, give: (step: NetfilterStep) => T): T | null {
    const at = this.#left.findIndex(fits);
    return at < 0 ? null : give(this.#left.splice(at, 1)[0]!);
  }
}

function isField({ fields }: Match, field: string): boolean {
  return fields.length === 1 && fields[0] === field;
}
