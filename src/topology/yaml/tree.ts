/** A parsed YAML document with the position of everything: offsets into the text, ends exclusive. */

export type Tree = Scalar | Mapping | Sequence | Alias;

interface Placed {
  readonly start: number;
  readonly end: number;
  /** Name of the anchor on it: `&name`. */
  readonly anchor?: string;
}

export interface Scalar extends Placed {
  readonly kind: "scalar";
  readonly value: unknown;
  readonly quoted: boolean;
}

export interface Mapping extends Placed {
  readonly kind: "mapping";
  readonly entries: readonly Entry[];
}

export interface Entry {
  /** As it was written (`007`), without quotes; null if the key is not a plain scalar. */
  readonly key: string | null;
  readonly start: number;
  readonly end: number;
  readonly value: Tree | null;
}

export interface Sequence extends Placed {
  readonly kind: "sequence";
  readonly items: readonly (Tree | null)[];
}

export interface Alias extends Placed {
  readonly kind: "alias";
  readonly name: string;
}

/** Line and column, from 1, of an offset. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.#starts.push(i + 1);
  }

  at(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}
