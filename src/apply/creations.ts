/** How new links are created: which together, from which namespace, and in which wave. Pure. */

import { failure } from "../diagnostic.ts";
import type { Link, LinkKind } from "../model/index.ts";
import { kindOf, lowerOf, tableOf } from "../model/index.ts";
import { type ChangeOf, needsOf } from "../plan/index.ts";

export interface End {
  readonly namespace: string;
  readonly link: Link;
}

/** A new link, or the two ends of a cable, which are made by one request. */
export interface Creation {
  /** The kernel puts the first end into its master, and can create it up. The second end is given its master later. */
  readonly ends: readonly [End] | readonly [End, End];
  /**
   * The namespace whose socket makes it. A device is never moved into another namespace, which costs 17–20 ms of waiting for
   * RCU. Null: a cable that is made from the root namespace into both of its namespaces, in a batch with others.
   */
  readonly maker: string | null;
  /** From 1. What it needs is made in an earlier wave, or before it by the same maker. */
  readonly wave: number;
}

export const endKey = (namespace: string, link: string): string => `${namespace}:${link}`;

/**
 * In an order in which each follows what it needs.
 * @throws NetloomError for a link of a kind that netloom cannot make.
 */
export function creationsOf(changes: readonly ChangeOf<"link">[]): Creation[] {
  const ends = new Map<string, End>();
  for (const change of changes) {
    const link = change.after!;
    if (madeOf(link) === "never") throw cannotMake(change);
    ends.set(endKey(change.namespace, link.name), { namespace: change.namespace, link });
  }
  const drafts = new Map<string, Draft>();
  for (const [key, end] of ends) {
    if (drafts.has(key)) continue;
    const draft = madeOf(end.link) === "pair" ? cable(end, ends) : single(end);
    for (const { namespace, link } of draft.ends) drafts.set(endKey(namespace, link.name), draft);
  }
  return inWaves(drafts);
}

/** Of tun devices netloom makes taps only. */
function madeOf(link: Link): LinkKind["made"] {
  return link.kind === "tun" && link.mode !== "tap" ? "never" : (tableOf(kindOf(link))?.made ?? "never");
}

type Draft = Omit<Creation, "wave">;

/** A link that is on one in another namespace is made from there, where the kernel looks for its lower link. */
function single(end: End): Draft {
  return { ends: [end], maker: lowerOf(end.link)?.namespace ?? end.namespace };
}

/**
 * A cable with one end in a master is made from its other end, together with everything else there: that namespace needs one
 * send, however many ports the master has.
 */
function cable(end: End, ends: ReadonlyMap<string, End>): Draft {
  const peer = end.link.kind === "veth" ? end.link.peer : null;
  const other = peer === null ? undefined : ends.get(endKey(peer.namespace, peer.link));
  if (other === undefined) throw new Error(`${endKey(end.namespace, end.link.name)} has no other end in the plan`);
  const inOrder: [End, End] = end.link.master === null && other.link.master !== null ? [other, end] : [end, other];
  const [first, second] = inOrder;
  if (first.namespace === second.namespace) return { ends: inOrder, maker: first.namespace };
  const plugged = first.link.master !== null && second.link.master === null;
  return { ends: inOrder, maker: plugged ? second.namespace : null };
}

function inWaves(drafts: ReadonlyMap<string, Draft>): Creation[] {
  const waves = new Map<Draft, number>();
  const creations: Creation[] = [];
  const waveOf = (draft: Draft): number => {
    const known = waves.get(draft);
    if (known !== undefined) return known;
    // If links need one another in a circle, the kernel refuses one of them.
    waves.set(draft, 1);
    let wave = 1;
    for (const { namespace, link } of draft.ends) {
      for (const need of needsOf("link", link, namespace)) {
        const needed = need.link === null ? undefined : drafts.get(endKey(need.namespace, need.link));
        if (needed === undefined) continue;
        wave = Math.max(wave, waveOf(needed) + (needed.maker === draft.maker && draft.maker !== null ? 0 : 1));
      }
    }
    waves.set(draft, wave);
    creations.push({ ...draft, wave });
    return wave;
  };
  for (const draft of drafts.values()) waveOf(draft);
  return creations;
}

function cannotMake({ namespace, id, reason, after }: ChangeOf<"link">): Error {
  return failure("apply.unsupported", `cannot create the ${kindOf(after!)} link ${id}`, {
    subject: `namespace ${namespace}`,
    cause: reason,
    state: "nothing was changed",
  });
}
