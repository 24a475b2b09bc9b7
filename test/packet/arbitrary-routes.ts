// Random routes and policy rules over few addresses, so that many of them overlap.

import fc from "fast-check";
import type { Family, NextHop, RouteType } from "../../src/model/index.ts";
import { HOSTS, LINKS, type MadeRoute, type MadeRule, OWN_ADDRESSES } from "./router.ts";

const PREFIXES = {
  4: [
    "0.0.0.0/0",
    "172.16.0.0/12",
    "172.16.0.0/16",
    "172.16.0.0/24",
    "172.16.0.5/32",
    "172.16.1.0/24",
    "192.0.2.0/24",
    "10.0.0.0/8",
    "10.0.1.0/25",
    "10.0.1.9/32",
    "10.0.2.0/24",
    "127.0.0.4/30",
  ],
  6: [
    "::/0",
    "fdac::/16",
    "fdac::/64",
    "fdac::5/128",
    "fdac:0:0:1::/64",
    "2001:db8::/32",
    "fd00::/8",
    "fd01::/65",
    "fd01::1/128",
    "fd02::/64",
  ],
} as const;
/** Most are in the main table: others need a rule that leads there. */
const TABLES = [254, 254, 254, 100, 200] as const;

const link = fc.constantFrom(...LINKS);

/** A gateway on the link, one of the other IP version, one that is only said to be there, or none. */
function hop(family: Family): fc.Arbitrary<NextHop> {
  return link.chain((name) => {
    const at = LINKS.indexOf(name);
    const near = HOSTS[family].slice(2 * at, 2 * at + 2) as readonly string[];
    const gateway = fc.constantFrom(...near).map((via) => ({ via, link: name, weight: 1 }));
    const onLink = fc.constant({ via: null, link: name, weight: 1 });
    const far = fc.constant({ via: HOSTS[family][8], link: name, weight: 1 });
    const other = fc.constantFrom(...(HOSTS[6].slice(2 * at, 2 * at + 2) as readonly string[]));
    return fc.oneof(
      { weight: 6, arbitrary: gateway },
      { weight: 2, arbitrary: onLink },
      { weight: 1, arbitrary: far },
      ...(family === 4 ? [{ weight: 2, arbitrary: other.map((via) => ({ via, link: name, weight: 1 })) }] : []),
    );
  });
}

const TYPES: readonly RouteType[] = ["blackhole", "unreachable", "unreachable", "prohibit", "prohibit", "throw"];

function route(family: Family): fc.Arbitrary<MadeRoute> {
  return fc
    .record({
      to: fc.constantFrom<string>(...PREFIXES[family]),
      table: fc.constantFrom(...TABLES),
      metric: fc.constantFrom(...(family === 4 ? [0, 10, 20] : [1024, 10, 20])),
      type: fc.oneof(
        { weight: 5, arbitrary: fc.constant<RouteType>("unicast") },
        { weight: 4, arbitrary: fc.constantFrom(...TYPES) },
      ),
      // IPv6 refuses it where other routes say otherwise.
      onLink: fc.integer({ min: 0, max: 4 }).map((number) => (family === 4 ? number > 0 : number === 0)),
      hops: fc.oneof(
        { weight: 3, arbitrary: fc.tuple(hop(family)) },
        {
          weight: 1,
          // Two ways that differ; IPv6 has none without a gateway.
          arbitrary: fc
            .tuple(hop(family), hop(family))
            .filter(
              ([a, b]) =>
                (a.via !== b.via || a.link !== b.link) && (family === 4 || (a.via !== null && b.via !== null)),
            ),
        },
      ),
    })
    .map(({ to, table, metric, type, hops, onLink }) => {
      const nextHops = type === "unicast" ? hops.map(({ via, link: by, weight }) => ({ via, link: by, weight })) : [];
      return { route: { family, to, type, table, metric, source: null, nextHops, origin: "static" }, onLink };
    });
}

/** Each prefix, table and metric once: a model does not know the order of several. */
export const routes: fc.Arbitrary<MadeRoute[]> = fc
  .array(fc.oneof(route(4), route(6)), { minLength: 6, maxLength: 24 })
  .map((list) => [
    ...new Map(list.map((one) => [`${one.route.to} ${one.route.table} ${one.route.metric}`, one])).values(),
  ]);

const SELECTED = {
  4: ["10.0.0.0/24", "10.0.0.2/32", "10.0.0.1/32", "10.0.1.9/32", "172.16.0.0/16", "10.0.0.0/8", "192.0.2.7/32"],
  6: ["fd00::/64", "fd00::2/128", "fd00::1/128", "fd01::1/128", "fdac::/64", "fd00::/8", "2001:db8::7/128"],
} as const;

function rule(family: Family): fc.Arbitrary<MadeRule> {
  const prefix = fc.constantFrom<string>(...SELECTED[family]);
  const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null, freq: 2 });
  return fc
    .record({
      priority: fc.constantFrom(0, 100, 200, 300, 400, 32766, 32770),
      from: maybe(prefix),
      to: maybe(prefix),
      inputLink: maybe(fc.constantFrom("lo", ...LINKS)),
      outputLink: fc.option(link, { nil: null, freq: 5 }),
      mark: maybe(fc.constantFrom({ value: 1, mask: 0xffffffff }, { value: 2, mask: 0x2 }, { value: 0, mask: 0x1 })),
      action: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(100, 200, 254).map((table) => ({ kind: "table", table }) as const) },
        { weight: 1, arbitrary: fc.constantFrom("blackhole", "unreachable", "prohibit").map((kind) => ({ kind })) },
      ),
    })
    .map((fields) => ({ rule: { family, ...fields } }));
}

/** Each priority once, for the same reason. */
export const rules: fc.Arbitrary<MadeRule[]> = fc
  .array(fc.oneof(rule(4), rule(6)), { maxLength: 4 })
  .map((list) => [...new Map(list.map((one) => [`${one.rule.family} ${one.rule.priority}`, one])).values()]);

export interface Question {
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
  /** null: the router sends it itself. */
  readonly input: string | null;
  readonly output: string | null;
  readonly mark: number;
}

function question(family: Family): fc.Arbitrary<Question> {
  const own = fc.constantFrom<string>(...OWN_ADDRESSES[family]);
  const host = fc.constantFrom<string>(...HOSTS[family]);
  const odd = fc.constantFrom(
    ...(family === 4 ? ["10.0.1.255", "10.0.11.4", "127.0.0.5", "198.51.100.1"] : ["fd01::", "fd07::1"]),
  );
  const destination = fc.oneof(
    { weight: 6, arbitrary: host },
    { weight: 2, arbitrary: own },
    { weight: 1, arbitrary: odd },
  );
  const mark = fc.constantFrom(0, 1, 2, 3);
  const sent = fc.record({
    family: fc.constant(family),
    source: own,
    destination,
    input: fc.constant(null),
    // RTM_GETROUTE only prefers a link in IPv6, where a socket that is bound to one insists on it.
    output: family === 6 ? fc.constant(null) : fc.option(link, { nil: null, freq: 6 }),
    mark,
  });
  const received = fc.record({
    family: fc.constant(family),
    source: fc.oneof({ weight: 6, arbitrary: host }, { weight: 1, arbitrary: own }),
    destination,
    input: link,
    output: fc.constant(null),
    mark,
  });
  return fc.oneof(sent, received);
}

export const questions: fc.Arbitrary<Question[]> = fc.array(fc.oneof(question(4), question(6)), {
  minLength: 12,
  maxLength: 12,
});
