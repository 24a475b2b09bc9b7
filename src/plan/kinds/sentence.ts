/** How differences are put into words. */

/** The parts that say something, in one sentence; null if none does. */
export function sentence(parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part): part is string => part !== null);
  return said.length === 0 ? null : said.join(", ");
}

type Value = string | number | boolean | null;

/** `mtu is 1400, should be 1500`; null if the values are equal. */
export function field(name: string, desired: Value, observed: Value): string | null {
  return desired === observed ? null : `${name} is ${show(observed)}, should be ${show(desired)}`;
}

function show(value: Value): string {
  return value === null || value === "" ? "none" : String(value);
}
