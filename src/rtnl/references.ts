/** Messages refer to links by ifindex, the model by name. Both functions are about one namespace. */

/** Throws for a link that has no index: whoever encodes knows every link that the object refers to. */
export type IndexOf = (link: string) => number;

/** null for an index that no link of the namespace has. */
export type NameOf = (index: number) => string | null;

/** What a request about an object asks for. */
export type Request = "new" | "delete";
