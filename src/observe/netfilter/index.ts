/**
 * observe/netfilter/: the kernel's netfilter rules → tables of the model.
 * In: a namespace (read.ts), or messages that were read from it (decompile.ts and what it imports: pure).
 * Out: every existing table, in canonical order, as the steps of the model; what the model cannot express is step `opaque`, with
 * nft's text of it and the kernel's own attributes.
 * registers.ts follows what expressions put where; the names of fields come from netlink/nftables/selectors.ts.
 */
export { decompileRuleset } from "./decompile.ts";
export { hasTables, netfilterSocket, readTables, tablesOf } from "./read.ts";
