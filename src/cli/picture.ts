/** What a picture of a running lab needs besides its model: where tunnels lead, and which links are based on others. */

import type { Model } from "../model/index.ts";
import type { Lab } from "../lab/index.ts";
import { statesOf } from "../show/discover/index.ts";
import type { LinkStates } from "../draw/index.ts";

/** `details` as the lab's `observe` gave them. With only cables and switches, nothing more is requested. */
export async function linkStates(lab: Lab, model: Model, details: LinkStates): Promise<LinkStates> {
  const isPlain = model.namespaces.every(({ links }) =>
    links.every((link) => link.kind !== "other" && link.kind !== "tun" && (link.kind !== "veth" || link.peer !== null)),
  );
  if (isPlain) return details;
  const known = statesOf(await lab.discover({ depth: "overview" }));
  const places = Object.entries(details).map(([name, links]) => {
    const more = known[name] ?? {};
    return [name, Object.fromEntries(Object.entries(links).map(([link, own]) => [link, { ...own, ...more[link] }]))];
  });
  return Object.fromEntries(places);
}
