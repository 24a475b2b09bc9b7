/** What a namespace's routes say of addresses. */

import { addressToBytes, familyOf } from "../../../model/index.ts";
import { KernelError, NetlinkSocket } from "../../../kernel/index.ts";
import { DATATYPES as T } from "../../../netlink/nftables/index.ts";
import { AF_INET, AF_INET6 } from "../../../netlink/constants.ts";

export interface Route {
  /** Interface that packets to there leave by; null when there is no way. */
  readonly link: string | null;
  /** `local`, `unicast`, `broadcast`, …; null when there is no way. */
  readonly type: string | null;
}

const NOWHERE: Route = { link: null, type: null };

/** Asks the kernel's own routing (RTM_GETROUTE), once for each address. */
export class Surroundings implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #links = new Map<number, string>();
  readonly #routes = new Map<string, Route>();

  constructor(namespace: number, name: string) {
    this.#socket = NetlinkSocket.open({ namespace, name });
    for (const message of this.#socket.dump({ kind: "link", command: "get" }))
      if (message.kind === "link") this.#links.set(message.index ?? 0, message.name ?? "");
  }

  to(address: string): Route {
    let route = this.#routes.get(address);
    if (route === undefined) this.#routes.set(address, (route = this.#ask(address)));
    return route;
  }

  #ask(address: string): Route {
    const destination = addressToBytes(address);
    const family = familyOf(address) === 4 ? AF_INET : AF_INET6;
    try {
      const [answer] = this.#socket.request({
        kind: "route",
        command: "get",
        family,
        destination,
        destinationLength: destination.length * 8,
        table: 0,
        protocol: 0,
        scope: 0,
        type: 0,
      });
      if (answer?.message.kind !== "route") return NOWHERE;
      const { type, outputIndex = 0 } = answer.message;
      return {
        link: this.#links.get(outputIndex) ?? null,
        type: new Map<number, string>(T.addressType.names).get(type) ?? null,
      };
    } catch (error) {
      // Unreachable: no rule that speaks of an interface can be judged then.
      if (error instanceof KernelError) return NOWHERE;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
