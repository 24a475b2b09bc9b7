/** Whether the machine can still be reached: its gateways answer, or the user confirms it. */

import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../../diagnostic.ts";
import { bytesToAddress } from "../../model/index.ts";
import { Batch, NetlinkSocket } from "../../kernel/index.ts";
import type { NicState } from "./state.ts";
import { type End, Transfer } from "./transfer.ts";
import {
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NTF_USE,
  NUD_INCOMPLETE,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  RT_TABLE_MAIN,
} from "../../netlink/constants.ts";

const LOOK_AGAIN = 20;
/** Three unicast requests to the known address, a second apart. */
export const SILENCE = 3_000;

/** A neighbour that default routes lead to. */
export interface Gateway {
  readonly family: number;
  readonly address: Uint8Array;
}

export function gatewaysOf({ routes }: NicState): Gateway[] {
  const gateways = routes.flatMap(({ family, table, destinationLength, gateway }) =>
    table === RT_TABLE_MAIN && destinationLength === 0 && gateway !== undefined ? [{ family, address: gateway }] : [],
  );
  return [...new Map(gateways.map((each) => [bytesToAddress(each.address), each])).values()];
}

/** Asks by ARP or neighbour discovery, as the kernel does it: also a gateway that answers no echo has to answer that. */
export async function answers(gateway: Gateway, { index }: End, signal?: AbortSignal): Promise<boolean> {
  using root = NetlinkSocket.open({ name: "root" });
  for (const deadline = Date.now() + SILENCE; Date.now() < deadline;) {
    const { state = 0, linkAddress } = neighbour(root, gateway, index) ?? {};
    if ((state & NUD_REACHABLE) !== 0) return true;
    // Nobody asks for a MAC that was written down by hand.
    if ((state & NUD_PERMANENT) !== 0) return false;
    if ((state & (NUD_PROBE | NUD_INCOMPLETE)) === 0) ask(root, gateway, index, linkAddress);
    await delay(LOOK_AGAIN, undefined, signal === undefined ? {} : { signal });
  }
  return false;
}

function neighbour(root: NetlinkSocket, { family, address }: Gateway, index: number) {
  const batch = new Batch();
  batch.add(
    { kind: "neighbour", command: "get", family, index, state: 0, destination: address },
    0,
    "ask for a neighbour",
  );
  const [answer] = root.ask(batch);
  return answer?.message.kind === "neighbour" ? answer.message : null;
}

function ask(root: NetlinkSocket, { family, address }: Gateway, index: number, linkAddress?: Uint8Array): void {
  const transfer = new Transfer();
  const common = { kind: "neighbour", command: "new", family, index, destination: address } as const;
  const message =
    linkAddress === undefined ? { ...common, state: 0, flags: NTF_USE } : { ...common, state: NUD_PROBE, linkAddress };
  transfer.add(message, "ask the gateway", NLM_F_CREATE | NLM_F_REPLACE);
  transfer.send(root);
}

/** Waits for a confirmation. */
export class Confirmation {
  #confirm: (() => void) | null = null;

  /** False if nothing waits for it. */
  confirm(): boolean {
    const waiting = this.#confirm !== null;
    this.#confirm?.();
    return waiting;
  }

  /** False when the time runs out. Rejects when the signal is aborted. */
  async wait(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const confirmed = new Promise<boolean>((resolve) => (this.#confirm = () => resolve(true)));
    const options = { signal: signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]) };
    try {
      return await Promise.race([confirmed, delay(milliseconds, false, options)]);
    } finally {
      this.#confirm = null;
      over.abort();
    }
  }
}

export function unproven(what: string, cause: string, hint: string): Error {
  return failure("host.unproven", what, {
    cause,
    state: "everything was undone: the machine is as it was before",
    hint,
  });
}
