/** Programs that run in a namespace as part of the network. Data only: services/ finds, starts and watches them. */

import type { Family } from "./family.ts";

/** dnsmasq on one link: leases for IPv4, router advertisements for IPv6. */
export interface DhcpServer {
  readonly kind: "dhcp-server";
  readonly link: string;
  /** First and last address; null for no IPv4 (then there are advertisements alone). */
  readonly range: readonly [string, string] | null;
  readonly prefixLength: number;
  /** Default gateway handed out; null for none. */
  readonly gateway: string | null;
  /** Name servers handed out. */
  readonly dns: readonly string[];
  readonly domain: string | null;
  /** Seconds. */
  readonly leaseTime: number;
  /** Leases that are kept for a MAC; `name` is the node's, or null. */
  readonly fixed: readonly { readonly mac: string; readonly address: string; readonly name: string | null }[];
  /** IPv6 prefixes that are advertised: hosts make their own addresses in them (RFC 4862). */
  readonly advertise: readonly string[];
  /** Whether those who hear the advertisements are to take the server as their default router. */
  readonly router: boolean;
}

/** udhcpc, dhclient or dhcpcd on one link; with `families` 6 the kernel takes router advertisements. */
export interface DhcpClient {
  readonly kind: "dhcp-client";
  readonly link: string;
  readonly families: readonly Family[];
}

/** dnsmasq as a resolver for the names of the lab. */
export interface Resolver {
  readonly kind: "resolver";
  /** Links that it answers on; `lo` for the node itself. */
  readonly links: readonly string[];
  /** Servers for names it does not know; empty: such names do not exist. */
  readonly upstream: readonly string[];
  readonly domain: string | null;
  /** The names it answers for. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

/** A command of the topology's `run`. */
export interface Process {
  readonly kind: "process";
  /** Unique in its namespace. */
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; null for the root directory. */
  readonly directory: string | null;
  readonly restart: "never" | "on-failure" | "always";
}

/** A way out of the lab's root namespace through the user's own network, by pasta or slirp4netns. */
export interface Uplink {
  readonly kind: "uplink";
  /** A tap; its address and the default route are those of the model. */
  readonly link: string;
  /** The network on the tap, and who the program is in it: IPv4. */
  readonly subnet: string;
  readonly address: string;
  readonly gateway: string;
  readonly nameServer: string;
  /** Whether the gateway's address leads to the loopback of the machine outside. */
  readonly loopback: boolean;
  /** Ports of the machine outside that are forwarded to the same ports here. */
  readonly forward: readonly {
    readonly protocol: "tcp" | "udp";
    readonly from: number;
    readonly to: number;
    /** Address of the machine outside that is listened on. */
    readonly listen: string;
  }[];
}

/** A program in a namespace. `kind` tells which. */
export type Service = DhcpServer | DhcpClient | Resolver | Process | Uplink;

/** /etc/resolv.conf of a node. */
export interface NameService {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}
