// Random sets and maps over few values, and the values that rules are made of.

import fc from "fast-check";
import type { NetfilterField, NetfilterSet, NetfilterStep } from "../../src/model/index.ts";
import { match, map, set as plainSet } from "../apply/netfilter/tables.ts";
import { HOSTS, LINKS } from "./router.ts";

export const PORTS = [53, 80, 1000, 2000, 40_000] as const;

export type TableFamily = "ip" | "ip6" | "inet";
export type Six = 4 | 6;

const LOCAL = {
  4: ["10.0.0.1", "10.0.1.1", "10.0.1.9", "10.0.2.1"],
  6: ["fd00::1", "fd01::1", "fd02::1"],
} as const;
const RANGES = {
  4: ["10.0.0.0/24", "10.0.1.0/24", "10.0.0.2-10.0.1.2", "172.16.0.0/12", "10.0.0.0/8", "0.0.0.0-10.0.1.1"],
  6: ["fd00::/64", "fd01::/64", "fd00::2-fd01::2", "fdac::/16", "fd00::/8"],
} as const;

export const addressText = (family: Six): fc.Arbitrary<string> =>
  fc.constantFrom<string>(...HOSTS[family], ...LOCAL[family]);
export const rangeText = (family: Six): fc.Arbitrary<string> => fc.constantFrom<string>(...RANGES[family]);
export const port = fc.constantFrom(...PORTS).map(String);
export const portRange = fc.constantFrom("0-79", "80-1000", "1001-65535", "53-80");
export const linkName = fc.constantFrom(...LINKS);

export const TRANSPORT = match("l4proto", "tcp", "udp");

export interface Known {
  readonly set: NetfilterSet;
  readonly fields: readonly NetfilterField[];
  readonly family: Six | null;
}

/** One of each sort for a table. */
export function sets(table: TableFamily, targets: readonly string[]): fc.Arbitrary<Known[]> {
  const families: Six[] = table === "ip" ? [4] : table === "ip6" ? [6] : [4, 6];
  const verdict = fc.constantFrom(
    "accept",
    "drop",
    "return",
    ...targets.flatMap((chain) => [`jump ${chain}`, `goto ${chain}`]),
  );
  const ports = fc.uniqueArray(port, { minLength: 1, maxLength: 4 });
  const common: fc.Arbitrary<Known>[] = [
    ports.map((list) => ({
      set: plainSet(
        "ports",
        ["inet_service"],
        list.map((one) => [one]),
      ),
      fields: ["dport"],
      family: null,
    })),
    fc.constantFrom(["0-52", "80-1000"], ["53-53", "2000-65535"], ["1-65535"]).map((list) => ({
      set: plainSet(
        "port_ranges",
        ["inet_service"],
        list.map((one) => [one]),
        { interval: true },
      ),
      fields: ["sport"],
      family: null,
    })),
    fc.tuple(ports, fc.array(verdict, { minLength: 4, maxLength: 4 })).map(([list, verdicts]) => ({
      set: map(
        "verdicts",
        ["inet_service"],
        ["verdict"],
        list.map((one, i) => [[one], [verdicts[i]!]] as const),
      ),
      fields: ["dport"],
      family: null,
    })),
    fc.uniqueArray(linkName, { minLength: 1, maxLength: 2 }).map((list) => ({
      set: plainSet(
        "links",
        ["ifname"],
        list.map((one) => [one]),
      ),
      fields: ["iifname"],
      family: null,
    })),
    fc.constant({
      set: plainSet("learned", ["inet_service"], [], { dynamic: true, timeout: 60 }),
      fields: ["dport"],
      family: null,
    }),
  ];
  const ofFamily = (family: Six): fc.Arbitrary<Known>[] => {
    const [type, field] = family === 4 ? (["ipv4_addr", "ip"] as const) : (["ipv6_addr", "ip6"] as const);
    return [
      fc.uniqueArray(addressText(family), { minLength: 1, maxLength: 5 }).map((list) => ({
        set: plainSet(
          `hosts${family}`,
          [type],
          list.map((one) => [one]),
        ),
        fields: [`${field} saddr`],
        family,
      })),
      rangeText(family).map((range) => ({
        set: plainSet(`nets${family}`, [type], [[range]], { interval: true }),
        fields: [`${field} daddr`],
        family,
      })),
      fc
        .uniqueArray(fc.tuple(addressText(family), port), { minLength: 1, maxLength: 4, selector: String })
        .map((rows) => ({
          set: plainSet(`pairs${family}`, [type, "inet_service"], rows),
          fields: [`${field} daddr`, "dport"],
          family,
        })),
      fc
        .tuple(ports, fc.array(fc.tuple(addressText(family), port), { minLength: 4, maxLength: 4 }))
        .map(([list, to]) => ({
          set: map(
            `led${family}`,
            ["inet_service"],
            [type, "inet_service"],
            list.map((one, i) => [[one], to[i]!] as const),
          ),
          fields: ["dport"],
          family,
        })),
    ];
  };
  return fc.tuple(...common, ...families.flatMap(ofFamily));
}

const isPorts = ({ fields }: Known): boolean => fields.includes("dport") || fields.includes("sport");

export function lookups(table: TableFamily, known: readonly Known[]): fc.Arbitrary<NetfilterStep[]> {
  const usable = known.filter(({ set }) => set.value === null);
  return fc
    .tuple(fc.constantFrom(...usable), fc.boolean())
    .map(([one, not]): NetfilterStep[] => [
      ...(one.family !== null && table === "inet" ? [match("nfproto", one.family === 4 ? "ipv4" : "ipv6")] : []),
      ...(isPorts(one) ? [TRANSPORT] : []),
      { kind: "lookup", fields: one.fields, not, set: one.set.name },
    ]);
}
