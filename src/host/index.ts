/**
 * host/: labs on the real machine (`--host`), where everything that netloom did not make belongs to others.
 * In: a model, and the holder that builds it. Out: refusals before anything is touched, the model with names that fit
 * the machine, the journal of a change, settings remembered and put back, interfaces borrowed and given back (nics/), and the
 * end of a lab by its marks alone.
 * What is a lab's: namespaces whose `lo`, and links in root whose own alias is `netloom:LAB`; one table `netloom-LAB` in root.
 */

export { checkMachine } from "./check.ts";
export { forwardWarnings } from "./docker.ts";
export { fitToMachine } from "./fit.ts";
export { HostLab } from "./lab.ts";
export { markedLabs } from "./marks.ts";
export { removeMarked, type Removal } from "./remove.ts";
export type { ProofOptions } from "./nics/index.ts";
export { readState } from "./state.ts";
