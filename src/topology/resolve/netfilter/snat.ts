/** `snat`: source addresses, and ports if need be, out of ranges that are given. */

import { contains, formatAddress, networkOf, parseAddress } from "../../../model/index.ts";
import type { NetfilterOperand } from "../../../model/index.ts";
import { parsePorts } from "../../firewall-rule.ts";
import type { NatBody } from "../../schema-netfilter.ts";
import type { OwnLink } from "./names.ts";
import type { NatContext, NatRules } from "./nat-rules.ts";
import { familiesFrom, sourceSteps } from "./sources.ts";
import type { Sources } from "./sources.ts";
import { constant, match, ofFamily, rule, TCP_OR_UDP } from "./steps.ts";

export function snatRules(
  body: NonNullable<NatBody["snat"]>,
  link: OwnLink,
  sources: Sources | null,
  context: NatContext,
): Partial<NatRules> {
  const { problems } = context.network;
  const address = readRange(body.to, link, context);
  const ports = body.ports === undefined ? null : parsePorts(String(body.ports));
  if (typeof ports === "string") {
    problems.error("port", ports, [...context.path, "snat", "ports"], { hint: "write it as 1024-4095" });
    return {};
  }
  if (address === null) return {};
  const { family } = address;
  if (!familiesFrom(sources).includes(family)) {
    if ((sources?.prefixes.length ?? 0) > 0)
      problems.error("nat", `from and ${body.to} have no IP version in common`, [...context.path, "snat", "to"]);
    return {};
  }
  const steps = [ofFamily(family), match("oifname", link.name), ...sourceSteps(sources, family, context.groups)];
  const snat = (port: NetfilterOperand | null) =>
    ({ kind: "snat", family, address: address.operand, port, flags: [] }) as const;
  const others = rule([...steps, snat(null)]);
  if (ports === null) return { postrouting: [others] };
  const port = constant(String(ports[0]), String(ports[1]));
  // Only these have ports.
  return { postrouting: [rule([...steps, TCP_OR_UDP, snat(port)]), others] };
}

function readRange(text: string, link: OwnLink, { path, network }: NatContext) {
  const { problems } = network;
  const where = [...path, "snat", "to"];
  const [first, last, ...rest] = text.split("-").map((part) => parseAddress(part));
  if (!first || last === null || rest.length > 0) {
    problems.error("nat", `${JSON.stringify(text)} is neither an address nor an address range`, where, {
      hint: "write it as 203.0.113.2 or 203.0.113.8-203.0.113.15",
    });
    return null;
  }
  const end = last ?? first;
  if (end.family !== first.family || end.value < first.value) {
    const fault = end.family === first.family ? "is the wrong way round" : "mixes IPv4 and IPv6";
    problems.error("nat", `the range ${text} ${fault}`, where);
    return null;
  }
  const own = link.addresses.map((address) => address.text);
  for (const edge of [first, end]) {
    const near = link.addresses.some((address) => contains(networkOf(address, address.length), edge));
    if (!near || own.includes(formatAddress(edge))) continue;
    problems.warn(
      "nat-address",
      `${formatAddress(edge)} is not an address of ${link.name}: nothing answers for it there`,
      where,
      {
        hint: `add it to the addresses of ${link.name}, or answers will not come back`,
      },
    );
    break;
  }
  return { family: first.family, operand: constant(formatAddress(first), formatAddress(end)) };
}
