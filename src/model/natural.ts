/** Names in the order in which people count. */

const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Where the run of digits that starts at `i` ends. */
function runEnd(text: string, i: number): number {
  let end = i;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

/** Natural order: runs of digits compare as numbers (eth2 < eth10); a total order, ties broken by plain comparison. */
export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (isDigit(x) && isDigit(y)) {
      const endA = runEnd(a, i);
      const endB = runEnd(b, j);
      while (i < endA - 1 && a.charCodeAt(i) === 48) i++;
      while (j < endB - 1 && b.charCodeAt(j) === 48) j++;
      // Without leading zeros the longer run is the larger number.
      if (endA - i !== endB - j) return endA - i - (endB - j);
      for (; i < endA; i++, j++) {
        const difference = a.charCodeAt(i) - b.charCodeAt(j);
        if (difference !== 0) return difference;
      }
    } else {
      if (x !== y) return x - y;
      i++;
      j++;
    }
  }
  return a.length - i - (b.length - j) || plain(a, b);
}
