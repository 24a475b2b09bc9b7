/** Which of the machine's interfaces a lab cannot have. Nothing is changed; all reasons are reported at once. */

import { existsSync } from "node:fs";
import type { Diagnostic } from "../../diagnostic.ts";
import { borrowed, type NicUse } from "../../model/index.ts";
import type { NetlinkSocket } from "../../kernel/index.ts";
import type { MachineLink } from "../marks.ts";
import { findNics } from "./find.ts";
import { readNic } from "./state.ts";
import { ARPHRD_ETHER, IFF_LOOPBACK } from "../../netlink/constants.ts";

export function nicProblems(
  lab: string,
  uses: readonly NicUse[],
  links: readonly MachineLink[],
  root: NetlinkSocket,
): Diagnostic[] {
  if (uses.length === 0) return [];
  const own = new Set(findNics(lab).map(({ device }) => device));
  return uses.flatMap((use): Diagnostic[] => {
    // It passed when it was taken.
    if (own.has(use.device)) return [];
    const link = links.find(({ name }) => name === use.device);
    const reason = link === undefined ? missing(use, links) : objection(use, link, links, root);
    if (reason === null) return [];
    const what = use.bridge === null ? `move into ${use.namespace}` : `become a port of ${use.bridge}`;
    return [
      {
        code: link === undefined ? "host.nic-missing" : "host.nic-unusable",
        severity: "error",
        summary: `interface ${use.device} of this machine cannot ${what}`,
        ...reason,
        state: "nothing was changed",
      },
    ];
  });
}

type Reason = Pick<Diagnostic, "cause" | "hint">;

function missing({ device }: NicUse, links: readonly MachineLink[]): Reason {
  const other = links.find(({ altnames }) => altnames.includes(device));
  if (other !== undefined) return { cause: `${device} is another name of ${other.name}`, hint: `write ${other.name}` };
  const usable = links.filter(
    ({ lab, message, name }) =>
      lab === null && message.deviceType === ARPHRD_ETHER && message.info?.kind !== "bridge" && name !== "lo",
  );
  const names = usable.slice(0, 8).map(({ name }) => name);
  return { cause: "it does not exist", ...(names.length === 0 ? {} : { hint: `there is ${names.join(", ")}` }) };
}

function objection(
  use: NicUse,
  { name, index, lab, message }: MachineLink,
  links: readonly MachineLink[],
  root: NetlinkSocket,
): Reason | null {
  const guest = borrowed(message.alias);
  if (guest !== null) return { cause: `lab ${guest.lab} has it`, hint: `run \`netloom down ${guest.lab}\` first` };
  if (lab !== null) return { cause: `it belongs to lab ${lab}` };
  if (((message.flags ?? 0) & IFF_LOOPBACK) !== 0) return { cause: "it is the loopback interface" };
  const master = links.find((each) => each.index === message.master);
  if (master !== undefined)
    return {
      cause: `it is already a port of ${master.name}`,
      hint: "take it out of that first",
    };
  if (["wireless", "phy80211"].some((each) => existsSync(`/sys/class/net/${name}/${each}`)))
    return {
      cause: "it is wireless: an access point accepts frames from one MAC address only",
      hint: "use a wired interface, or NAT",
    };
  if (use.bridge !== null && message.info?.kind === "bridge") return { cause: "it is a bridge itself" };
  if (use.bridge !== null && message.deviceType !== ARPHRD_ETHER) return { cause: "it is not an Ethernet interface" };
  const { routes } = readNic(root, index);
  if (routes.some(({ nextHopId }) => nextHopId !== undefined))
    return {
      cause: "a route through it uses a nexthop object, which cannot be moved",
      hint: "define that route with via and dev",
    };
  return null;
}
