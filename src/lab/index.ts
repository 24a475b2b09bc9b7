/**
 * lab/: labs as a program sees them. The command line is built on it.
 * In: the name of a lab, or a topology to make one of.
 * Out: a Lab, the typed connection to its holder: change it, look at it, verify it, end it (lab.ts).
 * open.ts finds a running lab, start.ts makes one, stop.ts prepares its end; place.ts and check.ts refuse what cannot be.
 * It is a client of holder/protocol.ts, and does nothing to a network itself.
 */

export { checkMeans, checkNics } from "./check.ts";
export { type ChangeOptions, Lab } from "./lab.ts";
export { ensureHolder, isOrphan, openLab, type OpenOptions } from "./open.ts";
export { notHost, placeFor, type PlaceOptions } from "./place.ts";
export { type RunningLab, type StartedLab, startLab, startMachine, type Starting, type StartOptions } from "./start.ts";
export { stopPrograms } from "./stop.ts";
