import type { RouteNetlinkMessage } from "../../src/netlink/index.ts";
import { decodeMessages, encodeMessage, MessageWriter } from "../../src/netlink/index.ts";

/** The message as it is after a way through bytes. */
export function overTheWire<M extends RouteNetlinkMessage>(message: M): M {
  const writer = new MessageWriter();
  encodeMessage(writer, { flags: 0, sequence: 1, portId: 0 }, message);
  const [decoded] = decodeMessages(writer.bytes());
  return decoded!.message as M;
}

/** Links of one namespace by their names, which are also all that there are. */
export const LINKS: ReadonlyMap<string, number> = new Map([
  ["lo", 1],
  ["eth0", 16],
  ["eth1", 17],
  ["br0", 200],
]);

export const indexOf = (link: string): number => LINKS.get(link)!;
export const nameOf = (index: number): string | null => [...LINKS].find(([, each]) => each === index)?.[0] ?? null;
