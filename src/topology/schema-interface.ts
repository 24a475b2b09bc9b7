/** Interfaces: plugged into a switch or a cable, or of a kind of their own, whose keys come from the tables in model/links/. */

import * as z from "zod/mini";
import type { KindBody, LinkKind, LinkOption } from "../model/index.ts";
import { LINK_KINDS, limitsOf } from "../model/index.ts";
import { described, key, oneOrMore } from "./describe.ts";
import { dhcp } from "./schema-services.ts";

/** What every interface may have. */
const common = {
  address: key(
    oneOrMore,
    "Address or addresses, with prefix length (on a switch with a subnet the length may be left out), or `dhcp`: leased from the DHCP server there. Default on a switch with subnets: the next free address of each. `[]`: none.",
    ["172.19.0.40/24", ["10.0.0.1/24", "2001:db8::1/64"], "dhcp"],
  ),
  mac: key(z.string(), "Hardware address. Default: derived from the names of lab, node and interface.", [
    "02:00:00:00:00:40",
  ]),
  mtu: key(
    z.int().check(z.gte(68), z.lte(65_535)),
    "Largest packet, bytes. Default: the switch's or the other end's, else 1500.",
  ),
  up: key(z.boolean(), "false leaves the interface administratively down. Default: true."),
  dhcp: key(dhcp, "A DHCP server on this interface: `true`, or an object with details."),
};

export const plugBody = z.strictObject({
  kind: key(z.never(), "Not here: an interface with a kind is made in its node, and plugged into nothing."),
  link: key(z.string(), "What it is plugged into: a switch, or `node:interface` for the other end of a cable.", [
    "lan",
    "b:eth1",
    "root:eth0",
  ]),
  device: key(
    z.string(),
    "With --host, instead of `link`: an interface of the machine that is moved into this node, and back by `netloom down`.",
    ["eth1"],
  ),
  ...common,
});

type CommonBody = Omit<z.infer<typeof plugBody>, "kind" | "link" | "device">;
/** What a file says of an interface that has a `kind`. */
export type MadeBody = KindBody & CommonBody;

function valueSchema(option: LinkOption): z.ZodMiniType {
  switch (option.type) {
    case "boolean":
      return z.boolean();
    case "enum":
      return z.enum(Object.keys(option.values));
    case "address":
    case "mac":
      return z.string();
    default: {
      const [least, greatest] = limitsOf(option);
      return z.int().check(z.gte(least), z.lte(greatest));
    }
  }
}

/** The schema of an option, described with its default. */
function optionSchema(option: LinkOption): z.ZodMiniType {
  const preset = "default" in option ? option.default : undefined;
  const about = preset === undefined ? option.about : `${option.about} Default: ${String(preset)}.`;
  return option.required === true ? described(valueSchema(option), about) : key(valueSchema(option), about);
}

function madeBody({ kind, about, lower, options }: LinkKind): z.ZodMiniType {
  const on = lower === undefined ? undefined : z.string();
  const shape = {
    kind: described(z.literal(kind), about),
    ...(lower === undefined || on === undefined
      ? {}
      : { on: lower.required === true ? described(on, lower.about) : key(on, lower.about, ["eth0"]) }),
    ...Object.fromEntries(Object.entries(options).map(([name, option]) => [name, optionSchema(option)])),
    ...common,
  };
  return described(z.strictObject(shape), `An interface that is made in this node. ${about}`, {
    id: `${kind[0]!.toUpperCase()}${kind.slice(1)}Interface`,
  });
}

// The shape of each is its table's, and so is its type.
const madeBodies = LINK_KINDS.filter((table) => table.inFile === true).map(madeBody) as z.ZodMiniType<
  MadeBody,
  MadeBody
>[];

export const networkInterface = described(
  z.union([z.string(), plugBody, ...madeBodies]),
  "A switch, `node:interface` for the other end of a cable, or an object with details.",
  { id: "Interface" },
);
