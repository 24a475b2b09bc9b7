/**
 * reach/: static reachability over a model; no packets, no kernel.
 * In: a Model (desired or observed), and a connection.
 * Out: where a published port leads (published.ts). Who can reach whom, hop by hop, is to come: this is the room for it.
 */
export { publishedService, type Arrival, type Service } from "./published.ts";
