/** Sends the probes of a verification into the running lab and judges the answers. */

import type { Expectation, Model, Namespace, ProbeResult, Verification } from "../model/index.ts";
import {
  type LabContext,
  type OpenNamespace,
  openNode,
  pingAll,
  probeTcp,
  probeUdp,
  type PortTarget,
  type ProbeOptions,
  type ProbeReport,
} from "../kernel/index.ts";
import { allPairs, participants, type Target, targetsOf } from "./targets.ts";

export interface VerifyOptions {
  /** Milliseconds until a probe counts as unanswered. */
  readonly timeout?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Without expectations: an echo request from every node to every other. With them: each line, in its own protocol. If nothing
 * listens on a TCP or UDP port, a temporary listener is opened for the duration of the probe, so that the test covers the network
 * and not whether a server was started. Must run in the lab's root namespace.
 */
export async function verify(
  context: LabContext,
  model: Model,
  expectations: readonly Expectation[] | null,
  options: VerifyOptions = {},
): Promise<Verification> {
  const started = performance.now();
  const { nodes, unaddressed } = participants(model);
  const lines = (expectations ?? []).map((expectation) => targetsOf(model, expectation));
  const targets = expectations === null ? allPairs(model) : lines.flat();
  const results = await probeAll(context, model, targets, options);
  let next = 0;
  const judged = (expectations ?? []).map((expectation, line) => {
    const numbers = lines[line]!.map(() => next++);
    return { text: expectation.text, holds: numbers.every((number) => results[number]!.holds), results: numbers };
  });
  return {
    lab: model.name,
    nodes,
    kind: expectations === null ? "pairs" : "expect",
    results,
    expectations: judged,
    // A line of `expect` may be about a node without an address, so nothing was left out.
    unaddressed: expectations === null ? unaddressed : [],
    duration: performance.now() - started,
    holds: results.every((result) => result.holds),
  };
}

async function probeAll(
  context: LabContext,
  model: Model,
  targets: readonly Target[],
  options: VerifyOptions,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = targets.map((target) => judge(target, noCommonFamily(target)));
  using open = new OpenNodes(context);
  const transit = model.namespaces.filter(forwards).map((namespace) => open.fd(namespace.name));
  let before = 0;
  for (const [protocol, probe] of Object.entries(PROBES)) {
    const mine = targets.flatMap((target, number) => (target.protocol === protocol && target.address ? [number] : []));
    const reports = await probe(
      mine.map((number) => aim(targets[number]!, open)),
      { ...settings(options, before, targets.length), transit },
    );
    for (const [at, number] of mine.entries()) results[number] = judge(targets[number]!, reports[at]!);
    before += mine.length;
  }
  return results;
}

const PROBES: Record<
  Expectation["protocol"],
  (targets: readonly PortTarget[], options: ProbeOptions) => Promise<ProbeReport[]>
> = { icmp: pingAll, tcp: probeTcp, udp: probeUdp };

function aim(target: Target, open: OpenNodes): PortTarget {
  return {
    namespace: open.fd(target.source),
    address: target.address!,
    port: target.port ?? 0,
    ...(target.owner === null ? {} : { destination: open.fd(target.owner) }),
    ...(target.service === null ? {} : { service: { ...target.service, namespace: open.fd(target.service.node) } }),
  };
}

function settings({ timeout, onProgress, signal }: VerifyOptions, before: number, total: number): ProbeOptions {
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress: (done: number) => onProgress(before + done, total) }),
  };
}

function noCommonFamily(target: Target): ProbeReport {
  const detail = `${target.source} and ${target.destination} have no address family in common`;
  return { outcome: "unreachable", rtt: null, detail };
}

function judge(target: Target, report: ProbeReport): ProbeResult {
  const { source, destination, family, protocol, port, expected } = target;
  // If no program listens, nothing gets through, even if the network would allow it.
  const reached = report.outcome === "reply" && !(expected === "unreachable" && report.temporary === true);
  const holds = reached === (expected === "reachable");
  return { source, destination, family, address: target.address ?? "", protocol, port, ...report, expected, holds };
}

const forwards = (namespace: Namespace): boolean => namespace.forwarding.ipv4 || namespace.forwarding.ipv6;

/** Descriptors of the nodes' namespaces, each opened once and held until the end. */
class OpenNodes implements Disposable {
  readonly #context: LabContext;
  readonly #open = new Map<string, OpenNamespace>();

  constructor(context: LabContext) {
    this.#context = context;
  }

  fd(node: string): number {
    let namespace = this.#open.get(node);
    if (!namespace) {
      namespace = openNode(this.#context, node);
      this.#open.set(node, namespace);
    }
    return namespace.fd;
  }

  [Symbol.dispose](): void {
    for (const namespace of this.#open.values()) namespace[Symbol.dispose]();
    this.#open.clear();
  }
}
