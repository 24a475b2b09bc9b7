/**
 * observe/: reads the current state of a lab from the kernel.
 * In: the namespaces of a lab, read over rtnetlink (read.ts).
 * Out: a Model of the same type as the desired one, in canonical order, and the state of each link.
 * rtnl/ turns messages into objects; peers.ts finds the other end of every cable.
 * watch.ts reports when the state may have changed.
 * What the kernel created by itself is reported with its origin, so that plan/ can leave it alone.
 */
export { type Disturbance, LabWatch } from "./watch.ts";
export { observe, type LinkState, type Observation, type ObserveOptions, type Unmodelled } from "./observe.ts";
export { readCounters, type Counters, type LinkCounters, type Traffic } from "./counters.ts";
export { readNeighbours, type KnownNeighbour } from "./neighbours.ts";
export { readSettings } from "./settings.ts";
