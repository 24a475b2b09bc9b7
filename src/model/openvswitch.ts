/**
 * The content of an Open vSwitch database. The kernel only knows that something has taken the switches' ports,
 * and of a datapath in user space not even that. Plain data; the words are those of ovs-vswitchd.conf.db(5).
 */

import type { LinkRef } from "./types.ts";

export interface OvsBridge {
  readonly name: string;
  /** The namespace that it switches in: that of ovs-vswitchd. */
  readonly namespace: string;
  /** `system`: the kernel's; `netdev`: in user space. */
  readonly datapath: string;
  /** What it does without a controller: `standalone`, `secure`; null for the default. */
  readonly failMode: string | null;
  readonly controllers: readonly OvsController[];
  /** Natural order by name. The bridge's own, of the same name, is one of them. */
  readonly ports: readonly OvsPort[];
}

export interface OvsController {
  /** `tcp:192.0.2.1:6653` */
  readonly target: string;
  readonly connected: boolean;
}

export interface OvsPort {
  readonly name: string;
  /** The VLAN of what comes in without one; null for none. */
  readonly tag: number | null;
  /** Empty: all VLANs, unless it has a tag only. */
  readonly trunks: readonly number[];
  /** `access`, `trunk`, `native-tagged`, `native-untagged`, `dot1q-tunnel`; null: by what is set of the two others. */
  readonly vlanMode: string | null;
  /** Of a port of several interfaces: `active-backup`, `balance-slb`, `balance-tcp`. */
  readonly bondMode: string | null;
  readonly lacp: string | null;
  /** More than one: a bond. */
  readonly interfaces: readonly OvsInterface[];
}

export interface OvsInterface {
  readonly name: string;
  /** `system`: a link that was there before; `internal`, `patch`, `vxlan`, `geneve`, `gre`, … */
  readonly type: string;
  /** The link that it is; null for what is in the switch only, such as patch ports and tunnels. */
  readonly link: LinkRef | null;
  /** Of a patch port: the bridge and the port at its other end; null when there is none. */
  readonly peer: { readonly bridge: string; readonly port: string } | null;
  /** As they were set: `remote_ip`, `key`, `peer`, … */
  readonly options: Readonly<Record<string, string>>;
  readonly mac: string | null;
  /** Why it does not work, in the words of the switch. */
  readonly error: string | null;
}
