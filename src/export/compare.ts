/** What of two models is compared, and how. */

import { stableJson } from "../model/index.ts";
import type { Address, Namespace, Route } from "../model/index.ts";

export function canonical(value: unknown): string {
  return value === undefined ? "" : stableJson(value);
}

export function isDefaultRoute({ to, origin }: Route): boolean {
  return origin === "static" && (to === "0.0.0.0/0" || to === "::/0");
}

export function addressesOf({ addresses }: Namespace, link: string): Address[] {
  return addresses.filter((each) => each.link === link);
}
