/**
 * apply/netfilter/: tables of the model → the kernel.
 * In: changes of tables (plan/), and the namespace to apply them in.
 * Out: nf_tables messages, the same that `nft -f` would send (compile.ts and what it imports: pure; library.ts compiles the
 * common parts of tables once), sent in one batch that takes effect atomically (load.ts). Connections that the old rules
 * translated differently are dropped from tracking (flush/).
 * The names of fields come from netlink/nftables/selectors.ts; the inverse is observe/netfilter/.
 */
export { compileTable } from "./compile.ts";
export { flushConnections } from "./flush/index.ts";
export { Library } from "./library.ts";
export { applyTables, type LoadOptions, type NamespaceRef } from "./load.ts";
