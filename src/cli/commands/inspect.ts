/** `netloom inspect [LAB] [NODE or NODE:INTERFACE]`: what is there now, read from the kernel, as tables; or live rates. */

import { type Command, InvalidArgumentError } from "commander";
import { failure } from "../../diagnostic.ts";
import { type Model, ROOT } from "../../model/index.ts";
import { findLab } from "../../sandbox/index.ts";
import {
  interfaceInspection,
  inspection,
  names,
  namesOf,
  nodeInspection,
  partOf,
  rulesOf,
  tellingRates,
} from "../../show/index.ts";
import type { Inspected, Rate } from "../../show/index.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { say } from "../failure.ts";
import { noSuchNode } from "../inside.ts";
import { LAB_HELP, openNamed } from "../lab.ts";
import { document, isJson, print, style } from "../output.ts";
import { findSubject, readWords, type Subject } from "../subject.ts";
import { watchRates } from "../rates.ts";
import { type UnmodelledByNode, unmodelledWarnings } from "../unmodelled.ts";

interface Options extends HostFlags {
  readonly lab?: string;
  readonly node?: string[];
  readonly watch?: boolean;
  readonly interval?: number;
  readonly count?: number;
  readonly busiest?: boolean;
}

const EXAMPLES = `
Examples:
  netloom inspect                     the only lab, as a whole
  netloom inspect gw                  one node in full: routes, rules, neighbours, NAT and firewall
  netloom inspect office gw:eth1      one interface of a node of lab office
  netloom inspect --watch             what each interface carries, every second; b: busiest first, q: end
  netloom inspect gw --watch --interval 5 --json | jq -c '.rates[] | [.interface, .sent.bytes]'
`;

export function define(command: Command): void {
  hostOption(command)
    .description(
      "Show a running lab as it is now: nodes, interfaces and what they connect to, addresses, routes, NAT, firewall, " +
        "services, leases and processes. For a NODE everything about it, for NODE:INTERFACE everything about that interface.",
    )
    .usage("[options] [LAB] [NODE or NODE:INTERFACE]")
    .argument("[words...]", "a running lab, or the file or shape it was made from; then a node, switch or interface")
    .option("--lab <lab>", LAB_HELP)
    .option("--node <node...>", "only these nodes, with every interface")
    .option("-w, --watch", "keep showing bytes, packets and drops per second")
    .option("--interval <seconds>", "with --watch: how often (default: 1)", seconds)
    .option("--count <n>", "with --watch: stop after this many", wholeNumber)
    .option("--busiest", "with --watch: the busiest interface first")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(given: readonly string[], options: Options): Promise<void> {
  checkHost(options);
  checkOptions(given, options);
  const words = readWords(given, options.lab, options);
  const lab = await openNamed(words.lab, options);
  try {
    const all = isJson() || words.subject !== undefined;
    const { settings: _, unmodelled: left, ...observed } = await lab.observe({ settings: all });
    const { model } = observed;
    const known = model.namespaces.map(({ name }) => name);
    const missing = options.node?.find((node) => !known.includes(node));
    if (missing !== undefined) throw noSuchNode(lab.name, missing, known);
    const subject =
      words.subject === undefined
        ? null
        : findSubject(model, words.subject, given.length === 1 && options.lab === undefined, options);
    const nodes = subject === null ? options.node : [subject.node.name];
    if (options.watch === true) {
      await watchRates(lab, {
        model,
        nodes,
        title: subject === null ? lab.name : `${words.subject} of ${lab.name}`,
        choose: (rates, now) => chosen(rates, now, subject, nodes, findLab(lab.name)?.record?.host !== undefined),
        interval: options.interval ?? 1,
        count: options.count ?? Infinity,
        busiest: options.busiest === true,
      });
      return;
    }
    // For the whole lab these are only in documents, and so are sysctls that no file mentions.
    const [counters, neighbours] = all ? await Promise.all([lab.counters(nodes), lab.neighbours(nodes)]) : [{}, {}];
    const unmodelled =
      nodes === undefined ? left : Object.fromEntries(Object.entries(left).filter(([node]) => nodes.includes(node)));
    show(ofLab({ ...observed, counters, neighbours }), subject, options.node, unmodelled);
    say(unmodelledWarnings(unmodelled, `netloom discover ${lab.name} -v shows them`));
  } finally {
    await lab.close();
  }
}

function checkOptions(given: readonly string[], options: Options): void {
  const fault = (option: string, summary: string, hint?: string) =>
    failure(`usage.${option}`, summary, hint === undefined ? {} : { hint }, 2);
  if (given.length > 2) throw fault("subject", "expected at most a lab and a node", "netloom inspect LAB NODE");
  for (const option of ["interval", "count", "busiest"] as const)
    if (options[option] !== undefined && options.watch !== true)
      throw fault(option, `--${option} only works with --watch`, "add --watch");
}

/** What the machine itself (`--host`) has beside the lab is not the lab's. */
function ofLab(inspected: Inspected): Inspected {
  const { model, counters, neighbours } = inspected;
  const own = linksOfRoot(model);
  const { [ROOT]: counted, ...others } = counters;
  const { [ROOT]: known, ...strangers } = neighbours;
  return {
    ...inspected,
    counters:
      counted === undefined
        ? counters
        : { [ROOT]: Object.fromEntries(Object.entries(counted).filter(([link]) => own.has(link))), ...others },
    neighbours: known === undefined ? neighbours : { [ROOT]: known.filter(({ link }) => own.has(link)), ...strangers },
  };
}

function linksOfRoot({ namespaces }: Model): ReadonlySet<string> {
  return new Set(namespaces.find(({ name }) => name === ROOT)?.links.map(({ name }) => name));
}

/** Of the machine itself (`--host`) only what is the lab's. */
function chosen(
  rates: readonly Rate[],
  model: Model,
  subject: Subject | null,
  nodes: readonly string[] | undefined,
  host: boolean,
): readonly Rate[] {
  const own = linksOfRoot(model);
  const all = host ? rates.filter((rate) => rate.node !== ROOT || own.has(rate.interface)) : rates;
  if (nodes === undefined) return tellingRates(all, model);
  const link = subject?.link;
  return all.filter((rate) => nodes.includes(rate.node) && (link == null || rate.interface === link.name));
}

function show(
  inspected: Inspected,
  subject: Subject | null,
  nodes: readonly string[] | undefined,
  unmodelled: UnmodelledByNode,
): void {
  if (!isJson()) {
    const { link = null, node } = subject ?? {};
    if (node === undefined) print(inspection(only(inspected, nodes), style(), nodes));
    else
      print(
        link === null ? nodeInspection(inspected, node, style()) : interfaceInspection(inspected, node, link, style()),
      );
    return;
  }
  const { model } = inspected;
  const shown = only(inspected, subject === null ? nodes : [subject.node.name]);
  const named = (links: readonly string[]): boolean => {
    const link = subject?.link;
    return link == null || links.some((one) => names(one, link.name));
  };
  const rules = shown.model.namespaces.flatMap((namespace) =>
    rulesOf(namespace, namesOf(model)).flatMap((rule) =>
      named(rule.links) ? [{ node: namespace.name, ...rule }] : [],
    ),
  );
  const whole = { lab: model.name, ...shown, rules, unmodelled };
  if (subject === null || subject.link === null) document("inspection", whole);
  else document("inspection", { ...whole, ...aboutLink(whole, subject.node.name, subject.link.name) });
}

/** The same document of one interface. */
function aboutLink(
  { model, details, counters, neighbours }: Inspected,
  node: string,
  link: string,
): Partial<Inspected> {
  const pick = <T>(all: Readonly<Record<string, Readonly<Record<string, T>>>>) => {
    const one = all[node]?.[link];
    return { [node]: one === undefined ? {} : { [link]: one } };
  };
  return {
    model: { ...model, namespaces: model.namespaces.map((namespace) => partOf(namespace, link)) },
    details: pick(details),
    counters: pick(counters),
    neighbours: { [node]: (neighbours[node] ?? []).filter((one) => one.link === link) },
    processes: [],
  };
}

function only(inspected: Inspected, nodes: readonly string[] | undefined): Inspected {
  if (nodes === undefined) return inspected;
  const { model, details, counters, neighbours, processes, leases } = inspected;
  const pick = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => nodes.includes(name)));
  return {
    model: { ...model, namespaces: model.namespaces.filter(({ name }) => nodes.includes(name)) },
    details: pick(details),
    counters: pick(counters),
    neighbours: pick(neighbours),
    processes: processes.filter(({ node }) => nodes.includes(node)),
    // To them and by them.
    leases: leases.filter(({ server, name }) => nodes.includes(server) || (name !== null && nodes.includes(name))),
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) throw new InvalidArgumentError("It must be from 0.1 to 3600 seconds.");
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number above 0.");
  return value;
}
