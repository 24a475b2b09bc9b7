/** The JSON Schema of topology files, for editors. Checked in as schema.json. */

import * as z from "zod/mini";
import { topologySchema } from "./schema.ts";

/** The JSON Schema (draft 2020-12) of topology files: the content of `netloom/schema.json`. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(topologySchema, { io: "input", target: "draft-2020-12" });
  return { ...schema, title: "netloom topology", description: "A network of Linux network namespaces." };
}
