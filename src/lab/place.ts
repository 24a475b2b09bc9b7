/** Where a lab is: in a private machine, or on this machine itself (`--host`). A lab is in one place only. */

import { failure } from "../diagnostic.ts";
import { findLab, type HostPlace, labNameProblem } from "../sandbox/index.ts";

export interface PlaceOptions {
  readonly host?: boolean;
  /** What the names of namespaces on the machine begin with; the lab's name and "-" if left out. */
  readonly prefix?: string;
}

/** Where a lab of this name is or will be; null for a private machine. Throws if it is elsewhere. */
export function placeFor(name: string, options: PlaceOptions): HostPlace | null {
  const there = labNameProblem(name) === null ? findLab(name) : null;
  const place = there?.record?.host;
  const dead = there === null || there.record === null || there.state === "stale";
  if (options.host !== true) {
    if (place === undefined || dead) return null;
    throw failure("host.is-host", `lab ${name} is on the machine itself`, {
      state: "nothing was changed",
      hint: "add --host, or give this one another --name",
    });
  }
  if (place === undefined && !dead) throw notHost(name);
  const prefix = options.prefix ?? place?.prefix ?? `${name}-`;
  if (place !== undefined && !dead && place.prefix !== prefix) {
    throw failure("host.prefix", `the namespaces of lab ${name} begin with ${JSON.stringify(place.prefix)}`, {
      state: "nothing was changed",
      hint: `to change that, run \`netloom down --host ${name}\` first`,
    });
  }
  return { prefix };
}

export function notHost(name: string) {
  return failure("host.is-sandbox", `lab ${name} is in a private machine`, {
    state: "nothing was changed",
    hint: "leave out --host",
  });
}
