/**
 * apply/netfilter/: tables of the model → the kernel.
 * In: changes of tables (plan/), and a namespace to make them in.
 * Out: nf_tables messages, the same that `nft -f` would send (compile.ts and what it imports: pure; what tables have
 * in common once, library.ts), sent in one batch that takes effect as a whole (load.ts); and connections that the old rules
 * translated otherwise, forgotten (flush/).
 * The names of fields are netlink/nftables/selectors.ts's; the way back is observe/netfilter/.
 */
export { compileTable } from "./compile.ts";
export { flushConnections } from "./flush/index.ts";
export { Library } from "./library.ts";
export { applyTables, type LoadOptions, type NamespaceRef } from "./load.ts";
