/** IP arithmetic in one place: addresses and prefixes. */

export * from "./address.ts";
export * from "./prefix.ts";
