/** The hooks of a namespace: base chains by priority, with connection tracking and NAT at their own places among them. */

import type { Family, NetfilterTable } from "../model/index.ts";
import { type CompiledChain, compileTable, type Final, runChain, type Stopped, stopped } from "./chains.ts";
import { retranslate, track } from "./connection.ts";
import { type Passage, Undetermined } from "./passage.ts";
import type { Connection, Hook } from "./types.ts";

/** Something at a hook that a packet comes by. */
interface Station {
  readonly priority: number;
  readonly kind: "chain" | "tracking" | "nat";
  readonly chain: CompiledChain | null;
}

interface HookPlan {
  /** Those of one priority together: a model does not know which of them was first. */
  readonly stations: readonly (readonly Station[])[];
  /** Chains of NAT: only the first packet of a connection comes here. */
  readonly nat: readonly (readonly CompiledChain[])[];
}

const HOOKS: readonly Hook[] = ["prerouting", "input", "forward", "output", "postrouting"];
const TRACKING = -200;
/** NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC: chains of NAT have priorities only among themselves. */
const NAT: Readonly<Partial<Record<Hook, number>>> = { prerouting: -100, output: -100, input: 100, postrouting: 100 };
const FAMILIES = { 4: new Set(["ip", "inet"]), 6: new Set(["ip6", "inet"]) } as const;

export class Ruleset {
  readonly #plans: Readonly<Record<Family, ReadonlyMap<Hook, HookPlan>>>;
  /** Does anything of this IP version look at connections? Else the kernel does not track them. */
  readonly tracks: Readonly<Record<Family, boolean>>;
  /** Chains that see frames, not packets, and that let not all of them through. */
  readonly #frames: readonly {
    readonly family: string;
    readonly name: string;
    readonly hook: string;
    readonly devices: readonly string[];
  }[];

  constructor(tables: readonly NetfilterTable[]) {
    const plan = (family: Family): ReadonlyMap<Hook, HookPlan> => planOf(tables, family);
    this.#plans = { 4: plan(4), 6: plan(6) };
    this.tracks = { 4: doTrack(tables, 4), 6: doTrack(tables, 6) };
    this.#frames = tables
      .filter(({ family }) => family === "netdev" || family === "bridge" || family === "arp")
      .flatMap(({ family, name, chains }) =>
        chains.flatMap(({ base, name: chain, rules }) =>
          base !== null && (rules.length > 0 || base.policy === "drop")
            ? [{ family, name: `${family} ${name} ${chain}`, hook: base.hook, devices: base.devices }]
            : [],
        ),
      );
  }

  /** A chain of these that a model cannot run packets through; null when there is none. */
  unmodelled(family: "netdev" | "bridge" | "arp", hooks: readonly string[], device: string | null): string | null {
    const found = this.#frames.find(
      (one) =>
        one.family === family &&
        hooks.includes(one.hook) &&
        (device === null || one.devices.length === 0 || one.devices.includes(device)),
    );
    return found?.name ?? null;
  }

  /** Takes the packet through a hook. null: it goes on. */
  run(hook: Hook, passage: Passage, connection: Connection | null): Stopped | null {
    passage.hook = hook;
    const { stations, nat } = this.#plans[passage.packet.family].get(hook)!;
    for (const group of stations) {
      const left = [...group];
      while (left.length > 0) {
        const [station] = left.splice(first(left, hook, passage), 1);
        const final = this.#visit(station!, nat, passage, connection);
        const end = stopped(final);
        if (end !== null) return end;
      }
    }
    return null;
  }

  #visit(station: Station, nat: HookPlan["nat"], passage: Passage, connection: Connection | null): Final | null {
    const before = passage.packet;
    if (station.chain !== null) {
      const final = runChain(station.chain, passage);
      const { mark, source, destination } = passage.packet;
      const changed = before.mark !== mark || before.source !== source || before.destination !== destination;
      return station.chain.base!.type === "route" && changed ? rerouted(final, passage) : final;
    }
    if (station.kind === "nat") {
      const final = this.tracks[passage.packet.family] ? runNat(nat, passage) : null;
      return before.destination === passage.packet.destination ? final : rerouted(final, passage);
    }
    if (this.tracks[passage.packet.family] && passage.tracking === null) track(passage, connection);
    return null;
  }

  /** The chains of NAT of a hook alone, as the first packet of a connection comes to them. */
  runNat(hook: Hook, passage: Passage): Final | null {
    passage.hook = hook;
    return runNat(this.#plans[passage.packet.family].get(hook)!.nat, passage);
  }
}

/** What a namespace sends itself has a route already: a new destination or mark asks for another one. */
function rerouted(final: Final | null, { reroute }: Passage): Final | null {
  if (stopped(final) !== null) return final;
  const why = reroute?.() ?? null;
  return why === null ? final : { kind: "refused", why };
}

/** Which of several at one priority comes first: it is asked only where that makes a difference. */
function first(stations: readonly Station[], hook: Hook, { choices }: Passage): number {
  if (stations.length === 1 || !stations.some(({ kind, chain }) => kind !== "chain" || chain!.changes)) return 0;
  const names = stations
    .map(({ kind, chain }) => (chain === null ? kind : `${chain.at.table} ${chain.at.chain}`))
    .join(", ");
  const reason = `which of ${names} comes first at ${hook}`;
  return choices.take({ kind: "unknown", options: stations.length, key: `${hook} ${names}`, reason });
}

function runNat(chains: HookPlan["nat"], passage: Passage): Final | null {
  const { tracking, hook } = passage;
  const part = hook === "prerouting" || hook === "output" ? "destination" : "source";
  if (tracking?.state === null && chains.length > 0)
    throw new Undetermined("which connection an ICMP message is about");
  retranslate(passage, part);
  if (tracking?.state !== "new" || tracking.settled[part]) return null;
  for (const group of chains) {
    const left = [...group];
    while (left.length > 0) {
      const stations = left.map((chain): Station => ({ priority: 0, kind: "nat", chain }));
      const [chain] = left.splice(first(stations, hook, passage), 1);
      const final = runChain(chain!, passage);
      // The first chain that translates is the last; a packet that is let through goes on to the next.
      if (final.kind === "accept") continue;
      tracking.settled[part] = true;
      return final;
    }
  }
  tracking.settled[part] = true;
  return null;
}

function planOf(tables: readonly NetfilterTable[], family: Family): ReadonlyMap<Hook, HookPlan> {
  const chains = tables.filter((table) => FAMILIES[family].has(table.family as "inet")).flatMap(compileTable);
  return new Map(
    HOOKS.map((hook): [Hook, HookPlan] => {
      const own = chains.filter(({ base }) => base?.hook === hook);
      const stations: Station[] = own
        .filter(({ base }) => base!.type !== "nat")
        .map((chain) => ({ priority: chain.base!.priority, kind: "chain", chain }));
      if (hook === "prerouting" || hook === "output")
        stations.push({ priority: TRACKING, kind: "tracking", chain: null });
      if (NAT[hook] !== undefined) stations.push({ priority: NAT[hook], kind: "nat", chain: null });
      const nat = own.filter(({ base }) => base!.type === "nat");
      return [
        hook,
        { stations: grouped(stations, ({ priority }) => priority), nat: grouped(nat, ({ base }) => base!.priority) },
      ];
    }),
  );
}

function grouped<T>(list: readonly T[], priority: (one: T) => number): T[][] {
  const groups: T[][] = [];
  for (const one of [...list].sort((a, b) => priority(a) - priority(b))) {
    const last = groups.at(-1);
    if (last !== undefined && priority(last[0]!) === priority(one)) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

function doTrack(tables: readonly NetfilterTable[], family: Family): boolean {
  const text = (part: unknown): string => JSON.stringify(part);
  return tables.some(
    (table) =>
      FAMILIES[family].has(table.family) &&
      table.chains.some(
        ({ base, rules }) =>
          base?.type === "nat" || rules.some(({ steps }) => /"ct |\bct |conn|"match /.test(text(steps))),
      ),
  );
}
