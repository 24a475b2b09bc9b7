// From the JSON Schema of topology files to TypeScript declarations in which each key has its description, its range and
// its examples as JSDoc, for editors to show. The descriptions themselves are in src/topology/schema*.ts.

import { jsdoc } from "./jsdoc.mjs";

/** `Topology`, and one type for each named part of the schema: `Node` becomes `TopologyNode`. */
export function topologyTypes(schema) {
  const parts = Object.entries(schema.$defs ?? {}).map(([name, part]) => declaration(`Topology${name}`, part));
  const description = "A topology as a plain object: what a file holds, and what the library takes.";
  return [declaration("Topology", { ...schema, description }), ...parts].join("\n");
}

function declaration(name, schema) {
  const body = isObject(schema) ? `interface ${name} ${type(schema, "")}` : `type ${name} = ${type(schema, "")};`;
  return `${comment(schema, "")}export ${body}\n`;
}

function type(schema, indent) {
  if (schema.$ref !== undefined) return schema.$ref.replace("#/$defs/", "Topology");
  if (schema.not !== undefined && Object.keys(schema.not).length === 0) return "never";
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => type(one, indent)))].join(" | ");
  if (Array.isArray(schema.type)) return type({ anyOf: schema.type.map((one) => ({ ...schema, type: one })) }, indent);
  if (schema.type === "array" && schema.prefixItems === undefined) {
    const item = type(schema.items, indent);
    return item.includes(" ") ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === "integer") return "number";
  if (["string", "number", "boolean", "null"].includes(schema.type)) return schema.type;
  if (isObject(schema)) return object(schema, indent);
  if (schema.type === "object") return `Record<string, ${type(schema.additionalProperties, indent)}>`;
  throw new Error(`the topology's schema has a form that has no TypeScript type here: ${JSON.stringify(schema)}`);
}

function isObject(schema) {
  return schema.type === "object" && schema.properties !== undefined;
}

function object({ properties, required = [] }, indent) {
  const inner = `${indent}  `;
  const keys = Object.entries(properties).map(([key, value]) => {
    const name = /^[\w$]+$/.test(key) ? key : JSON.stringify(key);
    const end = required.includes(key) ? "" : " | undefined";
    return `${comment(value, inner)}${inner}${name}${end && "?"}: ${type(value, inner)}${end};\n`;
  });
  return `{\n${keys.join("")}${indent}}`;
}

function comment(schema, indent) {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const bounded = minimum > Number.MIN_SAFE_INTEGER && maximum < Number.MAX_SAFE_INTEGER;
  const examples = (schema.examples ?? []).map((example) => `@example ${JSON.stringify(example)}`);
  return jsdoc([schema.description, bounded && `${minimum} to ${maximum}.`], indent, examples);
}
