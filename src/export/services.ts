/** Programs as the keys `dhcp`, `dns`, `run` and `uplink`, spelt out. */

import type { DhcpServer, Model, Namespace, Uplink } from "../model/index.ts";
import type { DhcpBody, ResolverBody } from "../topology/schema-services.ts";
import type { RunItem } from "../topology/schema-services.ts";

/** Of an interface, or of a switch. */
export function dhcpOf({ services }: Namespace, link: string, model: Model): DhcpBody | null {
  const server = services.find((one): one is DhcpServer => one.kind === "dhcp-server" && one.link === link);
  if (server === undefined) return null;
  const fixed = server.fixed.map(({ mac, address, name }) => [clientName(name, model) ?? mac, address] as const);
  return {
    ...(server.range === null ? {} : { range: [...server.range] }),
    gateway: server.gateway ?? "none",
    dns: [...server.dns],
    ...(server.domain === null ? {} : { domain: server.domain }),
    lease: leaseText(server.leaseTime),
    ...(fixed.length === 0 ? {} : { fixed: Object.fromEntries(fixed) }),
    ra: server.advertise.length > 0,
  };
}

/** A node can be named if there is one interface of it that can be meant. */
function clientName(name: string | null, { namespaces }: Model): string | null {
  const node = name === null ? undefined : namespaces.find((each) => each.name === name);
  return node?.services.filter(({ kind }) => kind === "dhcp-client").length === 1 ? node.name : null;
}

function leaseText(seconds: number): string | number {
  for (const [unit, length] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
  ] as const)
    if (seconds % length === 0) return `${seconds / length}${unit}`;
  return seconds;
}

export function resolverOf({ services }: Namespace): ResolverBody | null {
  const resolver = services.find((one) => one.kind === "resolver");
  if (resolver?.kind !== "resolver") return null;
  const { upstream, domain } = resolver;
  return { ...(upstream.length === 0 ? {} : { upstream: [...upstream] }), ...(domain === null ? {} : { domain }) };
}

export function runOf({ services }: Namespace): RunItem[] {
  return services
    .flatMap((one) => (one.kind === "process" ? [one] : []))
    .map(({ name, command, environment, directory, restart }) => ({
      command: [...command],
      name,
      ...(restart === "never" ? {} : { restart }),
      ...(Object.keys(environment).length === 0 ? {} : { env: { ...environment } }),
      ...(directory === null ? {} : { cwd: directory }),
    }));
}

export function uplinkBody({ subnet, loopback, forward }: Uplink) {
  const [first] = forward;
  return { kind: "internet", subnet, loopback, ...(first === undefined ? {} : { listen: first.listen }) };
}
