/** The formats of pictures, apart from what makes them: completion names them without loading it. */

export const FORMATS = ["svg", "mermaid", "dot", "json"] as const;
export type Format = (typeof FORMATS)[number];
