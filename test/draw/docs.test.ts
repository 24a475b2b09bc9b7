import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { drawingOf, pictureOf } from "../../src/draw/index.ts";
import { load } from "./support.ts";

it("the picture in the documentation is what the product draws", () => {
  const file = fileURLToPath(new URL("../../docs/pictures/06-gateway.svg", import.meta.url));
  // If not: netloom draw examples/06-gateway.yaml -o docs/pictures/06-gateway.svg
  expect(readFileSync(file, "utf8") === pictureOf(drawingOf(load("06-gateway")), "svg")).toBe(true);
});
