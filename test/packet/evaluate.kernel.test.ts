// What becomes of packets: random rules, sets, NAT, routes and policy rules, and real packets through a real router.
//
//                      ┌ eth0 10.0.0.1/24               fd00::1/64 ── w0 ┐
//            [router] ─┼ eth1 10.0.1.1/24, 10.0.11.1/24 fd01::1/64 ── w1 ┼─ [wires]
//                      └ eth2 10.0.2.1/24               fd02::1/64 ── w2 ┘

import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Namespace } from "../../src/model/index.ts";
import { type Disposition, Evaluator, type Outcome, type Packet } from "../../src/packet/index.ts";
import { hasNft } from "../netlink/nftables/machine.ts";
import { ownMachine } from "../support/machine.ts";
import { routes, rules } from "./arbitrary-routes.ts";
import { tables } from "./arbitrary-rules.ts";
import { PORTS } from "./arbitrary-sets.ts";
import { frameOf, ipPacket, readFrame, type Seen } from "./frames.ts";
import { HOSTS, LINKS, type Made, macOf, OWN_ADDRESSES, Router } from "./router.ts";
import { type Counts, Witness } from "./witness.ts";

beforeAll(ownMachine);

const seed = Number(process.env["NETLOOM_SEED"] ?? Date.now() % 0x7fffffff);

interface Probe {
  readonly packet: Packet;
  /** null: the router sends it. */
  readonly link: string | null;
}

function probe(family: 4 | 6): fc.Arbitrary<Probe> {
  const port = fc.constantFrom(...PORTS);
  const ping = fc.constantFrom(8, 8, 8, 0).map((type) => ({
    protocol: family === 4 ? "icmp" : "ipv6-icmp",
    sourcePort: null,
    destinationPort: null,
    icmpType: family === 4 ? type : type === 8 ? 128 : 129,
    icmpCode: 0,
    tcpFlags: null,
  }));
  const of = (protocol: string, tcpFlags: readonly string[] | null) =>
    fc.tuple(port, port).map(([sourcePort, destinationPort]) => ({
      protocol,
      sourcePort,
      destinationPort,
      icmpType: null,
      icmpCode: null,
      tcpFlags,
    }));
  const body = fc.oneof(
    { weight: 4, arbitrary: of("udp", null) },
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(["syn"], ["syn"], ["syn"], ["ack"], ["syn", "ack"], ["rst"])
        .chain((flags) => of("tcp", flags)),
    },
    { weight: 1, arbitrary: ping },
  );
  const host = fc.constantFrom<string>(...HOSTS[family]);
  const own = fc.constantFrom<string>(...OWN_ADDRESSES[family]);
  const destination = fc.oneof({ weight: 4, arbitrary: host }, { weight: 1, arbitrary: own });
  const received = fc.record({
    source: host,
    destination,
    link: fc.constantFrom(...LINKS),
    ttl: fc.constantFrom(64, 64, 64, 64, 64, 1),
  });
  const sent = fc.record({ source: own, destination, link: fc.constant(null), ttl: fc.constant(64) });
  return fc
    .tuple(
      body,
      fc.oneof({ weight: 2, arbitrary: received }, { weight: 1, arbitrary: sent }),
      fc.constantFrom(0, 0, 1, 2),
    )
    .map(([rest, { link, source, destination: to, ttl }, mark]) => ({
      packet: { family, source, destination: to, ttl, mark: link === null ? mark : 0, ...rest },
      link,
    }));
}

const probes = fc.array(fc.oneof(probe(4), probe(6)), { minLength: 5, maxLength: 5 });

/** What was seen of one packet. */
interface Fate {
  readonly delivered: number;
  readonly frames: readonly (Seen & { readonly link: string })[];
  /** How often each rule counted. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Longer than a packet takes on a busy machine: only a disagreement waits so long. */
const PATIENCE = 2000;

class Machine implements Disposable {
  readonly router = new Router();
  readonly witness = new Witness(this.router.fd);

  [Symbol.dispose](): void {
    this.router[Symbol.dispose]();
  }

  #last: Counts | null = null;

  /** Rules are others now, and count from zero. */
  restart(): void {
    this.#last = null;
  }

  /** Sends a packet, and waits until the router has had it. What does not fit is looked at again, since it may still be on its way. */
  async run({ packet, link }: Probe, expected: readonly Outcome[]): Promise<Fate> {
    const { router, witness } = this;
    const before = (this.#last ??= witness.counts());
    if (link === null) router.send(packet.family, packet.source!, packet.destination!, ipPacket(packet), packet.mark!);
    else router.inject(link, frameOf(packet, router.macs[LINKS.indexOf(link as "eth0")]!));
    const frames: (Seen & { link: string })[] = [];
    const unrouted = expected.some(({ disposition }) => isUnrouted(disposition, link));
    for (const end = performance.now() + PATIENCE; ; await setImmediate()) {
      for (const { link: by, frame } of router.frames()) {
        const seen = readFrame(frame);
        // What an interface says of itself when it comes up is for groups, which no packet of a test is.
        if (seen !== null && !seen.mac.startsWith("33:33:")) frames.push({ ...seen, link: by });
      }
      const after = (this.#last = witness.counts());
      const fate = { delivered: after.delivered - before.delivered, frames, hits: differences(before, after) };
      const arrived = after.arrived > before.arrived || unrouted;
      if ((arrived && expected.some((one) => differs(one, fate) === null)) || performance.now() > end) return fate;
    }
  }
}

/** The router does not even begin to send it. */
function isUnrouted({ kind }: Disposition, link: string | null): boolean {
  return link === null && ["no-route", "unreachable", "prohibited", "blackhole"].includes(kind);
}

function differences(before: Counts, after: Counts): Record<string, number> {
  const entries = [...after.rules].map(([rule, count]) => [rule, count - (before.rules.get(rule) ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** How what was seen differs from what was said; null for not at all. */
function differs({ disposition, packet, assumed, trace }: Outcome, fate: Fate): string | null {
  const left = disposition.kind === "forwarded";
  if ((disposition.kind === "delivered" ? 1 : 0) !== fate.delivered) return `delivered ${fate.delivered} times`;
  if (fate.frames.length !== (left ? 1 : 0)) return `${fate.frames.length} frames left`;
  const [seen] = fate.frames;
  if (left && seen !== undefined) {
    if (seen.link !== disposition.link || seen.mac !== macOf(disposition.nextHop, disposition.link))
      return "it left otherwise";
    for (const key of ["source", "destination", "sourcePort", "destinationPort", "ttl"] as const)
      if (packet[key] !== null && packet[key] !== seen[key]) return `${key} is ${seen[key]}`;
  }
  // Rules that what is not known leads past: only where the packet ends is certain then.
  if (assumed.length > 0) return null;
  const said: Record<string, number> = {};
  for (const step of trace)
    if (step.kind === "rule" && step.at.rule !== null) {
      const key = `${step.at.table} ${step.at.chain} ${step.at.rule}`;
      said[key] = (said[key] ?? 0) + 1;
    }
  // A rule whose map has nothing for the packet has counted it by then.
  const hits = Object.fromEntries(
    Object.entries(fate.hits).filter(([key]) => !MAPPED.has(key) || said[key] !== undefined),
  );
  for (const key of new Set([...Object.keys(said), ...Object.keys(hits)]))
    if (said[key] !== hits[key]) return `rule ${key} counted ${hits[key] ?? 0}, not ${said[key] ?? 0}`;
  return null;
}

/** Rules of the case that translate by a map. */
const MAPPED = new Set<string>();

/** The answer to a packet that got through: where it comes from, and what it looks like. */
function answer({ disposition, packet }: Outcome): Probe | null {
  const { source, destination, sourcePort, destinationPort, protocol, icmpType, tcpFlags } = packet;
  if (source === null || destination === null) return null;
  if (protocol !== "icmp" && protocol !== "ipv6-icmp" && (sourcePort === null || destinationPort === null)) return null;
  if (icmpType !== null && icmpType !== 8 && icmpType !== 128) return null;
  if (tcpFlags !== null && tcpFlags.join() !== "syn") return null;
  const back: Packet = {
    ...packet,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
    icmpType: icmpType === null ? null : icmpType === 8 ? 0 : 129,
    tcpFlags: tcpFlags === null ? null : ["syn", "ack"],
    ttl: 64,
    mark: 0,
  };
  if (disposition.kind === "forwarded") return { packet: back, link: disposition.link };
  if (disposition.kind !== "delivered" || disposition.link === "lo") return null;
  const own: readonly string[] = OWN_ADDRESSES[packet.family];
  return own.includes(destination) ? { packet: back, link: null } : null;
}

/** What is needed to see which of the two is wrong. */
function report(
  { packet, link }: Probe,
  outcomes: readonly Outcome[],
  fate: Fate,
  { netfilter, sysctls, routes: ways, rules: policies }: Namespace,
): string {
  const lines = [`${link ?? "sent"}: ${JSON.stringify(packet)}`];
  for (const outcome of outcomes) {
    lines.push(`${differs(outcome, fate)}, but said was ${JSON.stringify(outcome.disposition)}`);
    lines.push(...outcome.trace.map((step) => `  ${JSON.stringify(step)}`), `  ${JSON.stringify(outcome.packet)}`);
  }
  const met = new Set([
    ...Object.keys(fate.hits),
    ...outcomes.flatMap(({ trace }) =>
      trace.flatMap((step) => (step.kind === "rule" ? [`${step.at.table} ${step.at.chain} ${step.at.rule}`] : [])),
    ),
  ]);
  for (const { family, name, chains, sets } of netfilter)
    for (const chain of chains)
      chain.rules.forEach(({ steps }, i) => {
        const key = `${family} ${name} ${chain.name} ${i}`;
        if (!met.has(key)) return;
        lines.push(
          `${key} (${chain.base?.priority}): ${JSON.stringify(steps.filter(({ kind }) => kind !== "counter"))}`,
        );
        for (const step of steps)
          if ("set" in step) lines.push(`  ${JSON.stringify(sets.find((set) => set.name === step.set)?.elements)}`);
      });
  for (const { family, to, type, table, metric, nextHops } of ways)
    if (family === packet.family) lines.push(JSON.stringify([type, to, table, metric, ...nextHops]));
  lines.push(...policies.filter(({ family }) => family === packet.family).map((one) => JSON.stringify(one)));
  return [...lines, JSON.stringify(sysctls), `seen: ${JSON.stringify(fate)}`].join("\n");
}

/** Milliseconds that all cases may take together. */
const TIME = 40_000;

const ENDS: readonly (Disposition["kind"] | "translated")[] = [
  "delivered",
  "forwarded",
  "dropped",
  "rejected",
  "no-route",
  "unreachable",
  "prohibited",
  "blackhole",
  "ttl-exceeded",
  "reverse-path",
  "translated",
];

test.skipIf(!hasNft)("packets fare as the evaluator says", { timeout: 120_000 }, async () => {
  console.log(`seed ${seed}`);
  using machine = new Machine();
  const { router, witness } = machine;
  // One rule that selects nothing: as soon as there has been any, the local table is one of its own.
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
  router.change([{ rule: idle }]);
  const counts = new Map<string, number>();
  let cases = 0;
  const count = (word: string): void => void counts.set(word, (counts.get(word) ?? 0) + 1);
  const check = async (
    one: Probe,
    outcomes: readonly Outcome[],
    what: string,
    namespace: Namespace,
  ): Promise<Outcome | null> => {
    if (outcomes.some(({ disposition }) => disposition.kind === "undetermined")) {
      count(`undetermined ${what}`);
      return null;
    }
    const fate = await machine.run(one, outcomes);
    const found = outcomes.find((outcome) => differs(outcome, fate) === null);
    count(`${what} ${outcomes[0]!.disposition.kind}`);
    if (found?.trace.some(({ kind }) => kind === "nat" || kind === "translated") === true) count(`${what} translated`);
    if (found !== undefined) return found;
    throw new Error(report(one, outcomes, fate, namespace));
  };
  await fc.assert(
    fc.asyncProperty(
      tables,
      routes,
      rules,
      probes,
      fc.constantFrom("0", "0", "0", "1", "2"),
      async (netfilter, made, policies, packets, filter) => {
        cases++;
        const wanted: Made[] = [...made, ...policies];
        const taken = router.change(wanted);
        try {
          witness.load(netfilter);
          machine.restart();
          router.sysctl("net.ipv4.conf.all.rp_filter", filter);
          MAPPED.clear();
          for (const table of netfilter)
            for (const chain of table.chains)
              chain.rules.forEach(({ steps }, i) => {
                const last = steps.at(-1);
                if (
                  last?.kind === "verdict-map" ||
                  (last?.kind === "dnat" && last.address?.kind === "map") ||
                  (last?.kind === "snat" && last.address?.kind === "map")
                )
                  MAPPED.add(`${table.family} ${table.name} ${chain.name} ${i}`);
              });
          const namespace: Namespace = {
            ...router.namespace(),
            netfilter,
            routes: taken.flatMap((one) => ("route" in one ? [one.route] : [])),
            rules: [idle, ...taken.flatMap((one) => ("rule" in one ? [one.rule] : []))],
            sysctls: { "net.ipv4.conf.all.rp_filter": filter },
          };
          const evaluator = new Evaluator(namespace);
          for (const one of packets) {
            witness.forget();
            const outcomes = evaluator.evaluate(one);
            const found = await check(one, outcomes, "packet", namespace);
            const back = found === null ? null : answer(found);
            if (back === null || found!.connection === null) continue;
            await check(back, evaluator.evaluate({ ...back, connection: found!.connection }), "answer", namespace);
          }
        } finally {
          router.change(taken.reverse(), "delete");
        }
      },
    ),
    { seed, numRuns: 300, endOnFailure: true, interruptAfterTimeLimit: TIME, markInterruptAsFailure: false },
  );
  const sum = (pattern: RegExp): number =>
    [...counts].reduce((total, [word, times]) => (pattern.test(word) ? total + times : total), 0);
  console.log(`${cases} cases`, Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))));
  expect(sum(/^packet (forwarded|delivered)$/)).toBeGreaterThan(0);
  // On a machine that is too busy for all of them, not everything comes about.
  if (cases < 300) return;
  // Every end has come about, and what is left undetermined is the exception.
  expect(ENDS.filter((end) => sum(new RegExp(`^packet ${end}$`)) === 0)).toEqual([]);
  expect(sum(/^answer (forwarded|delivered)$/)).toBeGreaterThan(20);
  expect(sum(/^answer translated$/)).toBeGreaterThan(10);
  expect(sum(/^undetermined/)).toBeLessThan(sum(/^(packet|answer) (?!translated)/) / 5);
});
