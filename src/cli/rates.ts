/** `netloom inspect --watch`: what passes by, again and again, until the reader or the lab has had enough. */

import { isatty } from "node:tty";
import { setTimeout as sleep } from "node:timers/promises";
import { NetloomError } from "../diagnostic.ts";
import type { Model } from "../model/index.ts";
import {
  busiestFirst,
  printable,
  type Rate,
  ratesBetween,
  ratesTable,
  truncate,
  type Inspected,
} from "../show/index.ts";
import type { Lab } from "../lab/index.ts";
import { onInterrupt } from "./interrupt.ts";
import { isJson, message, print, style, write } from "./output.ts";
import { Screen } from "./screen.ts";

export interface WatchOptions {
  /** At the beginning. It is read again when an interface comes, goes, or is plugged in elsewhere. */
  readonly model: Model;
  /** What is shown, for the heading: `office`, `gw of office`. */
  readonly title: string;
  /** The nodes whose counters are requested; undefined for all. */
  readonly nodes: readonly string[] | undefined;
  /** Which of all interfaces are meant. */
  readonly choose: (rates: readonly Rate[], model: Model) => readonly Rate[];
  /** Seconds. */
  readonly interval: number;
  readonly count: number;
  readonly busiest: boolean;
}

type Counters = Inspected["counters"];

/** Also ends with the lab, with a message. */
export async function watchRates(lab: Lab, options: WatchOptions): Promise<void> {
  const { interval, count } = options;
  const done = new AbortController();
  const stop = (): void => done.abort();
  const { signal } = done;
  void lab.closed.then(stop);
  let { model } = options;
  const read = (): Promise<Counters> => lab.counters(asked(model, options.nodes), { signal });
  const view = isatty(1) && !isJson() && process.env["TERM"] !== "dumb" ? onScreen(options, stop) : onPipe(options);
  // The end of a watch on a pipe is not a failure either.
  process.once("SIGINT", stop);
  const forget = onInterrupt(() => view.close(), ["SIGTERM", "SIGHUP"]);
  try {
    let before = await read();
    let at = performance.now();
    // Behind the first counters: what is plugged in elsewhere from now on differs from them.
    ({ model } = await lab.observe({}, { signal }));
    view.begin(ratesBetween(before, before, interval), model);
    for (let shown = 0; shown < count; shown++) {
      await sleep(Math.max(0, interval * 1000 - (performance.now() - at)), undefined, { signal });
      const after = await read();
      const now = performance.now();
      if (wiring(before) !== wiring(after)) ({ model } = await lab.observe({}, { signal }));
      view.show(ratesBetween(before, after, (now - at) / 1000), model, (now - at) / 1000);
      [before, at] = [after, now];
    }
  } catch (error) {
    const died = error instanceof NetloomError && error.diagnostics[0]?.code === "sandbox.lab-died";
    if (!signal.aborted && !died) throw error;
  } finally {
    view.close();
    forget();
    process.off("SIGINT", stop);
  }
  if (lab.isClosed) message(`lab ${lab.name} has ended\n`);
}

/** What a cable is plugged into may change at its other end only. */
function asked({ namespaces }: Model, nodes: readonly string[] | undefined): readonly string[] | undefined {
  if (nodes === undefined) return undefined;
  const links = namespaces.filter(({ name }) => nodes.includes(name)).flatMap((each) => each.links);
  const far = links.flatMap((link) => (link.kind === "veth" && link.peer !== null ? [link.peer.namespace] : []));
  return [...new Set([...nodes, ...far])];
}

/** Equal as long as nothing is plugged in, unplugged or renamed. */
function wiring(counters: Counters): string {
  return JSON.stringify(
    Object.entries(counters).map(([node, links]) => [
      node,
      Object.entries(links).map(([name, { index, master }]) => [name, index, master]),
    ]),
  );
}

interface View {
  /** Before anything was counted. */
  begin(rates: readonly Rate[], model: Model): void;
  show(rates: readonly Rate[], model: Model, seconds: number): void;
  close(): void;
}

/** A table, or with --json a document a line, for each interval. */
function onPipe({ choose, busiest, title }: WatchOptions): View {
  return {
    begin: () => {},
    show: (all, model, seconds) => {
      const chosen = choose(all, model);
      const rates = busiest ? busiestFirst(chosen) : chosen;
      const time = new Date().toISOString();
      if (!isJson()) print(`${time} ${printable(title)}\n${ratesTable(rates, model, style())}\n\n`);
      else write(1, `${JSON.stringify({ netloom: 1, kind: "rates", lab: model.name, time, seconds, rates })}\n`);
    },
    close: () => {},
  };
}

function onScreen({ choose, interval, title, ...options }: WatchOptions, stop: () => void): View {
  let { busiest, model } = options;
  let last: readonly Rate[] = [];
  const paint = (): void => {
    const look = style();
    const { bold, dim } = look.colours;
    const chosen = choose(last, model);
    const rates = busiest ? busiestFirst(chosen) : chosen;
    const parts = [
      title,
      new Date().toTimeString().slice(0, 8),
      `every ${interval} s`,
      `b: ${busiest ? "by name" : "busiest first"}, q: end`,
    ];
    const [name = "", ...rest] = truncate(parts.map(printable).join("  "), look.width).split("  ");
    const heading = [bold(name), ...rest.map(dim)].join("  ");
    screen.paint(`${heading}\n${ratesTable(rates, model, look, screen.rows - 1)}`);
  };
  const screen = new Screen({
    onKey: (key) => {
      if (key === "q") stop();
      if (key !== "b") return;
      busiest = !busiest;
      paint();
    },
    onResize: paint,
  });
  const show = (rates: readonly Rate[], now: Model): void => {
    [last, model] = [rates, now];
    paint();
  };
  return { begin: show, show, close: () => screen.close() };
}
