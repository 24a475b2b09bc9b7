/** How a command ends when something is wrong: the diagnostics, where they belong, and the exit status. */

import { readFileSync } from "node:fs";
import { NetloomError } from "../diagnostic.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { diagnostics } from "../show/index.ts";
import { isJson, message, style, writeDocument } from "./output.ts";

const texts = new Map<string, string>();

/** Remembers a text that cannot be read again (standard input), for the code frames. */
export function rememberSource(file: string, text: string): void {
  texts.set(file, text);
}

/** Reports an error; returns the exit status. */
export function report(error: unknown): number {
  const { list, status } = describe(error);
  if (isJson()) writeDocument("error", { diagnostics: list });
  say(list);
  return status;
}

/** Diagnostics (warnings too) for people, on standard error. */
export function say(list: readonly Diagnostic[]): void {
  if (list.length > 0) message(diagnostics(list, style(2), sourceOf));
}

function sourceOf(file: string): string | undefined {
  const known = texts.get(file);
  if (known !== undefined) return known;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function describe(error: unknown): { list: readonly Diagnostic[]; status: number } {
  if (error instanceof NetloomError) return { list: error.diagnostics, status: error.status };
  const {
    code,
    message: text,
    stack,
  } = error instanceof Error
    ? (error as NodeJS.ErrnoException)
    : { code: undefined, message: String(error), stack: undefined };
  if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") {
    const cause = text.split("\n")[0] ?? text;
    return {
      list: [
        {
          code: "setup.no-dependencies",
          severity: "error",
          summary: "a package that netloom needs is not installed",
          cause,
          hint: "npm ci",
        },
      ],
      status: 1,
    };
  }
  const debug = process.env["NETLOOM_DEBUG"] === "1";
  const one: Diagnostic = {
    code: "internal",
    severity: "error",
    summary: "netloom ran into an unexpected error",
    cause: debug && stack !== undefined ? stack : text,
    hint: debug
      ? "this is a bug: report it with the text above"
      : "this is a bug: run it again with NETLOOM_DEBUG=1 and report what it prints",
  };
  return { list: [one], status: 1 };
}
