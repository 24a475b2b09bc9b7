/**
 * holder/: the process that keeps a lab, from its launch to its end.
 * In: the lab that sandbox/ holds, and requests over its socket (protocol.ts: what can be asked, typed and versioned).
 * Out: results and events, plain JSON; the network and its programs as the last request wanted them (network.ts).
 * programs.ts runs what the topology has in nodes, names.ts writes who is who, uplink.ts has the way out started outside.
 * Clients import the types of protocol.ts and nothing else: lab/ is the other end.
 */

import { hold, type MethodTable } from "../sandbox/index.ts";
import { methods } from "./methods.ts";

/**
 * Runs as the holder of a new lab, until that ends. `remember` is called with the method of each answer: a holder usually
 * ends by being killed, so what it has used is remembered as it goes.
 */
export function main(remember: (method: string) => void): void {
  hold((lab) => remembering(methods(lab), remember));
}

function remembering(table: MethodTable, remember: (method: string) => void): MethodTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]): [string, MethodTable[string]] => [
      name,
      async (params, context) => {
        const result = await method(params, context);
        setImmediate(remember, name);
        return result;
      },
    ]),
  );
}
