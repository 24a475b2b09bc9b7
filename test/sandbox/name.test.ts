import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { checkLabName, labFiles, labNameProblem } from "../../src/sandbox/name.ts";

test("names of labs never leave the runtime directory", () => {
  for (const good of ["a", "office", "star-5", "v1.2", "_x", "A9"]) expect(labNameProblem(good)).toBeNull();
  for (const bad of ["", ".", "..", ".x", "-x", "a/b", "a b", "ä", "x".repeat(65), "a\n", "a\0"]) {
    expect(labNameProblem(bad)).not.toBeNull();
    expect(() => checkLabName(bad)).toThrow(/cannot be the name of a lab/);
  }
  assert(
    property(string(), (name) => labNameProblem(name) !== null || /^\/d\/[^/]+\.lock$/.test(labFiles("/d", name).lock)),
  );
});
