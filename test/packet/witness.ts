// Rules of its own beside those under test, and what all rules have counted.

import { applyTables } from "../../src/apply/netfilter/index.ts";
import type { NetfilterTable } from "../../src/model/index.ts";
import { encodeConnection } from "../../src/netlink/conntrack/index.ts";
import { MessageWriter, NLM_F_ACK, NLM_F_REQUEST } from "../../src/netlink/index.ts";
import { NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from "../../src/netlink/nftables/index.ts";
import type { NetlinkSocket } from "../../src/kernel/index.ts";
import type { ChangeOf } from "../../src/plan/index.ts";
import { ask, netfilter, nft } from "../netlink/nftables/machine.ts";

export interface Counts {
  /** Packets that a test put in. */
  readonly arrived: number;
  readonly delivered: number;
  /** By `inet t0 chain 3`. */
  readonly rules: ReadonlyMap<string, number>;
}

/** What no socket has sent, such as errors of ICMP and resets, goes no further than its first hook. */
const RULES = `table inet witness {
  chain arriving { type filter hook prerouting priority -1000; iifname != "lo" counter; }
  chain sending {
    type filter hook output priority -1000;
    meta skuid 0 counter accept
    drop
  }
  chain delivered { type filter hook input priority 2000000000; counter; }
}`;

const FAMILIES = new Map<number, string>([
  [NFPROTO_INET, "inet"],
  [NFPROTO_IPV4, "ip"],
  [NFPROTO_IPV6, "ip6"],
]);

export class Witness {
  readonly #fd: number;
  readonly #socket: NetlinkSocket;
  #tables: readonly NetfilterTable[] = [];

  constructor(fd: number) {
    this.#fd = fd;
    this.#socket = netfilter(fd);
    nft(fd, RULES);
  }

  /** Puts tables in the place of those of the last case. */
  load(tables: readonly NetfilterTable[]): void {
    const change = (before: NetfilterTable | null, after: NetfilterTable | null): ChangeOf<"table"> => ({
      kind: "table",
      action: before === null ? "create" : "delete",
      namespace: "pk-router",
      id: "",
      before,
      after,
      reason: "test",
    });
    const where = { fd: this.#fd, name: "pk-router" };
    applyTables(
      where,
      this.#tables.map((table) => change(table, null)),
    );
    this.#tables = [];
    applyTables(
      where,
      tables.map((table) => change(null, table)),
    );
    this.#tables = tables;
  }

  /** No connection is tracked any longer. */
  forget(): void {
    const writer = new MessageWriter(64);
    const header = { flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 1, portId: 0 };
    encodeConnection(writer, header, { kind: "connection", command: "delete", family: 0 });
    const [refused] = this.#socket.transact({
      bytes: writer.bytes(),
      starts: [0],
      firstSequence: 1,
      operation: () => "forget",
    });
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }

  counts(): Counts {
    const rules = new Map<string, number>();
    const own = new Map<string, number>();
    const places = new Map<string, number>();
    for (const message of ask(this.#socket, { kind: "rule", command: "get", family: 0 })) {
      if (message.kind !== "rule") continue;
      const chain = `${FAMILIES.get(message.family)} ${message.table} ${message.chain}`;
      const place = places.get(chain) ?? 0;
      places.set(chain, place + 1);
      const packets = message.expressions?.find((one) => one.kind === "counter")?.packets;
      if (packets === undefined) continue;
      if (message.table === "witness") own.set(message.chain!, (own.get(message.chain!) ?? 0) + Number(packets));
      else rules.set(`${chain} ${place}`, Number(packets));
    }
    const arrived = (own.get("arriving") ?? 0) + (own.get("sending") ?? 0);
    return { arrived, delivered: own.get("delivered") ?? 0, rules };
  }
}
