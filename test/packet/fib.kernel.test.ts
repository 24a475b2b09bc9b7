// Where packets go by routes and policy rules alone: the kernel is asked by RTM_GETROUTE.
//
//                      ┌ eth0 10.0.0.1/24               fd00::1/64 ── w0 ┐
//            [router] ─┼ eth1 10.0.1.1/24, 10.0.11.1/24 fd01::1/64 ── w1 ┼─ [wires]
//                      └ eth2 10.0.2.1/24               fd02::1/64 ── w2 ┘

import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ERRNO, KernelError } from "../../src/kernel/index.ts";
import type { Namespace } from "../../src/model/index.ts";
import { addressToBytes, bytesToAddress } from "../../src/model/index.ts";
import { RTM_F_FIB_MATCH } from "../../src/netlink/constants.ts";
import { Evaluator, type Outcome, type Packet } from "../../src/packet/index.ts";
import { ownMachine } from "../support/machine.ts";
import { type Question, questions, routes, rules } from "./arbitrary-routes.ts";
import { LINKS, type Made, type MadeRule, Router, ROUTER } from "./router.ts";

let router: Router;
beforeAll(ownMachine);
beforeEach(() => void (router = new Router()));
afterEach(() => router[Symbol.dispose]());

const seed = Number(process.env["NETLOOM_SEED"] ?? Date.now() % 0x7fffffff);

function packet({ family, source, destination, mark }: Question): Packet {
  return {
    family,
    source,
    destination,
    protocol: "udp",
    sourcePort: 1000,
    destinationPort: 2000,
    icmpType: null,
    icmpCode: null,
    tcpFlags: null,
    ttl: 64,
    mark,
  };
}

/** What the evaluator says, in short: where to, or why not. */
function said(outcomes: readonly Outcome[]): string {
  const one = ({ disposition }: Outcome): string => {
    switch (disposition.kind) {
      case "forwarded":
        return `${disposition.link} ${disposition.nextHop}`;
      case "martian":
      case "reverse-path":
        return "blackhole";
      case "undetermined":
        return `undetermined: ${disposition.reason}`;
      default:
        return disposition.kind;
    }
  };
  return outcomes.map(one).sort().join(", ");
}

const REFUSALS = new Map<number, string>([
  [ERRNO.ENETUNREACH, "no-route"],
  [ERRNO.EHOSTUNREACH, "unreachable"],
  [ERRNO.EACCES, "prohibited"],
  [ERRNO.EINVAL, "blackhole"],
]);

const index = new Map<number, string>();

function kernelSays(question: Question, flags = RTM_F_FIB_MATCH): string {
  const { family, source, destination, input, output, mark } = question;
  const bytes = addressToBytes(destination);
  const from = addressToBytes(source);
  try {
    const [answer] = router.network.socket(ROUTER).request({
      kind: "route",
      command: "get",
      family: family === 4 ? 2 : 10,
      destination: bytes,
      destinationLength: bytes.length * 8,
      source: from,
      sourceLength: from.length * 8,
      ...(input === null ? {} : { inputIndex: router.network.index(ROUTER, input) }),
      ...(output === null ? {} : { outputIndex: router.network.index(ROUTER, output) }),
      mark,
      table: 0,
      protocol: 0,
      scope: 0,
      type: 0,
      flags,
    });
    if (answer?.message.kind !== "route") throw new Error("no answer");
    const { message } = answer;
    // Also local: broadcast and anycast.
    if (message.type === 2 || message.type === 4 || (message.type === 3 && input !== null)) return "delivered";
    const name = (number: number): string => index.get(number) ?? String(number);
    const hops = message.multipath ?? [{ ...message, index: message.outputIndex ?? 0 }];
    return hops
      .filter((hop) => output === null || name(hop.index) === output)
      .map((hop) => {
        const gateway = hop.gateway ?? hop.via?.address;
        return `${name(hop.index)} ${gateway === undefined ? destination : bytesToAddress(gateway)}`;
      })
      .sort()
      .join(", ");
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // With the link given and no route, the destination is taken to be there: that is no match of any route.
    if (output !== null && flags !== 0 && error.errno === ERRNO.EHOSTUNREACH) return kernelSays(question, 0);
    return REFUSALS.get(error.errno) ?? error.errnoName;
  }
}

/** Compares many random cases; how often each kind of answer came about. */
function compare(policies: fc.Arbitrary<MadeRule[]>, numRuns: number): Map<string, number> {
  console.log(`seed ${seed}`);
  for (const link of LINKS) index.set(router.network.index(ROUTER, link), link);
  const counts = new Map<string, number>();
  let [refused, all] = [0, 0];
  fc.assert(
    fc.property(routes, policies, questions, (made, selected, asked) => {
      const wanted: Made[] = [...made, ...selected];
      const taken = router.change(wanted);
      refused += wanted.length - taken.length;
      all += wanted.length;
      try {
        const namespace: Namespace = {
          ...router.namespace(),
          routes: taken.flatMap((one) => ("route" in one ? [one.route] : [])),
          rules: taken.flatMap((one) => ("rule" in one ? [one.rule] : [])),
        };
        const evaluator = new Evaluator(namespace);
        for (const one of asked) {
          const outcomes = evaluator.evaluate({ packet: packet(one), link: one.input, boundTo: one.output });
          const kernel = kernelSays(one);
          const word = /^[a-z-]+$/.test(kernel) ? kernel : kernel.includes(",") ? "multipath" : "one way";
          counts.set(word, (counts.get(word) ?? 0) + 1);
          expect({ ...one, found: said(outcomes) }).toEqual({ ...one, found: kernel });
        }
      } finally {
        expect(router.change(taken.reverse(), "delete")).toHaveLength(taken.length);
      }
    }),
    { seed, numRuns, endOnFailure: true },
  );
  console.log(Object.fromEntries(counts), `the kernel refused ${refused} of ${all}`);
  expect(refused / all).toBeLessThan(0.4);
  return counts;
}

const KINDS = ["one way", "multipath", "delivered", "no-route", "unreachable", "prohibited", "blackhole"];

test("without policy rules, where the local and the main table are one", () => {
  const counts = compare(fc.constant([]), 80);
  expect(KINDS.filter((word) => !counts.has(word))).toEqual([]);
});

test("with policy rules, where one table is asked after the other", () => {
  // One that selects nothing: as soon as there has been any, the tables are two.
  const idle = {
    family: 4,
    priority: 31_000,
    from: "203.0.113.0/24",
    to: null,
    inputLink: null,
    outputLink: null,
    mark: null,
    action: { kind: "table", table: 100 },
  } as const;
  const counts = compare(
    rules.map((list) => [{ rule: idle }, ...list]),
    120,
  );
  expect(KINDS.filter((word) => !counts.has(word))).toEqual([]);
});
