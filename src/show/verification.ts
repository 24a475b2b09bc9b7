/** The result of a verification for people: the matrix of pairs or the list of expectations, the failures, a closing line. */

import type { ProbeResult, Verification } from "../model/verification.ts";
import { groupLabel, groupsOf, matrix, matrixOf } from "./matrix.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { duration, enumerate, fold, grouped, plural, printable } from "./text.ts";

const FAILURES_SHOWN = 20;
const EXPECTATIONS_SHOWN = 40;

/** Ends in a newline. */
export function verification(of: Verification, style: Style): string {
  const parts = of.kind === "pairs" ? pairs(of, style) : expectations(of, style);
  return `${[...parts.filter((part) => part !== ""), verdict(of, style)].join("\n\n")}\n`;
}

/** One line: does it hold, how much was asked, how long it took. */
export function verdict(of: Verification, style: Style): string {
  const total = of.kind === "pairs" ? pairCount(of.results) : of.expectations.length;
  const broken =
    of.kind === "pairs"
      ? pairCount(of.results.filter((one) => !one.holds))
      : of.expectations.filter((one) => !one.holds).length;
  const what = (count: number): string => (of.kind === "pairs" ? plural(count, "pair") : plural(count, "expectation"));
  const name = printable(of.lab);
  const took = duration(of.duration);
  const left = unaddressed(of);
  if (total === 0) return style.colours.yellow(`${name}: nothing to check, no two nodes have an address${left}`);
  if (broken > 0) {
    return (
      style.colours.bold(
        style.colours.red(`✗ ${name}: ${grouped(broken)} of ${what(total)} ${broken === 1 ? "does" : "do"} not hold`),
      ) + `, checked in ${took}${left}`
    );
  }
  const all = total === 1 ? `the ${of.kind === "pairs" ? "pair" : "expectation"} holds` : `all ${what(total)} hold`;
  return (
    style.colours.bold(style.colours.green(`✓ ${name}: ${all}`)) +
    `${roundTrips(of.results)}, checked in ${took}${left}`
  );
}

function unaddressed(of: Verification): string {
  const names = of.unaddressed.map(printable);
  if (names.length === 0) return "";
  return `\n  not asked, without an address: ${names.length > 6 ? fold(names) : enumerate(names)}`;
}

function pairCount(results: readonly ProbeResult[]): number {
  // Both families of a pair are one pair; without a second family there is nothing to merge.
  if (!results.some((one) => one.family !== results[0]?.family)) return results.length;
  return new Set(results.map((one) => `${one.source}\0${one.destination}`)).size;
}

function roundTrips(results: readonly ProbeResult[]): string {
  let least = Infinity;
  let most = 0;
  for (const { rtt } of results) {
    if (rtt === null) continue;
    least = Math.min(least, rtt);
    most = Math.max(most, rtt);
  }
  return least === Infinity ? "" : `, round trips ${milliseconds(least)}–${milliseconds(most)} ms`;
}

/** Microseconds as milliseconds with two digits that mean something. */
function milliseconds(microseconds: number): string {
  return String(Number((microseconds / 1_000).toPrecision(2)));
}

function pairs(of: Verification, style: Style): string[] {
  if (of.results.length === 0) return [];
  const square = matrixOf(of);
  return [matrix(square, style), of.holds ? "" : failures(of, square, style)];
}

/** The failing pairs, one line each or one for all pairs between two groups of nodes that behave alike. */
function failures(of: Verification, square: ReturnType<typeof matrixOf>, style: Style): string {
  const groups = groupsOf(square);
  const all = of.results.filter((one) => !one.holds).length;
  const home = new Map<string, number>();
  groups.forEach((group, index) => group.forEach((node) => home.set(square.nodes[node] ?? "", index)));
  const blocks = new Map<string, { first: ProbeResult; count: number }>();
  for (const result of of.results) {
    if (result.holds) continue;
    const key = `${home.get(result.source)} ${home.get(result.destination) ?? result.destination} ${result.family}`;
    const block = blocks.get(key);
    if (block) block.count++;
    else blocks.set(key, { first: result, count: 1 });
  }
  const side = (name: string): string => {
    const group = groups[home.get(name) ?? -1];
    return group === undefined ? name : groupLabel(square, group, 22);
  };
  const rows = [...blocks.values()]
    .slice(0, FAILURES_SHOWN)
    .map(({ first, count }) => [
      { text: "✗", paint: style.colours.red },
      `${side(first.source)} → ${side(first.destination)}`,
      blocks.size === all ? "" : grouped(count),
      protocol(first),
      outcome(first),
      count > 1 ? `${first.source} → ${first.address}` : first.address,
    ]);
  const columns = [
    { title: "" },
    { title: "pair", shrink: 1 },
    { title: "pairs", align: "right" },
    { title: "protocol" },
    { title: "what came back", shrink: 3 },
    { title: blocks.size === all ? "address" : "for example", shrink: 2 },
  ] as const;
  const shown = [...blocks.values()].slice(0, FAILURES_SHOWN).reduce((sum, block) => sum + block.count, 0);
  return indent(table(columns, rows, narrower(style))) + (all > shown ? `\n  … and ${grouped(all - shown)} more` : "");
}

function expectations(of: Verification, style: Style): string[] {
  const many = of.expectations.length > EXPECTATIONS_SHOWN;
  const chosen = many ? of.expectations.filter((one) => !one.holds) : of.expectations;
  const rows = chosen.slice(0, many ? EXPECTATIONS_SHOWN : undefined).map((one) => {
    const results = one.results.map((index) => of.results[index]).filter((result) => result !== undefined);
    const telling = results.find((result) => !result.holds) ?? results[0];
    return [
      one.holds ? { text: "✓", paint: style.colours.green } : { text: "✗", paint: style.colours.red },
      one.text,
      telling === undefined ? "not asked" : outcome(telling),
      telling === undefined || telling.address === telling.destination ? "" : telling.address,
    ];
  });
  if (rows.length === 0) return [];
  const columns = [
    { title: "" },
    { title: "expectation" },
    { title: "what came back", shrink: 1 },
    { title: "address", shrink: 2 },
  ];
  const rest = chosen.length - rows.length;
  return [indent(table(columns, rows, narrower(style))) + (rest > 0 ? `\n  … and ${grouped(rest)} more` : "")];
}

function protocol(result: ProbeResult): string {
  const name = result.port === null ? result.protocol : `${result.protocol}/${result.port}`;
  return result.family === 6 ? `${name} IPv6` : name;
}

/** `answered in 0.08 ms`, `no answer`, `refused: nothing listens`; and whether that is what had to happen. */
export function outcome(result: ProbeResult): string {
  const what = {
    reply: result.rtt === null ? "answered" : `answered in ${milliseconds(result.rtt)} ms`,
    silence: "no answer",
    unreachable: "unreachable",
    refused: "refused",
  }[result.outcome];
  if (result.expected === "reachable") {
    if (result.detail === null) return what;
    return result.detail.startsWith(what) ? result.detail : `${what}: ${result.detail}`;
  }
  if (result.holds && result.temporary) return "nothing listens there; the network would let it through";
  return result.holds ? `${what}, as expected` : `${what}, but must not get through`;
}

function narrower(style: Style): Style {
  return { ...style, width: style.width - 2 };
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
