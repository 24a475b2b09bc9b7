/** The interfaces of the machine that a lab has, as its holder changes that: all or nothing, and with a way back in any case. */

import type { Diagnostic } from "../../diagnostic.ts";
import { NetloomError } from "../../diagnostic.ts";
import {
  bytesToAddress,
  bytesToMac,
  type Link,
  type Model,
  type Namespace,
  nicBridges,
  nicsOf,
  type NicUse,
  ROOT,
  sameUse,
} from "../../model/index.ts";
import { type LabContext, NetlinkSocket, openNode } from "../../kernel/index.ts";
import type { HeldHost, HeldLab } from "../../sandbox/index.ts";
import { machineLinks } from "../marks.ts";
import { nicProblems } from "./check.ts";
import type { FoundNic } from "./find.ts";
import { giveBack, marked } from "./give-back.ts";
import { intoBridge, intoNode } from "./moves.ts";
import { answers, Confirmation, type Gateway, gatewaysOf, SILENCE, unproven } from "./proof.ts";
import { readRecords, withLock, writeRecords } from "./records.ts";
import { type NicState, pack, readNic, unpack } from "./state.ts";
import type { End } from "./transfer.ts";
import { startWatch, type Watch } from "./watch.ts";
import { AF_INET6, RTN_UNICAST, RT_SCOPE_LINK } from "../../netlink/constants.ts";

/** How it is to be proven that the machine can still be reached. */
export interface ProofOptions {
  /** Milliseconds within which the user must confirm; null: the default gateways must answer. */
  readonly confirm: number | null;
  /** Called when what comes next is waiting. */
  readonly onWaiting: (what: { readonly for: "confirmation" | "gateway"; readonly milliseconds: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

/** An interface that is about to be borrowed. */
interface Taking {
  readonly use: NicUse;
  readonly nic: End;
  readonly state: NicState;
}

export class Nics {
  readonly #lab: string;
  readonly #context: LabContext;
  readonly #host: HeldHost;
  readonly #confirmation = new Confirmation();
  #watch: Watch | null = null;

  /** What a previous holder began and did not prove is reverted at once. */
  constructor({ name: lab, context }: Pick<HeldLab, "name" | "context">, host: HeldHost) {
    this.#lab = lab;
    this.#context = context;
    this.#host = host;
    if (readRecords(host.files).some(({ proven }) => !proven))
      giveBack(lab, host.files, (_, record) => record?.proven === false);
  }

  /** False if nothing waits for it. */
  confirm(): boolean {
    return this.#confirmation.confirm();
  }

  /** What the lab has by the book. */
  #held(there: readonly FoundNic[], known: ReadonlySet<string>): NicUse[] {
    return there.flatMap((nic) => {
      const use = this.#useOf(nic);
      return use === null || !known.has(nic.device) ? [] : [use];
    });
  }

  /** What is to be borrowed for the model, and what of the lab's has to go back. */
  compare(model: Model): { readonly fresh: NicUse[]; readonly gone: Set<string> } {
    const wanted = nicsOf(model);
    const there = marked(this.#lab, this.#host.files);
    const records = readRecords(this.#host.files).map(({ use }) => use.device);
    const held = this.#held(there, new Set(records));
    const has = (list: readonly NicUse[], use: NicUse): boolean => list.some((each) => sameUse(each, use));
    const devices = [...records, ...there.map(({ device }) => device)];
    const stay = new Set(held.filter((use) => has(wanted, use)).map(({ device }) => device));
    return { fresh: wanted.filter((use) => !has(held, use)), gone: new Set(devices.filter((each) => !stay.has(each))) };
  }

  /** Why the model cannot have its interfaces. Nothing is changed. */
  problems(model: Model, root: NetlinkSocket): Diagnostic[] {
    return nicProblems(this.#lab, nicsOf(model), machineLinks(root), root);
  }

  /** With what is known of them on this machine only: MAC addresses and MTUs, also of the bridges in their place. */
  fit(model: Model, root: NetlinkSocket): Model {
    const uses = nicsOf(model);
    if (uses.length === 0) return model;
    const facts = new Map(uses.map(({ device }) => [device, this.#factsOf(device, root)]));
    return { ...model, namespaces: model.namespaces.map((each) => fitted(each, facts)) };
  }

  #factsOf(device: string, root: NetlinkSocket): Pick<Link, "mac" | "mtu"> | null {
    const record = readRecords(this.#host.files).find(({ use }) => use.device === device);
    const link =
      record === undefined
        ? machineLinks(root).find(({ name }) => name === device)?.message
        : unpack(record.state).link;
    if (link === undefined) return null;
    return { mac: link.address?.length === 6 ? bytesToMac(link.address) : null, mtu: link.mtu ?? 1500 };
  }

  #useOf({ device, namespace, name, bridge }: FoundNic): NicUse | null {
    if (namespace === null)
      return bridge === null ? null : { device, namespace: ROOT, link: name, bridge: bridge.name };
    const { prefix } = this.#host;
    return namespace.startsWith(prefix)
      ? { device, namespace: namespace.slice(prefix.length), link: name, bridge: null }
      : null;
  }

  giveBack(devices: ReadonlySet<string>): Diagnostic[] {
    return devices.size === 0 ? [] : giveBack(this.#lab, this.#host.files, (device) => devices.has(device));
  }

  /** Throws if nothing could prove it. Interfaces that the lab has elsewhere now are checked once they are back. */
  async checkProof(
    uses: readonly NicUse[],
    gone: ReadonlySet<string>,
    { confirm, signal }: ProofOptions,
  ): Promise<void> {
    const takings = uses.filter(({ device }) => !gone.has(device)).map((use) => this.#look(use));
    const risky = takings.filter(({ state, use }) => isRisky(state, use));
    if (confirm === null) await askable(risky, signal);
  }

  /**
   * Bridges and nodes are there. Without proof options they are taken for good, as when a change is undone. Resolves to what
   * proves it. From here until `settled` the end of this process is watched.
   */
  async take(uses: readonly NicUse[], proof: ProofOptions | null): Promise<() => Promise<void>> {
    const takings = uses.map((use) => this.#look(use));
    const risky = takings.filter(({ state, use }) => isRisky(state, use));
    if (proof === null || risky.length === 0) {
      for (const taking of takings) this.#take(taking, null);
      return () => Promise.resolve();
    }
    const asked = proof.confirm === null ? await askable(risky, proof.signal) : [];
    this.#watch = await startWatch(this.#lab);
    proof.signal?.throwIfAborted();
    for (const taking of takings) this.#take(taking, this.#watch);
    return () => this.#prove(takings, asked, proof);
  }

  /** It is proven, or everything was put back. */
  settled(): void {
    this.#watch?.end();
    this.#watch = null;
  }

  #look(use: NicUse): Taking {
    using root = NetlinkSocket.open({ name: ROOT });
    const { index } = machineLinks(root).find(({ name }) => name === use.device)!;
    return { use, nic: { index, name: use.device }, state: readNic(root, index) };
  }

  /** Written down first; then one send. */
  #take({ use, nic }: Taking, watch: Watch | null): void {
    const { files } = this.#host;
    withLock(files, () => {
      using root = NetlinkSocket.open({ name: ROOT });
      // Again: addresses may have come and gone while a gateway was asked.
      const state = readNic(root, nic.index);
      const others = readRecords(files).filter((record) => record.use.device !== use.device);
      writeRecords(files, [...others, { use, state: pack(state), proven: watch === null, token: watch?.token ?? "" }]);
      if (use.bridge !== null) {
        const bridge = machineLinks(root).find(({ name }) => name === use.bridge)!;
        return intoBridge(root, this.#lab, nic, { index: bridge.index, name: bridge.name }, state);
      }
      using node = openNode(this.#context, use.namespace);
      intoNode(root, this.#lab, nic, node, use.link);
    });
  }

  async #prove(takings: readonly Taking[], gateways: readonly Gateway[], proof: ProofOptions): Promise<void> {
    const { confirm, onWaiting, signal } = proof;
    if (confirm !== null) {
      onWaiting({ for: "confirmation", milliseconds: confirm });
      if (!(await this.#confirmation.wait(confirm, signal)))
        throw unproven(
          "no confirmation came that this machine can still be reached",
          `the time for \`netloom confirm ${this.#lab}\` ran out: ${confirm / 1000} s`,
          "run it again, and confirm from a session opened after the change",
        );
    } else {
      onWaiting({ for: "gateway", milliseconds: SILENCE });
      await this.#proveByGateways(takings, gateways, signal);
    }
    const mine = new Set(takings.map(({ use }) => use.device));
    const { files } = this.#host;
    withLock(files, () =>
      writeRecords(
        files,
        readRecords(files).map((each) => (mine.has(each.use.device) ? { ...each, proven: true } : each)),
      ),
    );
  }

  async #proveByGateways(
    takings: readonly Taking[],
    gateways: readonly Gateway[],
    signal?: AbortSignal,
  ): Promise<void> {
    using root = NetlinkSocket.open({ name: ROOT });
    const links = machineLinks(root);
    for (const { use, state } of takings) {
      const bridge = links.find(({ name }) => name === use.bridge);
      const own = gatewaysOf(state).filter(({ address }) => gateways.some((each) => same(each.address, address)));
      for (const gateway of own) {
        if (bridge !== undefined && (await answers(gateway, bridge, signal))) continue;
        throw unproven(
          `the default gateway does not answer through ${use.bridge}, as it did through ${use.device}`,
          `no answer from ${bytesToAddress(gateway.address)} for ${SILENCE / 1000} s`,
          "look for what is in between: bridge filter rules, or a switch that allows one MAC address per port",
        );
      }
    }
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Whether someone could be cut off: without an address or a route through it, there is nothing to lose. */
function isRisky(state: NicState, { bridge }: NicUse): boolean {
  // Every interface that is up has a link-local address; nothing distant uses that.
  const isTelling = ({ family, scope }: NicState["addresses"][number]): boolean =>
    family !== AF_INET6 || scope !== RT_SCOPE_LINK;
  return bridge === null ? hasDefault(state) : state.addresses.some(isTelling);
}

function hasDefault({ routes }: NicState): boolean {
  return routes.some(({ destinationLength, type }) => destinationLength === 0 && type === RTN_UNICAST);
}

/** The gateways that answer now, and can therefore prove reachability later. */
async function askable(takings: readonly Taking[], signal?: AbortSignal): Promise<Gateway[]> {
  const asked: Gateway[] = [];
  for (const { use, nic, state } of takings) {
    const gateways = use.bridge === null ? [] : gatewaysOf(state);
    const answered = await Promise.all(gateways.map((gateway) => answers(gateway, nic, signal)));
    if (!answered.includes(true)) throw noProof(use, gateways);
    asked.push(...gateways.filter((_, i) => answered[i]));
  }
  return asked;
}

function noProof({ device, bridge, namespace }: NicUse, gateways: readonly Gateway[]): NetloomError {
  const what =
    bridge === null
      ? `${device} has this machine's default route: moved into ${namespace}, it may leave the machine unreachable`
      : `there is no way to prove that this machine can still be reached when ${device} is a port of ${bridge}`;
  const cause =
    gateways.length > 0
      ? `no answer from the default gateway now: ${gateways.map(({ address }) => bytesToAddress(address)).join(", ")}`
      : "there is no default gateway behind it to ask";
  return new NetloomError({
    code: "host.no-proof",
    severity: "error",
    summary: what,
    ...(bridge === null ? {} : { cause }),
    state: "nothing was changed",
    hint: "add --confirm 60s, and run `netloom confirm` from another session within that time; otherwise everything is undone",
  });
}

function fitted(namespace: Namespace, facts: ReadonlyMap<string, Pick<Link, "mac" | "mtu"> | null>): Namespace {
  const bridges = new Map<string, Pick<Link, "mac" | "mtu"> | null | undefined>();
  const own = nicBridges(namespace);
  for (const link of namespace.links)
    if (link.kind === "nic" && link.master !== null) bridges.set(link.master, facts.get(link.device));
  const links = namespace.links.map((link): Link => {
    if (link.kind === "bridge" && own.has(link.name)) return { ...link, ...bridges.get(link.name) };
    const known = link.kind === "nic" ? facts.get(link.device) : null;
    if (link.kind !== "nic" || known == null) return link;
    return {
      ...link,
      mac: link.given.includes("mac") ? link.mac : known.mac,
      mtu: link.given.includes("mtu") ? link.mtu : known.mtu,
    };
  });
  return { ...namespace, links };
}
