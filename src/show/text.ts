/** Small helpers about text that every other file here uses: safe to print, measured in terminal cells, cut to fit. */

/**
 * Makes foreign text (names from the kernel, error messages, file contents) safe for a terminal: control characters,
 * line breaks and the bidirectional overrides that make text look like other text become visible escapes.
 */
export function printable(text: string): string {
  // Nearly all is, and tables have many thousand cells.
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const known = ({ "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e" } as Record<string, string>)[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Nothing but letters, digits and signs of ASCII. */
const PLAIN = /^[\x20-\x7e]*$/;

// Control characters, line and paragraph separators, lone surrogates, and the marks that change the reading direction.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Columns that a text takes on a terminal. The text must be printable(): escape sequences are not understood. */
export function cells(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let count = 0;
  for (const character of text) count += cellsOf(character.codePointAt(0) ?? 0);
  return count;
}

function cellsOf(code: number): 0 | 1 | 2 {
  if (code < 0x300) return 1;
  // Combining marks, zero-width space and joiners, variation selectors.
  if (code <= 0x36f || (code >= 0x200b && code <= 0x200d) || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  if (code >= 0x20d0 && code <= 0x20ff) return 0;
  // East Asian Wide and Fullwidth (UAX #11), and the emoji blocks.
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Cuts to at most `limit` terminal columns; what was cut is marked by an ellipsis. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit && cells(text) <= limit) return text;
  if (limit <= 0) return "";
  let kept = "";
  let used = 0;
  for (const character of text) {
    const more = cellsOf(character.codePointAt(0) ?? 0);
    if (used + more > limit - 1) break;
    kept += character;
    used += more;
  }
  return `${kept}…`;
}

/** Cuts out of the middle: of `a-host-of-long-name-eth0` both ends are more useful than the beginning alone. */
export function truncateMiddle(text: string, limit: number): string {
  if (cells(text) <= limit) return text;
  if (limit < 5) return truncate(text, limit);
  const characters = Array.from(text);
  let tail = "";
  let used = 0;
  while (characters.length > 0) {
    const more = cells(characters.at(-1) ?? "");
    if (used + more > Math.floor((limit - 1) / 2)) break;
    tail = `${characters.pop()}${tail}`;
    used += more;
  }
  const head = truncate(text, limit - used);
  return head.endsWith("…") ? `${head}${tail}` : `${head}…${tail}`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - cells(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - cells(text))) + text;
}

/** `1 node`, `2 nodes`, `1,000 switches`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** Thousands separated by commas whatever the locale: output is compared in tests and read by scripts. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

const UNITS = ["", "k", "M", "G", "T", "P", "E"];

/** A number for people, in steps of a thousand: `0`, `999`, `1.2 k`, `34 M`; the unit follows: `1.2 kB`. */
export function scaled(value: number, unit = ""): string {
  let step = 0;
  let rest = value;
  // 999.5 would be shown as 1000.
  while (rest >= 999.5 && step < UNITS.length - 1) {
    rest /= 1000;
    step++;
  }
  const digits =
    rest === 0 || (step === 0 && Number.isInteger(rest)) ? String(rest) : trimZero(rest.toFixed(rest < 9.95 ? 1 : 0));
  return `${digits} ${UNITS[step]}${unit}`.trimEnd();
}

/** Milliseconds for people: `0.4 ms`, `42 ms`, `1.28 s`, `3 min 5 s`, `2 d 4 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10) return `${trimZero(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${trimZero((milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1))} s`;
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 3_600) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 86_400) return two(Math.floor(seconds / 3_600), "h", Math.floor((seconds % 3_600) / 60), "min");
  return two(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3_600), "h");
}

function trimZero(number: string): string {
  return number.replace(/\.0+$|(\.\d*?)0+$/, "$1");
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `a, b and c`; with a limit, `a, b, c and 7 more`. */
export function enumerate(names: readonly string[], limit = Infinity): string {
  const shown = names.length > limit ? names.slice(0, limit) : names;
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${grouped(rest)} more`;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}`;
}

/**
 * Names in natural order with runs of numbers folded: `h1…h6, h8, gw`. For headings too narrow for a thousand names.
 */
export function fold(names: readonly string[]): string {
  const parts: string[] = [];
  for (let start = 0; start < names.length;) {
    let end = start;
    while (end + 1 < names.length && follows(names[end] ?? "", names[end + 1] ?? "")) end++;
    // Two neighbours read better as two names.
    if (end - start >= 2) parts.push(`${names[start]}…${names[end]}`);
    else parts.push(...names.slice(start, end + 1));
    start = end + 1;
  }
  return parts.join(", ");
}

function follows(a: string, b: string): boolean {
  const first = /^(.*?)(\d{1,9})$/.exec(a);
  const second = /^(.*?)(\d{1,9})$/.exec(b);
  return first !== null && second !== null && first[1] === second[1] && Number(second[2]) === Number(first[2]) + 1;
}
