/** The same topology in the short forms of the format: a list of one without brackets, an interface as the name of its switch. */

import type { InterfaceBody, NodeBody, SwitchBody, Topology } from "../topology/schema.ts";
import type { Draft } from "./draft.ts";

type Interfaces = Record<string, string | InterfaceBody>;

export function concise(draft: Draft): Topology {
  const bare = bareEnds(draft);
  const nodes = (section: "routers" | "hosts") =>
    mapped(draft[section], (body, name) => nodeBody(body, name, bare) ?? null);
  const root = nodeBody(draft.root, "root", bare);
  return withoutEmpty({
    name: draft.name,
    root: root === null ? undefined : root,
    switches: mapped(draft.switches, switchBody),
    routers: nodes("routers"),
    hosts: nodes("hosts"),
    groups: mapped(draft.groups, one),
    expect: draft.expect,
  }) as Topology;
}

/** Cable ends fully described by the other end. */
function bareEnds(draft: Draft): ReadonlySet<string> {
  const bare = new Set<string>();
  const said = new Set<string>();
  const all = [["root", draft.root] as const, ...Object.entries(draft.routers), ...Object.entries(draft.hosts)];
  for (const [node, { interfaces }] of all)
    for (const [port, value] of Object.entries((interfaces ?? {}) as Interfaces)) {
      const { link = "", address = [], ...more } = value as InterfaceBody;
      if (!link.includes(":")) continue;
      if (said.has(link) && address.length === 0 && Object.keys(more).length === 0) bare.add(`${node}:${port}`);
      else said.add(`${node}:${port}`);
    }
  return bare;
}

function nodeBody(body: Draft["root"], node: string, bare: ReadonlySet<string>): NodeBody | null {
  const interfaces = Object.entries((body.interfaces ?? {}) as Interfaces)
    .filter(([port]) => !bare.has(`${node}:${port}`))
    .map(([port, value]) => [port, interfaceBody(value as InterfaceBody)] as const);
  const { gateway, sysctls, dns, run, nat, publish, firewall, routes, forwarding, uplink } = body;
  const short = withoutEmpty({
    forwarding,
    uplink:
      uplink !== undefined && typeof uplink === "object" && Object.keys(uplink).length === 1 ? uplink.kind : uplink,
    interfaces: Object.fromEntries(interfaces),
    // An empty list has to be written.
    gateway: gateway !== undefined && gateway.length === 0 ? undefined : one(gateway),
    routes: routes?.map((route) => withoutEmpty({ ...route, via: one(route.via) })),
    sysctls: mapped((sysctls ?? {}) as Record<string, string>, numeric),
    nat,
    publish,
    firewall,
    dns: dns !== undefined && Object.keys(dns).length === 0 ? true : dns,
    run: run?.map((item) => (Object.keys(item).length === 1 ? (item as { command: string }).command : item)),
  });
  const whole = gateway !== undefined && gateway.length === 0 ? { ...short, gateway: [] } : short;
  return Object.keys(whole).length === 0 ? null : whole;
}

function interfaceBody(body: InterfaceBody): string | InterfaceBody {
  const short = defined({ ...body, address: one(body.address), dhcp: dhcpBody(body.dhcp) });
  return Object.keys(short).length === 1 && short.link !== undefined ? short.link : short;
}

function switchBody(body: SwitchBody): SwitchBody {
  const some = <T extends string | string[] | undefined>(value: T) => (value?.length === 0 ? undefined : one(value));
  return defined({ ...body, subnet: some(body.subnet), address: some(body.address), dhcp: dhcpBody(body.dhcp) });
}

function dhcpBody(dhcp: SwitchBody["dhcp"]): SwitchBody["dhcp"] {
  if (typeof dhcp !== "object") return dhcp;
  return Object.keys(dhcp).length === 0 ? true : { ...dhcp, ...(dhcp.dns?.length === 1 ? { dns: one(dhcp.dns) } : {}) };
}

function one<T extends string | readonly string[] | undefined>(value: T): T | string {
  return Array.isArray(value) && value.length === 1 ? (value[0] as string) : value;
}

function numeric(value: string): string | number {
  return /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : value;
}

function mapped<T, R>(record: Record<string, T>, change: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

function defined<T extends object>(body: T): T {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as T;
}

function withoutEmpty<T extends object>(body: T): T {
  const full = (value: unknown): boolean =>
    value !== undefined && (typeof value !== "object" || value === null || Object.keys(value).length > 0);
  return Object.fromEntries(Object.entries(body).filter(([, value]) => full(value))) as T;
}
