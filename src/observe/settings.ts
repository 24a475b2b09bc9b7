/**
 * The sysctls of a namespace that differ from the kernel's defaults. The kernel does not record who set one, so they are compared
 * with those of a fresh namespace; and not all of the thousand, only those that people commonly set.
 */

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import type { Model, Namespace, Setting } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { type LabContext, openNode, sysctlPath, within, withinFresh } from "../kernel/index.ts";

/** Reading them gets slower with every namespace of the machine: labs with more namespaces do without. */
export const MOST_NAMESPACES = 100;

/** Settings of the whole namespace. */
const WHOLE: readonly string[] = [
  "net.core.somaxconn",
  ...under(
    "net.ipv4",
    "fib_multipath_hash_policy fib_multipath_use_neigh fwmark_reflect icmp_echo_ignore_all icmp_echo_ignore_broadcasts icmp_errors_use_inbound_ifaddr icmp_ratelimit igmp_max_memberships ip_default_ttl ip_early_demux ip_forward_use_pmtu ip_local_port_range ip_local_reserved_ports ip_no_pmtu_disc ip_nonlocal_bind ip_unprivileged_port_start ping_group_range tcp_base_mss tcp_congestion_control tcp_ecn tcp_fastopen tcp_fin_timeout tcp_fwmark_accept tcp_keepalive_intvl tcp_keepalive_probes tcp_keepalive_time tcp_l3mdev_accept tcp_max_syn_backlog tcp_min_snd_mss tcp_moderate_rcvbuf tcp_mtu_probing tcp_no_metrics_save tcp_notsent_lowat tcp_retries1 tcp_retries2 tcp_rmem tcp_sack tcp_slow_start_after_idle tcp_syn_retries tcp_synack_retries tcp_syncookies tcp_timestamps tcp_tw_reuse tcp_window_scaling tcp_wmem udp_l3mdev_accept udp_rmem_min",
  ),
  ...under("net.ipv6", "bindv6only fib_multipath_hash_policy icmp.echo_ignore_all ip_nonlocal_bind auto_flowlabels"),
  ...under(
    "net.netfilter",
    "nf_conntrack_acct nf_conntrack_icmp_timeout nf_conntrack_log_invalid nf_conntrack_tcp_be_liberal nf_conntrack_tcp_loose nf_conntrack_tcp_timeout_established nf_conntrack_tcp_timeout_time_wait nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream",
  ),
  ...under("net.bridge", "bridge-nf-call-arptables bridge-nf-call-ip6tables bridge-nf-call-iptables"),
  // An IPv4 default reaches interfaces that are created later; these IPv6 settings reach all interfaces at once.
  ...under("net.ipv6.conf.all", "accept_redirects accept_source_route disable_ipv6 proxy_ndp use_tempaddr"),
];

/** Per interface, including `all` and `default`. */
const IPV4 =
  "accept_local accept_source_route arp_accept arp_announce arp_filter arp_ignore arp_notify bc_forwarding ignore_routes_with_linkdown log_martians promote_secondaries proxy_arp proxy_arp_pvlan route_localnet rp_filter secure_redirects send_redirects shared_media src_valid_mark".split(
    " ",
  );
/** Per interface. What netloom itself sets for IPv6 is not included. */
const IPV6 = "accept_redirects hop_limit proxy_ndp use_tempaddr".split(" ");

/** What a sandbox itself sets: the initial values of the machine's namespace. */
const OF_MACHINE: Readonly<Record<string, string>> = {
  "net.ipv4.ping_group_range": "0 0",
  ...Object.fromEntries(
    under("net.bridge", "bridge-nf-call-arptables bridge-nf-call-ip6tables bridge-nf-call-iptables").map((key) => [
      key,
      "0",
    ]),
  ),
};

type Values = ReadonlyMap<string, string>;
type Settings = Readonly<Record<string, Setting>>;

let usual: Values | undefined;

/**
 * For the namespaces of a model that was just observed, by node, then by key. Must run in the lab's root namespace, which is left
 * out if it is the real machine's.
 */
export function readSettings(context: LabContext, { namespaces }: Model): Record<string, Settings> {
  const nodes = namespaces.filter(({ name }) => context.mark === null || name !== ROOT);
  if (nodes.length > MOST_NAMESPACES) return {};
  usual ??= withinFresh(() => read(WHOLE.concat(...["all", "default", "lo"].map(ofInterface))));
  return Object.fromEntries(
    nodes.flatMap((node) => {
      const settings = settingsOf(context, node, usual!);
      return Object.keys(settings).length === 0 ? [] : [[node.name, settings]];
    }),
  );
}

function settingsOf(context: LabContext, { name: node, addresses }: Namespace, fresh: Values): Settings {
  const addressed = new Set(addresses.flatMap(({ family, link }) => (family === 4 ? [link.replaceAll(".", "/")] : [])));
  using namespace = openNode(context, node);
  return within(namespace.fd, () => {
    const links = readdirSync("/proc/sys/net/ipv4/conf").map((link) => link.replaceAll(".", "/"));
    // Settings that a fresh namespace lacks are not read: opening a missing file takes longest.
    const whole = WHOLE.filter((key) => fresh.has(key));
    const found = read(whole.concat(...links.map(ofInterface)));
    const forwards = read(["net.ipv4.conf.all.forwarding"]).get("net.ipv4.conf.all.forwarding");
    const settings = [...found].flatMap(([key, value]): [string, Setting][] => {
      const normal =
        (node === ROOT ? OF_MACHINE[key] : undefined) ?? normalOf(key, { found, fresh, forwards, addressed });
      return normal === undefined || normal === value ? [] : [[key, { value, usual: normal }]];
    });
    return Object.fromEntries(settings);
  });
}

interface Known {
  readonly found: Values;
  readonly fresh: Values;
  readonly forwards: string | undefined;
  readonly addressed: ReadonlySet<string>;
}

/** A new interface takes the defaults of its namespace, and its forwarding setting. */
function normalOf(key: string, { found, fresh, forwards, addressed }: Known): string | undefined {
  const [, family, link] = /^net\.(ipv[46])\.conf\.([^.]+)\./.exec(key) ?? [];
  if (link === undefined || link === "all" || link === "default") return fresh.get(key);
  if (key.endsWith(".forwarding")) return forwards;
  const byDefault = key.replace(`.conf.${link}.`, ".conf.default.");
  // IPv4 applies a new default to existing interfaces, too, as long as they have no address.
  const follows = family === "ipv4" && link !== "lo" && !addressed.has(link);
  return (follows ? found.get(byDefault) : fresh.get(key)) ?? fresh.get(byDefault);
}

function ofInterface(link: string): string[] {
  const whole = link === "all" || link === "default";
  return [
    ...IPV4.map((key) => `net.ipv4.conf.${link}.${key}`),
    // For IPv6, the values that a new interface takes are of interest.
    ...(link === "all" ? [] : IPV6.map((key) => `net.ipv6.conf.${link}.${key}`)),
    ...(whole ? [] : [`net.ipv4.conf.${link}.forwarding`]),
  ];
}

function under(folder: string, names: string): string[] {
  return names.split(" ").map((name) => `${folder}.${name}`);
}

const buffer = Buffer.alloc(4_096);
const paths = new Map<string, string>();

function pathOf(key: string): string {
  const known = paths.get(key);
  if (known !== undefined) return known;
  const path = sysctlPath(key);
  paths.set(key, path);
  return path;
}

/** Reads from the namespace that this thread is in. Settings that the kernel lacks, or does not allow to read, are left out. */
function read(keys: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const key of keys) {
    try {
      // With a thousand of them: readFileSync would take twice as many system calls.
      const fd = openSync(pathOf(key), "r");
      const length = readSync(fd, buffer);
      closeSync(fd);
      found.set(key, buffer.toString("latin1", 0, length).trim().replaceAll("\t", " "));
    } catch {
      // This kernel has no such setting.
    }
  }
  return found;
}
