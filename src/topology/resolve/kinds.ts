/** Interfaces of a kind of their own: what they stand on, their options, and the links that they are, all by their tables. */

import { canonicalAddress, defaultOf, isMulticast, parseMac, ROOT } from "../../model/index.ts";
import type { Link, LinkOption, LinkRef, OptionValue } from "../../model/index.ts";
import type { Path, Problems } from "../problems.ts";
import { suggestion } from "../suggest.ts";
import { portLabel } from "./network.ts";
import type { Made, Network, Port, Switch } from "./network.ts";

/** Looks up the lower link of an interface, and checks its options. */
export function stand(port: Port, made: Made, network: Network): void {
  const before = network.problems.list.length;
  const { on } = made.given;
  if (typeof on === "string") made.lower = lowerNamed(on, port, network);
  checkOptions(port, made, network.problems);
  if (network.problems.list.length > before) port.node.incomplete = true;
}

function lowerNamed(name: string, port: Port, { problems, switches }: Network): Port | Switch | null {
  const { node, path } = port;
  const at = [...path, "on"];
  const found = node.ports.get(name) ?? (node.name === ROOT ? switches.get(name) : undefined);
  if (found === undefined) {
    const hint = (): string | undefined => {
      if (name.includes(":") || switches.has(name)) return `name an interface of ${node.name} itself`;
      return suggestion(
        name,
        [...node.ports.keys()].filter((each) => each !== port.name),
      );
    };
    problems.error("unknown-interface", `${node.name} has no interface ${JSON.stringify(name)}`, at, { hint });
    return null;
  }
  const circle = circleOf(port, found);
  if (circle === null) return found;
  problems.error("link-circle", `${portLabel(port)} is on itself${circle}`, at, {
    hint: "name the interface that carries it",
  });
  return null;
}

/** The way from a link back to itself, in words; null if there is none. Of a circle, the link that comes last closes it. */
function circleOf(port: Port, lower: Port | Switch): string | null {
  const between: string[] = [];
  for (let at: Port | Switch | null = lower; at !== null && "made" in at; at = at.made?.lower ?? null) {
    if (at === port) return between.length === 0 ? "" : `, by way of ${between.join(" and ")}`;
    between.push(at.name);
  }
  return null;
}

const ANYTHING_AT_ALL = "0.0.0.0 or ::";

function checkOptions({ path, body }: Port, { table, given, lower }: Made, problems: Problems): void {
  const families = new Map<number, string>();
  for (const [name, option] of Object.entries(table.options)) {
    const value = given[name];
    if (value === undefined) continue;
    const at = [...path, name];
    const other = option.excludes?.find((each) => given[each] !== undefined);
    // Said once, at the one that the table has later.
    if (other !== undefined && Object.keys(table.options).indexOf(other) < Object.keys(table.options).indexOf(name))
      problems.error("option", `${name} and ${other} cannot go together`, at, {
        at: "key",
        hint: "leave out one of them",
      });
    const missing = option.needs?.find((each) => given[each] === undefined);
    if (missing !== undefined)
      problems.error("option", `${name} needs ${missing}`, at, {
        at: "key",
        hint: missing === "on" ? "add on: with the interface that its packets leave by" : `add ${missing}:`,
      });
    if (option.type === "address") checkAddress(name, option, String(value), at, families, problems);
    if (option.type === "mac" && parseMac(String(value)) === null)
      problems.error("mac", `${JSON.stringify(value)} is not a hardware address`, at, {
        hint: "write it as 02:00:00:00:00:40",
      });
  }
  if (body.mac !== undefined && hasLowerMac(table, given))
    problems.error(
      "mac",
      `a ${table.kind} in the mode ${table.lowerMac!.value} has the hardware address of the interface below`,
      [...path, "mac"],
      { at: "key", hint: `leave out mac${lower === null ? "" : `, or give it to ${lower.name}`}` },
    );
}

function checkAddress(
  name: string,
  option: LinkOption & { readonly type: "address" },
  text: string,
  at: Path,
  families: Map<number, string>,
  problems: Problems,
): void {
  const address = canonicalAddress(text);
  if (address === null || address === "0.0.0.0" || address === "::") {
    const what = address === null ? "is not an address" : "is no address of anybody";
    problems.error("address", `${JSON.stringify(text)} ${what}`, at, {
      hint:
        address === null
          ? "write it as 192.0.2.1 or 2001:db8::1"
          : `leave out ${name}: none is the same as ${ANYTHING_AT_ALL}`,
    });
    return;
  }
  const multicast = isMulticast(address);
  if (option.scope !== undefined && multicast !== (option.scope === "multicast"))
    problems.error(
      "address",
      `${name} must be a ${option.scope} address, and ${address} is a ${multicast ? "multicast" : "unicast"} one`,
      at,
    );
  const family = address.includes(":") ? 6 : 4;
  if (family === 6 && option.attributes[1] === null)
    problems.error("address", `${name} must be an IPv4 address, not ${address}`, at);
  const [other] = [...families].filter(([known]) => known !== family);
  if (other !== undefined)
    problems.error("address", `${name} is an IPv${family} address, and ${other[1]} an IPv${other[0]} one`, at, {
      hint: "both ends of a tunnel have addresses of one family",
    });
  families.set(family, name);
}

/** Whether it has the hardware address of its lower link. */
function hasLowerMac({ lowerMac, options }: Made["table"], given: Made["given"]): boolean {
  if (lowerMac === undefined) return false;
  return (given[lowerMac.option] ?? defaultOf(options[lowerMac.option]!)) === lowerMac.value;
}

/** The port or switch whose hardware address it has; null for one of its own. */
export function macLender({ made }: Port): Port | Switch | null {
  return made !== null && hasLowerMac(made.table, made.given) ? made.lower : null;
}

/** Bytes of its headers. */
export function overheadOf({ table, given }: Made): number {
  const six = Object.entries(table.options).some(
    ([name, { type }]) => type === "address" && String(given[name] ?? "").includes(":"),
  );
  return table.overhead?.[six ? 1 : 0] ?? 0;
}

/** The link of the model: every option has its value. */
export function madeLink(port: Port, made: Made, mac: string): Link {
  const { table, given, lower } = made;
  const options = Object.entries(table.options).map(([name, option]): [string, OptionValue] => [
    name,
    given[name] === undefined ? defaultOf(option) : canonicalValue(option, given[name]),
  ]);
  const ref: LinkRef | null = lower === null ? null : { namespace: port.node.name, link: lower.name };
  const link = {
    kind: table.kind,
    name: port.name,
    up: port.body.up ?? true,
    mtu: port.mtu,
    mac: table.withoutMac === true ? null : mac,
    master: null,
    altnames: [],
    ...(table.lower === undefined ? {} : { lower: ref }),
    ...Object.fromEntries(options),
  };
  // The options of its table are those of the kind's type.
  return link as unknown as Link;
}

function canonicalValue(option: LinkOption, value: Exclude<OptionValue, null>): OptionValue {
  if (option.type === "address") return canonicalAddress(String(value));
  return option.type === "mac" ? parseMac(String(value)) : value;
}
