/** "Did you mean …?" by edit distance. */

/** Edits (insert, delete, replace, swap of neighbours) between two words, or more than `most`. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

/** The nearest of the candidates, if it is near enough to be what was meant. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const most = word.length < 3 ? 1 : word.length < 8 ? 2 : 3;
  let best: string | null = null;
  let least = most + 1;
  for (const candidate of candidates) {
    if (candidate.toLowerCase() === word.toLowerCase()) return candidate;
    const distance = editDistance(word, candidate, most);
    // A one-letter word is one edit away from any other: that is not a useful suggestion.
    if (distance < least && distance < Math.max(word.length, candidate.length)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** A hint for a word that is none of the candidates: the nearest one, or all when they are few. */
export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const near = nearest(word, candidates);
  if (near !== null) return `did you mean ${JSON.stringify(near)}?`;
  if (candidates.length === 0 || candidates.length > 12) return undefined;
  return `use ${candidates.length === 1 ? "" : "one of "}${candidates.join(", ")}`;
}
