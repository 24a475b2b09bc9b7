import type { Family } from "../model/index.ts";
import { AF_INET, AF_INET6 } from "../netlink/index.ts";

/** The model's number of a family → the kernel's. */
export const AF: Readonly<Record<Family, number>> = { 4: AF_INET, 6: AF_INET6 };

/** null for a family that a model does not have. */
export function familyOf(af: number): Family | null {
  return af === AF_INET ? 4 : af === AF_INET6 ? 6 : null;
}

/** The family of an address by its length in bytes. */
export function familyOfBytes(bytes: Uint8Array): Family {
  return bytes.length === 4 ? 4 : 6;
}
