/** Rules of other tools that translate addresses, as entries of `nat` and `publish`. */

import { contains, formatPrefix, networkOf, parseAddress, parseInterfaceAddress } from "../../model/index.ts";
import type { Address, Namespace, NetfilterRule } from "../../model/index.ts";
import type { NatBody, PublicationBody } from "../../topology/schema-netfilter.ts";
import { prefixesIn, Words } from "./words.ts";

/** A published port: the entry, and where it leads to in numbers. */
export interface Led {
  readonly entry: PublicationBody;
  readonly protocol: string;
  readonly port: string;
  readonly target: string;
  readonly targetPort: string;
}

export function publicationIn(rule: NetfilterRule, namespace: Namespace): Led | null {
  const words = new Words(rule);
  words.one("nfproto");
  const dnat = words.step("dnat");
  const protocol = words.one("l4proto") ?? words.one("ip protocol");
  const port = words.one("dport");
  const link = words.one("iifname");
  // Docker's way of saying "from elsewhere"; the rest of the world is all that is left anyway.
  if (link === null) words.not("iifname");
  const address = words.one("ip daddr") ?? words.one("ip6 daddr");
  if (words.one("fib daddr type") === "local" && address !== null) return null;
  if (!words.done || dnat === null || port === null || (protocol !== "tcp" && protocol !== "udp")) return null;
  const target = dnat.address?.kind === "constant" && dnat.address.from === dnat.address.to ? dnat.address.from : null;
  const to =
    dnat.port === null
      ? port
      : dnat.port.kind === "constant" && dnat.port.from === dnat.port.to
        ? dnat.port.from
        : null;
  const own = address === null ? null : linkWith(address, namespace);
  if (target === null || to === null || own === undefined || (link !== null && own !== null && own !== link))
    return null;
  const host = target.includes(":") ? `[${target}]` : target;
  const on = link ?? own;
  const entry: PublicationBody = {
    ...(on === null ? {} : { in: on }),
    port: port.includes("-") ? port : Number(port),
    ...(protocol === "tcp" ? {} : { protocol }),
    to: `${host}:${to}`,
  };
  return { entry, protocol, port, target, targetPort: to };
}

/** The link whose only address this is; undefined if it has more addresses or no link has it. */
function linkWith(address: string, { addresses }: Namespace): string | undefined {
  const found = addresses.find((own) => own.address === address);
  const same = addresses.filter((own) => own.link === found?.link && own.family === found.family);
  return same.length === 1 ? found?.link : undefined;
}

/** Whether one of these already leads there. */
export function answers({ entry, protocol, port, target, targetPort }: Led, led: readonly Led[]): boolean {
  return led.some(
    (one) =>
      one.protocol === protocol &&
      one.port === port &&
      one.target === target &&
      one.targetPort === targetPort &&
      (one.entry.in === undefined || one.entry.in === entry.in),
  );
}

/** Entries equivalent to the rule, none if that is already covered; null if it cannot be expressed. */
export function translationsIn(rule: NetfilterRule, namespace: Namespace, led: readonly Led[]): NatBody[] | null {
  if (mendsHairpin(rule, led)) return [];
  const words = new Words(rule);
  words.one("nfproto");
  const out = words.one("oifname");
  const except = out === null ? words.not("oifname") : null;
  const four = words.values("ip saddr");
  const from = (four ?? words.values("ip6 saddr") ?? []).flatMap(prefixesIn);
  const [masquerade, snat] = [words.step("masquerade"), words.step("snat")];
  if (!words.done || out?.endsWith("*")) return null;
  const links = out === null ? linksBeyond(from, except, namespace) : [out];
  const sources = from.length === 0 ? {} : { from: from.length === 1 ? from[0]! : from };
  if (links.length === 0) return null;
  if (masquerade !== null && masquerade.port === null && masquerade.flags.length === 0) {
    const six = from.some((text) => text.includes(":"));
    return links.map((link) => ({ masquerade: link, ...sources, ...(six ? { ipv6: "masquerade" as const } : {}) }));
  }
  if (snat === null || snat.port !== null || snat.address?.kind !== "constant") return null;
  const { from: first, to: last } = snat.address;
  return links.map((link) => ({ snat: { out: link, to: first === last ? first : `${first}-${last}` }, ...sources }));
}

/** Sending what was published back by way of this node: `publish` does that by itself. */
function mendsHairpin(rule: NetfilterRule, led: readonly Led[]): boolean {
  const words = new Words(rule);
  const [protocol, target, port] = [words.one("l4proto"), words.one("ip daddr"), words.one("dport")];
  return (
    words.step("masquerade") !== null &&
    led.some((one) => one.protocol === protocol && one.target === target && (port === null || one.targetPort === port))
  );
}

/** The links through which such packets leave if the rule does not say: all except those they come from. */
function linksBeyond(from: readonly string[], except: string | null, { links, addresses }: Namespace): string[] {
  if (from.length === 0) return [];
  const sources = from.flatMap((text) => parseInterfaceAddress(text) ?? []);
  const inside = ({ address, prefixLength }: Address): boolean => {
    const network = networkOf(parseAddress(address)!, prefixLength);
    return sources.some((one) => contains(one, network) || formatPrefix(one) === formatPrefix(network));
  };
  const addressed = links.filter(({ name }) => addresses.some((one) => one.link === name));
  return addressed
    .filter(
      ({ name, kind }) =>
        kind !== "loopback" && name !== except && !addresses.some((one) => one.link === name && inside(one)),
    )
    .map(({ name }) => name);
}
