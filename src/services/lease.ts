/** A lease: from a DHCP client's variables to addresses and routes in the kernel. */

import { addressToBytes, formatAddress, networkOf, parseAddress, rangeOf } from "../model/index.ts";
import { type LabContext, NetlinkSocket, type OpenNamespace, openNode } from "../kernel/index.ts";
import { AF_INET, NLM_F_CREATE, NLM_F_REPLACE, RTN_UNICAST, RTPROT_DHCP, RT_TABLE_MAIN } from "../netlink/constants.ts";

export interface Lease {
  readonly node: string;
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string | null;
  readonly dns: readonly string[];
  readonly search: readonly string[];
  /** Seconds. */
  readonly leaseTime: number;
  /** The server that granted it, if the client reports it. */
  readonly server: string | null;
  /** ISO 8601. */
  readonly expires: string;
}

/** The variables of a client's script. */
export type LeaseEvent = Readonly<Record<string, string>>;

/** Longer than a model ever lives; "for ever" would make an address look as if the topology had given it. */
const LONGEST = 0xffff_fffe;
const DEFAULT_LEASE = 3_600;
/** After static default routes, which have 0: the file takes precedence over a server. */
const METRIC = 100;

const GRANTED = new Set(["bound", "renew", "rebind", "reboot"]);
const WITHDRAWN = new Set(["deconfig", "expire", "fail", "release", "stop", "stopped", "nak", "expire", "nocarrier"]);

/** A lease, `null` when it is gone, `undefined` when the event is about neither. */
export function leaseOf(node: string, link: string, event: LeaseEvent): Lease | null | undefined {
  const word = (event["event"] ?? "").toLowerCase();
  if (WITHDRAWN.has(word)) return null;
  if (!GRANTED.has(word)) return undefined;
  const either = (...names: string[]): string =>
    names.map((name) => event[name] ?? "").find((text) => text !== "") ?? "";
  const address = parseAddress(either("ip", "new_ip_address"));
  if (address?.family !== 4) return undefined;
  const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((each) => each !== "");
  const seconds = Number(either("lease", "new_dhcp_lease_time"));
  const leaseTime = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST) : DEFAULT_LEASE;
  const search = listOf(either("search", "new_domain_search"));
  const domain = listOf(either("domain", "new_domain_name"));
  return {
    node,
    link,
    address: formatAddress(address),
    prefixLength: prefixLength(either("new_subnet_cidr", "subnet", "new_subnet_mask", "mask")),
    gateway: listOf(either("router", "new_routers"))[0] ?? null,
    dns: listOf(either("dns", "new_domain_name_servers")).filter((text) => parseAddress(text) !== null),
    search: search.length > 0 ? search : domain.slice(0, 1),
    leaseTime,
    server: either("serverid", "new_dhcp_server_identifier") || null,
    expires: new Date(Date.now() + leaseTime * 1_000).toISOString(),
  };
}

/** `24` or `255.255.255.0`; /32 without either. */
function prefixLength(mask: string): number {
  if (/^\d{1,2}$/.test(mask)) return Math.min(Number(mask), 32);
  const parsed = parseAddress(mask);
  if (parsed === null) return 32;
  return parsed.value.toString(2).replaceAll("0", "").length;
}

/** Sets the lease's address and default route on the link and removes those of the previous lease. Throws the kernel's error. */
export function applyLease(context: LabContext, lease: Lease, before: Lease | null, rank: number): void {
  using kernel = new Kernel(context, lease.node, lease.link);
  if (before !== null && (before.address !== lease.address || before.prefixLength !== lease.prefixLength))
    kernel.forget(before);
  kernel.address(lease);
  if (
    before !== null &&
    before.gateway !== null &&
    before.gateway !== lease.gateway &&
    before.address === lease.address
  )
    kernel.forgetGateway(before, METRIC + rank);
  if (lease.gateway !== null) kernel.gateway(lease, lease.gateway, METRIC + rank);
}

/** Its address, and with it what depends on it. */
export function withdrawLease(context: LabContext, lease: Lease): void {
  try {
    using kernel = new Kernel(context, lease.node, lease.link);
    kernel.forget(lease);
  } catch {
    // the link, or the whole node, went before
  }
}

class Kernel implements Disposable {
  readonly #namespace: OpenNamespace;
  readonly #socket: NetlinkSocket;
  readonly #index: number;

  constructor(context: LabContext, node: string, link: string) {
    this.#namespace = openNode(context, node);
    this.#socket = NetlinkSocket.open({ namespace: this.#namespace.fd, name: node });
    const [answer] = this.#socket.request({ kind: "link", command: "get", name: link }, 0);
    this.#index = answer?.message.kind === "link" ? (answer.message.index ?? 0) : 0;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.#namespace[Symbol.dispose]();
  }

  address(lease: Lease): void {
    const flags = NLM_F_CREATE | NLM_F_REPLACE;
    const network = networkOf(parseAddress(lease.address)!, lease.prefixLength);
    const life = { preferred: lease.leaseTime, valid: lease.leaseTime, created: 0, updated: 0 };
    this.#socket.request(
      {
        ...this.#addressOf(lease, "new"),
        cacheInfo: life,
        ...(lease.prefixLength < 31
          ? { broadcast: addressToBytes(formatAddress({ family: 4, value: rangeOf(network).last })) }
          : {}),
      },
      flags,
      `add address ${lease.address}/${lease.prefixLength}`,
    );
  }

  gateway(lease: Lease, gateway: string, metric: number): void {
    this.#socket.request(
      this.#routeOf(lease, gateway, metric, "new"),
      NLM_F_CREATE | NLM_F_REPLACE,
      `add default route via ${gateway}`,
    );
  }

  /** Routes that prefer the address as their source go with it. */
  forget(lease: Lease): void {
    this.#attempt(() => this.#socket.request(this.#addressOf(lease, "delete"), 0, `remove address ${lease.address}`));
  }

  forgetGateway(lease: Lease, metric: number): void {
    this.#attempt(() =>
      this.#socket.request(this.#routeOf(lease, lease.gateway!, metric, "delete"), 0, `remove the default route`),
    );
  }

  #addressOf(lease: Lease, command: "new" | "delete") {
    const bytes = addressToBytes(lease.address);
    const { prefixLength: length } = lease;
    return {
      kind: "address",
      command,
      family: AF_INET,
      prefixLength: length,
      scope: 0,
      index: this.#index,
      local: bytes,
      address: bytes,
    } as const;
  }

  #routeOf(lease: Lease, gateway: string, metric: number, command: "new" | "delete") {
    return {
      kind: "route",
      command,
      family: AF_INET,
      destinationLength: 0,
      table: RT_TABLE_MAIN,
      protocol: RTPROT_DHCP,
      scope: 0,
      type: RTN_UNICAST,
      gateway: addressToBytes(gateway),
      outputIndex: this.#index,
      priority: metric,
      preferredSource: addressToBytes(lease.address),
    } as const;
  }

  /** Gone already is as good. */
  #attempt(action: () => unknown): void {
    try {
      action();
    } catch {
      // the lease has expired, or it was removed by hand
    }
  }
}
