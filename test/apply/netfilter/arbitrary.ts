// Random netfilter tables that the kernel takes: every step in chains where it is allowed, every value of its field's type.

import fc from "fast-check";
import type {
  NetfilterChain,
  NetfilterElement,
  NetfilterField,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSet,
  NetfilterSource,
  NetfilterStep,
  NetfilterTable,
} from "../../../src/model/index.ts";
import { bytesToAddress, bytesToMac } from "../../../src/model/index.ts";
import { DATATYPES, type Datatype, SELECTORS } from "../../../src/netlink/nftables/index.ts";
import { match } from "./tables.ts";

const u8 = fc.integer({ min: 0, max: 255 });
const portNumber = fc.integer({ min: 0, max: 65_535 });
const ipv4 = fc.tuple(u8, u8, u8, u8).map((bytes) => bytes.join("."));
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytesToAddress);
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(bytesToMac);
const linkName = fc.stringMatching(/^[a-z][a-z0-9._-]{0,13}$/);
const hex32 = fc.integer({ min: 0, max: 0xffffffff }).map((number) => `0x${number.toString(16).padStart(8, "0")}`);

function named({ names }: Datatype): fc.Arbitrary<string> {
  return fc.constantFrom(...(names?.values() ?? []));
}

/** One value, by the name of its type. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ipv4_addr: ipv4,
  ipv6_addr: ipv6,
  ether_addr: mac,
  ifname: linkName,
  mark: hex32,
  inet_service: portNumber.map(String),
  inet_proto: fc.oneof(named(DATATYPES.protocol), fc.integer({ min: 200, max: 255 }).map(String)),
  nf_proto: named(DATATYPES.nfproto),
  ether_type: named(DATATYPES.etherType),
  arp_op: named(DATATYPES.arpOperation),
  icmp_type: named(DATATYPES.icmpType),
  icmp_code: named(DATATYPES.icmpCode),
  icmpv6_type: named(DATATYPES.icmpv6Type),
  icmpv6_code: named(DATATYPES.icmpv6Code),
  pkt_type: named(DATATYPES.packetType),
  ct_dir: named(DATATYPES.ctDirection),
  fib_addrtype: named(DATATYPES.addressType),
};

const bitNames = (type: Datatype): string[] => (type.bits ?? []).map(([, name]) => name);

/** Ranges of addresses and ports that lie apart: the second halves of what is cut into pieces. */
function apart(type: string, count: number): fc.Arbitrary<string[]> {
  if (type === "inet_service")
    return fc
      .uniqueArray(portNumber, { minLength: count * 2, maxLength: count * 2 })
      .map((numbers) => pairs(numbers.sort((a, b) => a - b)).map(([a, b]) => `${a}-${b}`));
  const write = (tail: number): string =>
    type === "ipv4_addr" ? `10.1.${tail >> 8}.${tail & 255}` : `2001:db8::1:${tail.toString(16)}`;
  return fc
    .uniqueArray(fc.integer({ min: 0x1000, max: 0xfff0 }), { minLength: count * 2, maxLength: count * 2 })
    .map((numbers) => pairs(numbers.sort((a, b) => a - b)).map(([a, b]) => `${write(a)}-${write(b)}`));
}

function pairs(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

const prefix4 = fc.tuple(u8, fc.integer({ min: 1, max: 31 })).map(([byte, length]) => networkText(byte, length));
/** 10.x/length with the host bits cut off. */
function networkText(byte: number, length: number): string {
  const value = ((10 << 24) | (byte << 16) | (byte << 8)) & (length === 0 ? 0 : -1 << (32 - length));
  return `${[24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".")}/${length}`;
}

const FIELDS = Object.keys(SELECTORS) as NetfilterField[];
const typeName = (field: NetfilterField): string => SELECTORS[field].type.name;
/** What must be known of the packet for a field to be told from another at the same place. */
const NEEDS: Partial<Record<NetfilterField, NetfilterStep>> = {
  "icmp type": match("l4proto", "icmp"),
  "icmp code": match("l4proto", "icmp"),
  "icmpv6 type": match("l4proto", "ipv6-icmp"),
  "icmpv6 code": match("l4proto", "ipv6-icmp"),
};
/** nf_tables lets routing be asked only at some hooks. */
const usable =
  (hook: string) =>
  (field: NetfilterField): boolean => {
    if (!field.startsWith("fib")) return true;
    if (field === "fib daddr type" || field === "fib saddr type") return true;
    if (field === "fib daddr . oif type") return hook === "output" || hook === "postrouting";
    return hook === "prerouting" || hook === "input" || hook === "forward";
  };

const isBits = (field: NetfilterField): boolean => bitNames(SELECTORS[field].type).length > 0;

function matchOf(field: NetfilterField): fc.Arbitrary<NetfilterStep[]> {
  const type = SELECTORS[field].type;
  const value = VALUES[type.name];
  const bits = bitNames(type);
  const values: fc.Arbitrary<readonly string[]> =
    value === undefined
      ? fc.subarray(bits, { minLength: 1 })
      : fc.oneof(
          value.map((one) => [one]),
          fc.uniqueArray(value, { minLength: 2, maxLength: 4 }),
          ...(["ipv4_addr", "ipv6_addr", "inet_service"].includes(type.name)
            ? [apart(type.name, 1), apart(type.name, 3)]
            : []),
          ...(type.name === "ipv4_addr" ? [prefix4.map((one) => [one])] : []),
          ...(type.name === "ifname"
            ? [linkName.map((name) => [`${name}*`]), linkName.map((name) => [`1${name}`, `2${name}*`])]
            : []),
          ...(type.name === "mark"
            ? [fc.constant(["0x00000005-0x00000009"]), fc.constant(["0x00000001", "0x00000005-0x00000009"])]
            : []),
        );
  const need = NEEDS[field];
  return fc
    .tuple(values, fc.boolean())
    .map(([list, not]) => [...(need ? [need] : []), { kind: "match", fields: [field], not, values: list }]);
}

function concatenated(hook: string): fc.Arbitrary<NetfilterStep[]> {
  const fields = FIELDS.filter(usable(hook)).filter((field) => !isBits(field));
  return fc.uniqueArray(fc.constantFrom(...fields), { minLength: 2, maxLength: 3 }).chain((chosen) =>
    fc
      .tuple(
        fc.array(fc.tuple(...chosen.map((field) => VALUES[typeName(field)]!)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
      )
      .filter(([rows]) => new Set(rows.map(String)).size === rows.length)
      .map(([rows, not]): NetfilterStep[] => [
        { kind: "match", fields: chosen, not, values: rows.map((row) => row.join(" . ")) },
      ]),
  );
}

const hash = fc.record({
  hash: fc.uniqueArray(fc.constantFrom<NetfilterField>("ip saddr", "ip6 daddr", "sport", "dport", "l4proto"), {
    minLength: 1,
    maxLength: 3,
  }),
  modulus: fc.integer({ min: 1, max: 20_000 }),
  offset: fc.integer({ min: 0, max: 40_000 }),
  seed: fc.integer({ min: 0, max: 0xffffffff }),
});

/** Types of keys, with the fields that fit them. */
const KEYS: readonly (readonly NetfilterField[])[] = [
  ["ip saddr"],
  ["ip6 daddr"],
  ["dport"],
  ["iifname"],
  ["mark"],
  ["ip saddr", "sport"],
  ["ip6 saddr", "l4proto", "dport"],
  ["l4proto", "dport"],
  ["oifname", "ip daddr"],
];

interface KnownSet {
  readonly set: NetfilterSet;
  readonly fields: readonly NetfilterField[];
}

function elementsOf(
  types: readonly string[],
  value: readonly string[] | null,
  interval: boolean,
): fc.Arbitrary<readonly NetfilterElement[]> {
  const answers =
    value &&
    fc.tuple(
      ...value.map((type) => (type === "verdict" ? fc.constantFrom("accept", "drop", "return") : VALUES[type]!)),
    );
  const keys: fc.Arbitrary<string[][]> =
    interval && types.length === 1
      ? fc.integer({ min: 1, max: 4 }).chain((count) => apart(types[0]!, count).map((list) => list.map((one) => [one])))
      : fc.uniqueArray(fc.tuple(...types.map((type) => VALUES[type]!)), { maxLength: 5, selector: (one) => one[0]! });
  return keys.chain((list) =>
    answers === null
      ? fc.constant(list.map((key): NetfilterElement => ({ key, value: null })))
      : fc
          .tuple(...list.map(() => answers))
          .map((all) => list.map((key, i): NetfilterElement => ({ key, value: all[i]! }))),
  );
}

const VALUE_TYPES = [
  null,
  ["verdict"],
  ["ipv4_addr"],
  ["ipv4_addr", "inet_service"],
  ["ipv6_addr", "inet_service"],
] as const;

function setOf(name: string): fc.Arbitrary<KnownSet> {
  return fc
    .record({
      fields: fc.constantFrom(...KEYS),
      value: fc.constantFrom(...VALUE_TYPES),
      dynamic: fc.boolean(),
      ranges: fc.boolean(),
      timeout: fc.constantFrom(null, 30, 3600),
      size: fc.constantFrom(null, 1000),
    })
    .chain(({ fields, value, dynamic, ranges, timeout, size }) => {
      const key = fields.map(typeName);
      const changing = dynamic && value?.[0] !== "verdict";
      const interval = !changing && ranges && ["ipv4_addr", "ipv6_addr", "inet_service"].includes(key[0]!);
      const base = {
        name,
        key,
        value,
        interval,
        dynamic: changing,
        timeout: changing ? timeout : null,
        size: changing || !interval ? size : null,
      };
      return (changing ? fc.constant([]) : elementsOf(key, value, interval)).map((elements) => ({
        set: { ...base, elements },
        fields,
      }));
    });
}

const natFlags = fc.subarray(["random", "fully-random", "persistent"] as const);
const constantPort = fc.tuple(portNumber, portNumber).map(([a, b]): NetfilterOperand => {
  const [from, to] = [Math.min(a, b), Math.max(a, b)].map(String);
  return { kind: "constant", from: from!, to: to! };
});
const port = (maps: readonly KnownSet[]): fc.Arbitrary<NetfilterOperand> =>
  fc.oneof(
    constantPort,
    hash.map((source): NetfilterOperand => ({ kind: "source", source })),
    fc
      .constantFrom<NetfilterSource>("sport", "ct original proto-dst")
      .map((source): NetfilterOperand => ({ kind: "source", source })),
    ...maps
      .filter(({ set }) => set.value?.[1] === "inet_service")
      .map(({ set, fields }) => fc.constant<NetfilterOperand>({ kind: "map", fields, set: set.name, part: 1 })),
  );

function address(family: 4 | 6, maps: readonly KnownSet[]): fc.Arbitrary<NetfilterOperand> {
  const one = family === 4 ? ipv4 : ipv6;
  const type = family === 4 ? "ipv4_addr" : "ipv6_addr";
  return fc.oneof(
    one.map((text): NetfilterOperand => ({ kind: "constant", from: text, to: text })),
    fc.constant<NetfilterOperand>(
      family === 4
        ? { kind: "constant", from: "10.0.0.1", to: "10.0.0.9" }
        : { kind: "constant", from: "fd00::1", to: "fd00::9" },
    ),
    fc.constant<NetfilterOperand>({ kind: "source", source: family === 4 ? "ct original ip saddr" : "ip6 saddr" }),
    ...maps
      .filter(({ set }) => set.value?.[0] === type)
      .map(({ set, fields }) => fc.constant<NetfilterOperand>({ kind: "map", fields, set: set.name, part: 0 })),
  );
}

function natStep(hook: string, maps: readonly KnownSet[]): fc.Arbitrary<NetfilterStep> {
  const kind = hook === "postrouting" || hook === "input" ? "snat" : "dnat";
  const orNull = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });
  const translation = fc.constantFrom(4, 6).chain((family) =>
    fc
      .record({
        kind: fc.constant(kind),
        family: fc.constant(family),
        address: orNull(address(family, maps)),
        port: orNull(port(maps)),
        flags: natFlags,
      })
      .map((step): NetfilterStep =>
        step.address === null && step.port === null
          ? { ...step, port: { kind: "constant", from: "1", to: "1" } }
          : step,
      ),
  );
  const whole = natFlags.map((flags): NetfilterStep => ({
    kind,
    family: 4,
    address: { kind: "prefix", prefix: "10.7.0.0/16" },
    port: null,
    flags,
  }));
  const short = fc.record({ port: orNull(port(maps)), flags: natFlags });
  if (hook === "postrouting")
    return fc.oneof(
      translation,
      whole,
      short.map((rest): NetfilterStep => ({ kind: "masquerade", ...rest })),
    );
  if (hook === "prerouting" || hook === "output")
    return fc.oneof(
      translation,
      whole,
      short.map((rest): NetfilterStep => ({ kind: "redirect", ...rest })),
    );
  return fc.oneof(translation, whole);
}

const text = fc.stringMatching(/^[a-zA-Z0-9 .:_-]{1,40}$/);
const rejectText = fc.oneof(
  fc.constant("tcp reset"),
  named(DATATYPES.icmpxCode).map((code) => `icmpx ${code}`),
);

function plainStep(hook: string, sets: readonly KnownSet[], targets: readonly string[]): fc.Arbitrary<NetfilterStep[]> {
  const one = (step: fc.Arbitrary<NetfilterStep>): fc.Arbitrary<NetfilterStep[]> => step.map((each) => [each]);
  const changing = sets.filter(({ set }) => set.dynamic);
  // A set that rules write to is asked by rules as well.
  const plain = sets.filter(({ set }) => set.value === null);
  const verdicts = sets.filter(({ set }) => set.value?.[0] === "verdict");
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...FIELDS.filter(usable(hook))).chain(matchOf) },
    { weight: 2, arbitrary: concatenated(hook) },
    { weight: 1, arbitrary: one(fc.constant({ kind: "counter" })) },
    {
      weight: 1,
      arbitrary: one(
        fc.record({
          kind: fc.constant("log"),
          prefix: fc.option(text, { nil: null }),
          level: fc.constantFrom(null, 0, 6, 7),
          group: fc.constant(null),
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: one(
        fc.record({
          kind: fc.constant("log"),
          prefix: fc.option(text, { nil: null }),
          level: fc.constant(null),
          group: fc.integer({ min: 0, max: 9 }),
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: one(
        fc.record({
          kind: fc.constant("limit"),
          rate: fc.integer({ min: 1, max: 10_000 }),
          seconds: fc.constantFrom(1, 60, 3600),
          burst: fc.integer({ min: 1, max: 100 }),
          over: fc.boolean(),
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: one(
        fc.record({
          kind: fc.constant("set"),
          field: fc.constantFrom("mark", "ct mark"),
          value: fc.integer({ min: 0, max: 0xffffffff }),
        }),
      ),
    },
    ...(plain.length === 0
      ? []
      : [
          {
            weight: 3,
            arbitrary: one(
              fc
                .tuple(fc.constantFrom(...plain), fc.boolean())
                .map(([{ set, fields }, not]): NetfilterStep => ({ kind: "lookup", fields, not, set: set.name })),
            ),
          },
        ]),
    ...(verdicts.length === 0
      ? []
      : [
          {
            weight: 2,
            arbitrary: one(
              fc
                .constantFrom(...verdicts)
                .map(({ set, fields }): NetfilterStep => ({ kind: "verdict-map", fields, set: set.name })),
            ),
          },
        ]),
    ...(changing.length === 0 ? [] : [{ weight: 3, arbitrary: one(fc.constantFrom(...changing).chain(updateOf)) }]),
    ...(targets.length === 0
      ? []
      : [
          {
            weight: 1,
            arbitrary: one(fc.constantFrom(...targets).map((chain): NetfilterStep => ({ kind: "jump", chain }))),
          },
        ]),
  );
}

const OF_TYPE: Readonly<Record<string, NetfilterField>> = {
  ipv4_addr: "ip daddr",
  ipv6_addr: "ip6 saddr",
  inet_service: "sport",
};

function updateOf({ set, fields }: KnownSet): fc.Arbitrary<NetfilterStep> {
  return fc.tuple(fc.constantFrom("add", "update", "delete"), fc.boolean()).map(([operation, timed]) => ({
    kind: "update",
    operation,
    set: set.name,
    key: fields,
    value: (set.value ?? []).map((type) => OF_TYPE[type]!),
    timeout: timed && operation !== "delete" ? 120 : null,
  }));
}

function lastStep(
  type: string,
  hook: string,
  sets: readonly KnownSet[],
  targets: readonly string[],
): fc.Arbitrary<NetfilterStep[]> {
  const plain = fc.constantFrom<NetfilterStep>(
    { kind: "accept" },
    { kind: "drop" },
    { kind: "return" },
    ...targets.map((chain): NetfilterStep => ({ kind: "goto", chain })),
  );
  if (type === "nat")
    return natStep(
      hook,
      sets.filter(({ set }) => set.value !== null && set.value[0] !== "verdict"),
    ).map((step) => [step]);
  if (hook === "forward" || hook === "input")
    return fc.oneof(
      plain.map((one) => [one]),
      rejectText.map((how): NetfilterStep[] => [{ kind: "reject", with: how }]),
      fc.constant<NetfilterStep[]>([]),
    );
  return fc.oneof(
    plain.map((one) => [one]),
    fc.constant<NetfilterStep[]>([{ kind: "notrack" }]),
  );
}

function rulesOf(
  type: string,
  hook: string,
  sets: readonly KnownSet[],
  targets: readonly string[],
): fc.Arbitrary<NetfilterRule[]> {
  const step = plainStep(hook, sets, targets);
  const rule = fc
    .tuple(fc.array(step, { maxLength: 4 }), lastStep(type, hook, sets, targets), fc.option(text, { nil: null }))
    .map(([steps, last, comment]): NetfilterRule => ({ steps: [...steps.flat(), ...last], comment }));
  return fc.array(rule, { maxLength: 5 });
}

const BASES = [
  ["filter", "input", 0],
  ["filter", "forward", 0],
  ["filter", "output", -10],
  ["filter", "prerouting", -300],
  ["nat", "prerouting", -100],
  ["nat", "output", -100],
  ["nat", "input", 100],
  ["nat", "postrouting", 100],
] as const;

export const anyTable: fc.Arbitrary<NetfilterTable> = fc
  .integer({ min: 0, max: 4 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => setOf(`s${i}`))))
  .chain((sets) => {
    const targets = ["sub"];
    const chains = BASES.map(([type, hook, priority]): fc.Arbitrary<NetfilterChain> =>
      fc
        .tuple(
          rulesOf(type, hook, sets, type === "filter" ? targets : []),
          type === "nat" ? fc.constant("accept" as const) : fc.constantFrom("accept", "drop"),
        )
        .map(([rules, policy]) => ({
          name: `${type}-${hook}`,
          base: { type, hook, priority, policy, devices: [] },
          rules,
        })),
    );
    const sub: fc.Arbitrary<NetfilterChain> = fc
      .array(fc.array(plainStep("none", sets, []), { minLength: 1, maxLength: 3 }), { maxLength: 3 })
      .map((rules) => ({
        name: "sub",
        base: null,
        rules: rules.map((steps) => ({ steps: steps.flat(), comment: null })),
      }));
    return fc
      .subarray(chains)
      .chain((chosen) => fc.tuple(...chosen, sub))
      .map((all): NetfilterTable => ({
        family: "inet",
        name: "netloom",
        sets: sets.map(({ set }) => set),
        chains: all,
      }));
  });
