// Random rule sets over few values, so that packets meet most of what they say. Every rule counts what comes through it, and
// no two chains of a hook have one priority: a model does not know which of them would be first.

import fc from "fast-check";
import type {
  NetfilterBase,
  NetfilterChain,
  NetfilterField,
  NetfilterOperand,
  NetfilterRule,
  NetfilterStep,
  NetfilterTable,
} from "../../src/model/index.ts";
import { match } from "../apply/netfilter/tables.ts";
import {
  addressText,
  type Known,
  linkName,
  lookups,
  port,
  portRange,
  rangeText,
  sets,
  type Six,
  type TableFamily,
  TRANSPORT,
} from "./arbitrary-sets.ts";

const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });

/** Some of the values, or one range: those of one comparison must not overlap. */
function values(one: fc.Arbitrary<string>, ranges: fc.Arbitrary<string> | null): fc.Arbitrary<string[]> {
  return fc.oneof(
    one.map((value) => [value]),
    fc.uniqueArray(one, { minLength: 2, maxLength: 4 }),
    ...(ranges === null ? [] : [ranges.map((value) => [value])]),
  );
}

const compare = (field: NetfilterField, list: fc.Arbitrary<string[]>, guard: readonly NetfilterStep[] = []) =>
  fc
    .tuple(list, fc.boolean())
    .map(([found, not]): NetfilterStep[] => [...guard, { kind: "match", fields: [field], not, values: found }]);

/** Comparisons that are allowed at a hook of a table. */
function comparison(table: TableFamily, hook: string): fc.Arbitrary<NetfilterStep[]> {
  const families: Six[] = table === "ip" ? [4] : table === "ip6" ? [6] : [4, 6];
  const guard = (family: Six): NetfilterStep[] =>
    table === "inet" ? [match("nfproto", family === 4 ? "ipv4" : "ipv6")] : [];
  const ofFamily = (family: Six): fc.Arbitrary<NetfilterStep[]>[] => {
    const [version, addresses] = [family === 4 ? "ip" : "ip6", values(addressText(family), rangeText(family))] as const;
    return [
      compare(`${version} saddr`, addresses, guard(family)),
      compare(`${version} daddr`, addresses, guard(family)),
      compare(`ct original ${version} saddr`, values(addressText(family), null), guard(family)),
      compare(`ct original ${version} daddr`, values(addressText(family), null), guard(family)),
      compare(`ct reply ${version} saddr`, values(addressText(family), null), guard(family)),
      compare(`ct reply ${version} daddr`, values(addressText(family), null), guard(family)),
      fc
        .tuple(
          fc.uniqueArray(fc.tuple(addressText(family), port), { minLength: 1, maxLength: 4, selector: String }),
          fc.boolean(),
        )
        .map(([rows, not]): NetfilterStep[] => [
          ...guard(family),
          TRANSPORT,
          { kind: "match", fields: [`${version} daddr`, "dport"], not, values: rows.map((row) => row.join(" . ")) },
        ]),
      compare(
        family === 4 ? "icmp type" : "icmpv6 type",
        fc.constantFrom(["echo-request"], ["echo-reply"], ["echo-request", "echo-reply"], ["destination-unreachable"]),
        [match("l4proto", family === 4 ? "icmp" : "ipv6-icmp")],
      ),
    ];
  };
  const early = ["prerouting", "input", "forward"].includes(hook);
  const late = ["output", "postrouting"].includes(hook);
  const type = fc.constantFrom<string[]>(["local"], ["unicast"], ["local", "broadcast"]);
  return fc.oneof(
    compare("iifname", values(linkName, fc.constant("eth*"))),
    compare("oifname", values(linkName, fc.constant("e*"))),
    compare("l4proto", values(fc.constantFrom("tcp", "udp", "icmp", "ipv6-icmp"), null)),
    compare("sport", values(port, portRange), [TRANSPORT]),
    compare("dport", values(port, portRange), [TRANSPORT]),
    compare("mark", fc.constantFrom(["0x00000001"], ["0x00000000", "0x00000002"], ["0x00000001-0x00000002"])),
    compare("tcp flags", fc.constantFrom(["syn"], ["ack", "rst"], ["fin"]), [match("l4proto", "tcp")]),
    compare(
      "ct state",
      fc.subarray(["new", "established", "invalid", "untracked", "related"], { minLength: 1, maxLength: 2 }),
    ),
    compare("ct status", fc.constantFrom(["dnat"], ["snat"], ["snat", "dnat"], ["seen-reply"], ["confirmed"])),
    compare("ct direction", fc.constantFrom(["original"], ["reply"])),
    compare("ct mark", fc.constantFrom(["0x00000000"], ["0x00000001"], ["0x00000001", "0x00000002"])),
    compare("ct original proto-dst", values(port, null), [TRANSPORT]),
    compare("ct reply proto-src", values(port, null), [TRANSPORT]),
    compare("fib daddr type", type),
    compare("fib saddr type", type),
    ...(early
      ? [compare("fib daddr . iif type", type), compare("fib saddr . iif oifname", values(linkName, null))]
      : []),
    ...(late ? [compare("fib daddr . oif type", type)] : []),
    ...families.flatMap(ofFamily),
  );
}

const constant = (from: string, to = from): NetfilterOperand => ({ kind: "constant", from, to });

function translation(table: TableFamily, hook: string, known: readonly Known[]): fc.Arbitrary<NetfilterStep[]> {
  const families: Six[] = table === "ip" ? [4] : table === "ip6" ? [6] : [4, 6];
  const kind = hook === "postrouting" || hook === "input" ? "snat" : "dnat";
  const ports = fc.constantFrom(constant("80"), constant("2000"), constant("50", "60"), constant("1", "65535"));
  const ofFamily = (family: Six): fc.Arbitrary<NetfilterStep[]>[] => {
    const led = known.find(({ set }) => set.name === `led${family}`)!;
    const operand = (part: number): NetfilterOperand => ({ kind: "map", fields: led.fields, set: led.set.name, part });
    const address = fc.oneof(
      { weight: 6, arbitrary: addressText(family).map((one) => constant(one)) },
      {
        weight: 1,
        arbitrary: fc.constant<NetfilterOperand>({
          kind: "prefix",
          prefix: family === 4 ? "10.0.1.0/24" : "fd01::/64",
        }),
      },
      {
        weight: 1,
        arbitrary: fc.constant(family === 4 ? constant("10.0.0.2", "10.0.0.3") : constant("fd00::2", "fd00::3")),
      },
    );
    const flags = fc.constantFrom<readonly "random"[]>([], [], [], [], ["random"]);
    return [
      fc.tuple(address, maybe(ports), flags).map(([to, at, list]): NetfilterStep[] => [
        TRANSPORT,
        {
          kind,
          family,
          address: to,
          port: to.kind === "prefix" ? null : at,
          flags: to.kind === "prefix" ? [] : list,
        },
      ]),
      address.map((to): NetfilterStep[] => [{ kind, family, address: to, port: null, flags: [] }]),
      ports.map((at): NetfilterStep[] => [TRANSPORT, { kind, family, address: null, port: at, flags: [] }]),
      fc.constant<NetfilterStep[]>([TRANSPORT, { kind, family, address: operand(0), port: operand(1), flags: [] }]),
    ];
  };
  const short = (name: "masquerade" | "redirect"): fc.Arbitrary<NetfilterStep[]> =>
    fc.oneof(
      fc.constant<NetfilterStep[]>([{ kind: name, port: null, flags: [] }]),
      ports.map((at): NetfilterStep[] => [TRANSPORT, { kind: name, port: at, flags: [] }]),
    );
  const shortcuts = hook === "postrouting" ? [short("masquerade")] : kind === "dnat" ? [short("redirect")] : [];
  return fc.oneof(...families.flatMap(ofFamily), ...shortcuts);
}

function rule(
  table: TableFamily,
  base: Pick<NetfilterBase, "type" | "hook"> | null,
  known: readonly Known[],
  targets: readonly string[],
): fc.Arbitrary<NetfilterRule> {
  const hook = base?.hook ?? "none";
  const changes = fc.oneof(
    fc.constantFrom(0, 1, 2).map((value): NetfilterStep[] => [{ kind: "set", field: "mark", value }]),
    fc.constantFrom(1, 2).map((value): NetfilterStep[] => [{ kind: "set", field: "ct mark", value }]),
  );
  const step = fc.oneof(
    { weight: 8, arbitrary: comparison(table, hook) },
    { weight: 3, arbitrary: lookups(table, known) },
    { weight: 1, arbitrary: changes },
  );
  const jumps = targets.flatMap((chain): NetfilterStep[][] => [[{ kind: "jump", chain }], [{ kind: "goto", chain }]]);
  const one = (...steps: NetfilterStep[]): fc.Arbitrary<NetfilterStep[]> => fc.constant(steps);
  const rejecting = hook === "input" || hook === "forward" || hook === "output";
  const end: fc.Arbitrary<NetfilterStep[]> =
    base?.type === "nat"
      ? fc.oneof(
          { weight: 8, arbitrary: translation(table, hook, known) },
          { weight: 1, arbitrary: one({ kind: "accept" }) },
          { weight: 1, arbitrary: one({ kind: "drop" }) },
        )
      : fc.oneof(
          { weight: 3, arbitrary: one() },
          { weight: 2, arbitrary: one({ kind: "accept" }) },
          { weight: 1, arbitrary: one({ kind: "drop" }) },
          { weight: 1, arbitrary: one({ kind: "return" }) },
          ...(rejecting
            ? [
                {
                  weight: 1,
                  arbitrary: fc
                    .constantFrom("icmpx port-unreachable", "tcp reset")
                    .map((how): NetfilterStep[] => [
                      ...(how === "tcp reset" ? [match("l4proto", "tcp")] : []),
                      { kind: "reject", with: how },
                    ]),
                },
              ]
            : []),
          ...(hook === "prerouting" || hook === "output" ? [{ weight: 1, arbitrary: one({ kind: "notrack" }) }] : []),
          ...(jumps.length > 0
            ? [{ weight: 2, arbitrary: one(TRANSPORT, { kind: "verdict-map", fields: ["dport"], set: "verdicts" }) }]
            : []),
          ...(jumps.length > 0 ? [{ weight: 3, arbitrary: fc.constantFrom(...jumps) }] : []),
        );
  return fc
    .tuple(fc.array(step, { minLength: base?.type === "nat" ? 0 : 1, maxLength: 2 }), end)
    .map(([steps, last]) => {
      const all = [...steps.flat(), ...last];
      const at = last.length === 0 ? all.length : all.length - 1;
      return { steps: [...all.slice(0, at), { kind: "counter" }, ...all.slice(at)], comment: null };
    });
}

/** By hook and type, the priorities that chains may have. */
const PLACES: readonly (readonly [NetfilterBase["type"], NetfilterBase["hook"], readonly number[]])[] = [
  ["filter", "prerouting", [-300, -150, -50, 200]],
  ["nat", "prerouting", [-100, -90]],
  ["filter", "input", [-10, 0, 150]],
  ["nat", "input", [100, 110]],
  ["filter", "forward", [-10, 0, 50]],
  ["filter", "output", [-300, -50, 0]],
  ["route", "output", [-150, -60, 10]],
  ["nat", "output", [-100, -90]],
  ["filter", "postrouting", [-150, 0, 150]],
  ["nat", "postrouting", [100, 110]],
];

function chains(
  table: TableFamily,
  index: number,
  known: readonly Known[],
  targets: readonly string[],
): fc.Arbitrary<NetfilterChain[]> {
  const based = PLACES.map(([type, hook, priorities]) =>
    maybe(
      fc
        .record({
          policy:
            type === "nat"
              ? fc.constant("accept" as const)
              : fc.constantFrom(...Array<"accept">(11).fill("accept"), "drop" as const),
          rules: fc.array(rule(table, { type, hook }, known, type === "nat" ? [] : targets), {
            minLength: 1,
            maxLength: 4,
          }),
        })
        .map(({ policy, rules }): NetfilterChain => ({
          name: `${type}_${hook}`,
          base: { type, hook, priority: priorities[index]!, policy, devices: [] },
          rules,
        })),
    ),
  );
  const called = targets.map((name, i) =>
    fc
      .array(rule(table, null, known, targets.slice(i + 1)), { maxLength: 3 })
      .map((rules): NetfilterChain => ({ name, base: null, rules })),
  );
  return fc.tuple(...based, ...called).map((list) => list.filter((one) => one !== null));
}

function tableOf(family: TableFamily, index: number): fc.Arbitrary<NetfilterTable> {
  const targets = ["first", "second"];
  return sets(family, ["second"]).chain((known) =>
    chains(family, index, known, targets).map((all): NetfilterTable => ({
      family,
      name: `t${index}`,
      sets: known.map(({ set }) => set),
      chains: all,
    })),
  );
}

const family = fc.constantFrom<TableFamily>("inet", "inet", "ip", "ip6");

/** One or two tables. */
export const tables: fc.Arbitrary<NetfilterTable[]> = fc
  .tuple(family, maybe(family))
  .chain(([first, second]) => fc.tuple(tableOf(first, 0), ...(second === null ? [] : [tableOf(second, 1)])));
