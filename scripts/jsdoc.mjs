// Comments for generated declarations.

const WIDTH = 116;

/** The sentences that there are as one paragraph, and the lines behind it; nothing if there is nothing to say. */
export function jsdoc(sentences, indent, more = []) {
  const text = sentences.filter(Boolean).join(" ");
  const lines = [...wrap(text, WIDTH - indent.length), ...more].map((line) => line.replaceAll("*/", "*\\/"));
  if (lines.length === 0) return "";
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

function wrap(text, width) {
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
