/**
 * packet/: what a packet meets in a model. One pure evaluator, used by everyone who says how packets fare.
 * In: a namespace of a model, compiled once (`new Evaluator`), and packets: received on a link or sent by the namespace itself.
 * Out: for each what becomes of it (a closed list of dispositions), the packet as it leaves, its connection for answers, and
 * every rule and route on the way. What a model cannot judge is `undetermined`, with the reason, never guessed.
 */
export { trackNew } from "./connection.ts";
export { Ruleset } from "./hooks.ts";
export { type Neighbour, type Neighbourhood, Segments } from "./neighbours.ts";
export { newPassage, type Passage, type Routing, Undetermined } from "./passage.ts";
export { worlds, type Choice, type Choices, type World } from "./choices.ts";
export { Evaluator, type Options } from "./evaluate.ts";
export { foldPorts, isPublishMap, linkOf, publishedPorts, type PortRun } from "./ports.ts";
export { publishedService, type Publication, type Service } from "./published.ts";
export type * from "./types.ts";
