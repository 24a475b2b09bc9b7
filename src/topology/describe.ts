/** Helpers of schema.ts and its parts: a zod type with the text that editors show. */

import * as z from "zod/mini";

/** Adds the text that editors show for a key, by way of the JSON Schema. */
export function described<T extends z.core.$ZodType>(
  schema: T,
  description: string,
  more: { id?: string; examples?: unknown[] } = {},
): T {
  z.globalRegistry.add(schema, { description, ...more });
  return schema;
}

export const key = <T extends z.core.$ZodType>(
  schema: T,
  description: string,
  examples?: unknown[],
): z.ZodMiniOptional<T> => described(z.optional(schema), description, examples ? { examples } : {});

export const oneOrMore = z.union([z.string(), z.array(z.string())]);

/** Everything at or below it may be left empty in YAML (`a:`), which reads as null. */
export const emptyOr = <T extends z.core.$ZodType>(schema: T): z.ZodMiniNullable<T> => z.nullable(schema);
