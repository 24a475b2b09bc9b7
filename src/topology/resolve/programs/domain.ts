/** Domain names, for resolvers and DHCP clients. */

import type { Path } from "../../problems.ts";
import type { Network } from "../network.ts";

/** RFC 1123, section 2.1. */
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** A valid domain; null for none or after an error. */
export function domainIn(domain: string | undefined, path: Path, { problems }: Network): string | null {
  if (domain === undefined) return null;
  if (domain.length <= 253 && domain.split(".").every((label) => LABEL.test(label))) return domain.toLowerCase();
  problems.error("domain", `${JSON.stringify(domain)} is not a domain`, path, { hint: "write it as lab.test" });
  return null;
}
