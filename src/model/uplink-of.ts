/** The way out of a lab, if it has one. */

import type { Uplink } from "./services.ts";
import { ROOT } from "./types.ts";
import type { Model } from "./types.ts";

export function uplinkOf(model: Model): Uplink | null {
  const root = model.namespaces.find(({ name }) => name === ROOT);
  return root?.services.find((service): service is Uplink => service.kind === "uplink") ?? null;
}
