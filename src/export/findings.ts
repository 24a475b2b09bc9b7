/** What accompanies the file: what could not be expressed, and remarks on what could. */

import type { Path } from "../topology/problems.ts";

export interface Unexpressed {
  /** Where it was observed: `root dummy0`, `a route to 10.9.0.0/16`. */
  readonly place: string;
  readonly why: string;
  /** `lost`: the file's network does without it. `other`: it has the same in netloom's own way. */
  readonly weight: "lost" | "other";
}

/** A remark, for the line above a part of the file. */
export interface Note {
  readonly path: Path;
  readonly text: string;
}

export class Findings {
  readonly unexpressed: Unexpressed[] = [];
  readonly notes: Note[] = [];
  /** What is already reported, so that it is not listed again as a difference. */
  readonly #known = new Set<string>();

  lose(place: string, why: string): void {
    this.#add({ place, why, weight: "lost" });
  }

  /** It is there, only not in the same way. */
  vary(place: string, why: string): void {
    this.#add({ place, why, weight: "other" });
  }

  note(path: Path, text: string): void {
    this.notes.push({ path, text });
  }

  knows(place: string): boolean {
    return this.#known.has(place);
  }

  #add(one: Unexpressed): void {
    if (this.#known.has(one.place)) return;
    this.#known.add(one.place);
    this.unexpressed.push(one);
  }
}
