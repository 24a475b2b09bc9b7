/** The picture formats, separate from the code that produces them, so that completion can list them without loading it. */

export const FORMATS = ["svg", "mermaid", "dot", "json"] as const;
export type Format = (typeof FORMATS)[number];
