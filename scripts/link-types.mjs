// From the tables of link kinds (src/model/links/) to one interface for each kind, in which each option has its description
// as JSDoc, for editors to show. tsc's own declarations would lead the reader through the tables.

import { jsdoc } from "./jsdoc.mjs";

/** `parts`: tsc's declarations of all files of that folder, for what is written by hand beside the tables. */
export function linkTypes(tables, parts) {
  const kinds = tables.map((table) => ({ table, name: `${table.kind[0].toUpperCase()}${table.kind.slice(1)}Link` }));
  return [
    `import type { LinkCommon, LinkRef } from "./common.ts";\n`,
    ...kinds.map(({ table, name }) => declaration(table, name, parts)),
    `${jsdoc(["A kind that has no table."], "")}export interface OtherLink extends LinkCommon {\n${byHand("OtherLink", parts)}}\n`,
    "/** A link of a namespace, as `ip link` lists them. `kind` tells which options there are. */",
    `export type Link = ${kinds.map(({ name }) => name).join(" | ")} | OtherLink;\n`,
  ].join("\n");
}

function declaration(table, name, parts) {
  const keys = Object.entries(table.options).map(([key, option]) => [key, type(option), ...words(option)]);
  if (table.lower) keys.push(["lower", "LinkRef | null", table.lower.about, "null: none, or one outside the model."]);
  const members = keys.map(
    ([key, type, ...sentences]) =>
      `${jsdoc(sentences, "  ")}  readonly ${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${type};\n`,
  );
  const kind = `  readonly kind: "${table.kind}";\n`;
  return `${jsdoc([table.about], "")}export interface ${name} extends LinkCommon {\n${kind}${members.join("")}${byHand(name, parts)}}\n`;
}

function byHand(name, parts) {
  return new RegExp(`interface ${name} extends [^{]* {\\n([^}]*)}`).exec(parts)?.[1] ?? "";
}

function type(option) {
  const known = option.required === true || option.default !== undefined;
  return known ? valueType(option) : `${valueType(option)} | null`;
}

function valueType(option) {
  if (option.type === "boolean") return "boolean";
  if (["address", "mac"].includes(option.type)) return "string";
  if (option.type !== "enum") return "number";
  const values = Object.keys({ ...option.values, ...option.readable });
  return values.map((value) => JSON.stringify(value)).join(" | ");
}

/** What it means, what is usual, and how iproute2 calls it where it does so differently. */
function words({ about, default: usual, iproute2, min, max, required }) {
  const known = required === true || usual !== undefined;
  return [
    about,
    usual !== undefined && `Default: ${usual}.`,
    max !== undefined && `${min ?? 0} to ${max}.`,
    !known && "null: not set.",
    iproute2 && `iproute2: \`${iproute2}\`.`,
  ];
}
