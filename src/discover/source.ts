/**
 * Where the answers of a namespace come from: from itself, which is asked as one goes (LiveSource), or from another thread,
 * which has asked it what everybody is asked and handed on the bytes (FetchedSource).
 */

import type { NetfilterSummary, NetfilterTable } from "../model/index.ts";
import { countIpsec, type EncodedBatch, NetlinkSocket, within } from "../kernel/index.ts";
import type { IpsecCounts } from "../netlink/index.ts";
import { hasTables, netfilterSocket, tablesOf } from "../observe/netfilter/index.ts";
import { basicsQuestion, type DumpSource, type Kind, questionFor } from "../observe/questions.ts";
import type { Askable } from "./modules.ts";
import { legacyTables } from "./netfilter.ts";
import { qdiscsQuestion } from "./qdiscs.ts";
import { type BareSocket, read, readSockets, type SocketKind, usedProtocols } from "./sockets.ts";

/**
 * `overview`: how namespaces connect and what they do, as in the overview tables. Of a thousand namespaces that takes half
 * the time of `all`.
 */
export type Depth = "overview" | "all";

export interface ReadOptions {
  /** A descriptor of the machine's own namespace. */
  readonly root: number | null;
  readonly askable: Askable;
  readonly depth: Depth;
  /** Somebody is in it, who may listen. */
  readonly inhabited: boolean;
}

/** What is read at once, having been gone in for it. Plain data. */
export interface Glance {
  readonly protocols: readonly SocketKind[];
  readonly legacy: readonly NetfilterSummary[];
  readonly ipsec: IpsecCounts;
}

export interface Source extends DumpSource {
  readonly glance: Glance;
  /** Of netfilter. */
  tables(): readonly NetfilterTable[];
  sockets(): readonly BareSocket[];
}

// One for all: of a thousand namespaces most have nothing of most kinds.
const NOTHING: readonly never[] = [];
const NO_IPSEC: IpsecCounts = { policies: 0, states: 0 };

const FIRST: Readonly<Record<Depth, readonly Kind[]>> = {
  overview: ["brief"],
  all: ["links", "rules", "routes", "neighbours", "proxies"],
};

/** The rtnetlink requests sent to every namespace. The first lists links, the second is from `askBasics`. */
export function firstQuestions({ depth, root }: Pick<ReadOptions, "depth" | "root">): EncodedBatch[] {
  const [links, ...others] = FIRST[depth].map(questionFor);
  return [links!, basicsQuestion(root), ...others, ...(depth === "all" ? [qdiscsQuestion()] : [])];
}

/** Asks for as long as it is not disposed of. */
export class LiveSource implements Source, Disposable {
  readonly glance: Glance;
  readonly #name: string;
  readonly #fd: number;
  readonly #askable: Askable;
  readonly #socket: NetlinkSocket;
  readonly #netfilter: NetlinkSocket | null;

  /** Of the namespace of `fd`, which stays open meanwhile. */
  constructor(name: string, fd: number, { askable, depth, inhabited }: ReadOptions) {
    const all = depth === "all";
    // Going in and out costs as much as most of the questions: once for all that has to be done inside.
    const inside = within(fd, () => ({
      glance: {
        // Before there is a socket of ours.
        protocols: all || inhabited ? usedProtocols() : NOTHING,
        legacy: all && askable.legacy ? legacyTables(read) : NOTHING,
        ipsec: all && askable.ipsec ? countIpsec() : NO_IPSEC,
      },
      socket: NetlinkSocket.open({ name, asks: true }),
      netfilter: askable.nftables ? netfilterSocket(name) : null,
    }));
    this.#name = name;
    this.#fd = fd;
    this.#askable = askable;
    this.glance = inside.glance;
    this.#socket = inside.socket;
    this.#netfilter = inside.netfilter;
  }

  dumpDatagrams(question: EncodedBatch): Uint8Array[] {
    return this.#socket.dumpDatagrams(question);
  }

  hasTables(): boolean {
    return this.#netfilter !== null && hasTables(this.#netfilter);
  }

  tables(): readonly NetfilterTable[] {
    return this.#netfilter === null ? NOTHING : tablesOf(this.#netfilter);
  }

  sockets(protocols = this.glance.protocols): readonly BareSocket[] {
    return readSockets(this.#fd, this.#name, protocols, this.#askable);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.#netfilter?.[Symbol.dispose]();
  }
}

/** What another thread brings of a namespace: its answers to the first questions, as bytes. */
export interface Fetched {
  readonly glance: Glance;
  readonly hasTables: boolean;
  /** Of each question, in pieces of whole messages. */
  readonly answers: readonly (readonly Uint8Array[])[];
}

/** Goes there once more. */
type AskLive = <T>(ask: (source: LiveSource) => T) => T;

export class FetchedSource implements Source {
  readonly glance: Glance;
  readonly #fetched: Fetched;
  readonly #first: readonly EncodedBatch[];
  readonly #live: AskLive;

  /** `live` is asked what was not fetched: of most namespaces that is nothing. */
  constructor(fetched: Fetched, first: readonly EncodedBatch[], live: AskLive) {
    this.glance = fetched.glance;
    this.#fetched = fetched;
    this.#first = first;
    this.#live = live;
  }

  dumpDatagrams(question: EncodedBatch): readonly Uint8Array[] {
    const answer = this.#fetched.answers[this.#first.indexOf(question)];
    return answer === undefined ? this.#live((source) => source.dumpDatagrams(question)) : answer;
  }

  tables(): readonly NetfilterTable[] {
    return this.#fetched.hasTables ? this.#live((source) => source.tables()) : NOTHING;
  }

  sockets(): readonly BareSocket[] {
    const { protocols } = this.glance;
    return protocols.length === 0 ? NOTHING : this.#live((source) => source.sockets(protocols));
  }
}
