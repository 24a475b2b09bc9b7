/** What the NAT chains of tables would make of a connection that exists already, and whether other tables would do otherwise. Pure. */

import type { ConnectionMessage } from "../../../netlink/conntrack/index.ts";
import { IPS_DST_NAT } from "../../../netlink/conntrack/index.ts";
import {
  type Choices,
  type Hook,
  newPassage,
  type Packet,
  type Passage,
  type Routing,
  type Ruleset,
  trackNew,
  Undetermined,
  worlds,
} from "../../../packet/index.ts";
import { packetOf, tupleOf } from "./packet.ts";

/** What is known of an address: the link that leads there, and its type as `fib … type` has it; null for no way. */
export interface Ways {
  to(address: string): { readonly link: string | null; readonly type: string | null };
}

/** More combinations of unknown conditions than these are taken for a change. */
const MOST_WORLDS = 1024;

/** Conditions that cannot be known afterwards decide in both rule sets alike, whichever way that is. */
export function isAffected(connection: ConnectionMessage, before: Ruleset, after: Ruleset, ways: Ways): boolean {
  const packet = packetOf(connection);
  if (packet === null) return false;
  const translated = ((connection.status ?? 0) & IPS_DST_NAT) !== 0;
  // The source of answers is where the connection was led to.
  const actual = translated ? tupleOf(connection.reply) : null;
  const tried = worlds((choices) => {
    const [then, now] = [before, after].map((ruleset) => translation(packet, ruleset, ways, choices, actual));
    return then !== now;
  });
  let count = 0;
  for (const { result } of tried) if (result || ++count === MOST_WORLDS) return true;
  return false;
}

/** As text to be compared. */
function translation(
  packet: Packet,
  ruleset: Ruleset,
  ways: Ways,
  choices: Choices,
  actual: Passage["actual"],
): string {
  const passage = newPassage({ packet, routing: routingOf(ways), choices, actual, trace: [] });
  passage.tracking = trackNew(packet, null);
  const isLocal = (address: string | null): boolean => address !== null && ways.to(address).type === "local";
  const linkTo = (address: string | null): string | null => (address === null ? null : ways.to(address).link);
  const out = (): string | null => (isLocal(passage.packet.destination) ? "" : linkTo(passage.packet.destination));
  const run = (hook: Hook, input: string | null, output: string | null): string => {
    passage.input = input;
    passage.output = output;
    return ruleset.runNat(hook, passage)?.kind ?? "through";
  };
  try {
    const fromHere = isLocal(packet.source);
    const input = fromHere ? "" : linkTo(packet.source);
    const first = fromHere ? run("output", "", out()) : run("prerouting", input, "");
    const staysHere = !fromHere && isLocal(passage.packet.destination);
    const last = staysHere ? run("input", input, "") : run("postrouting", input, out());
    const actions = passage.trace!.flatMap((step) => (step.kind === "nat" ? [`${step.hook}: ${step.action}`] : []));
    return JSON.stringify([first, last, actions]);
  } catch (error) {
    if (error instanceof Undetermined) return error.message;
    throw error;
  }
}

/** Which address of a link the kernel takes makes no difference: it has not changed with the rules. */
function routingOf(ways: Ways): Routing {
  return {
    addressType: (address, link) => (link === null ? ways.to(address).type : null),
    reversePath: () => null,
    masquerade: () => null,
    redirect: () => null,
  };
}
