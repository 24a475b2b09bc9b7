/**
 * What can be asked without the kernel loading anything: a question about rules or sockets that no module answers would have
 * it look for one, and discovering must change nothing. What is not loaded has nothing to report.
 */

import { readFileSync } from "node:fs";
import { release } from "node:os";
import { NETLINK_NETFILTER, NETLINK_SOCK_DIAG, NETLINK_XFRM } from "../netlink/constants.ts";

export interface Askable {
  readonly nftables: boolean;
  readonly tcpDiag: boolean;
  readonly udpDiag: boolean;
  readonly ipsec: boolean;
  /** iptables-legacy has been used, or is built in. */
  readonly legacy: boolean;
}

type Read = (path: string) => string | null;

export function askable(read: Read = readText): Askable {
  const modules = read("/proc/modules");
  // A kernel that cannot load anything cannot be made to.
  const all = modules === null;
  const loaded = new Set(modules?.split("\n").map((line) => line.split(" ", 1)[0]));
  const builtIn = all ? "" : (read(`/lib/modules/${release()}/modules.builtin`) ?? "");
  const there = (name: string): boolean => all || loaded.has(name) || builtIn.includes(`/${name}.ko`);
  // The kernel's own end of each netlink protocol is listed as a socket without a port.
  const protocols = new Set(
    (read("/proc/thread-self/net/netlink") ?? "")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, protocol, port]) => (port === "0" ? [Number(protocol)] : [])),
  );
  return {
    nftables: protocols.has(NETLINK_NETFILTER) && there("nf_tables"),
    tcpDiag: protocols.has(NETLINK_SOCK_DIAG) && there("inet_diag") && there("tcp_diag"),
    udpDiag: protocols.has(NETLINK_SOCK_DIAG) && there("inet_diag") && there("udp_diag"),
    ipsec: protocols.has(NETLINK_XFRM),
    legacy: (read("/proc/thread-self/net/ip_tables_names") ?? read("/proc/thread-self/net/ip6_tables_names")) !== null,
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
