/** What can be known to be missing before anything is built. */

import { failure } from "../diagnostic.ts";
import { type Model, nicsOf, uplinkOf } from "../model/index.ts";
import { findUplinkProgram } from "../sandbox/index.ts";

/** Throws when the model needs a program for its uplink that is not there, or interfaces that a private lab cannot have. */
export function checkMeans(model: Model, host: boolean): void {
  const uplink = uplinkOf(model);
  if (uplink !== null) findUplinkProgram(uplink);
  checkNics(model, host);
}

/** Interfaces of the machine are for labs on the machine itself. */
export function checkNics(model: Model, host: boolean): void {
  const [first] = nicsOf(model);
  if (host || first === undefined) return;
  const what = first.bridge === null ? `move into ${first.namespace}` : `become a port of ${first.bridge}`;
  throw failure(
    "host.nic",
    `interface ${first.device} of this machine is to ${what}, which only a lab with --host can do`,
    {
      cause: "a private lab only has the interfaces that are made for it",
      state: "nothing was changed",
      hint: "add --host (as root); or use a host or switch of the lab in its place to try the file",
    },
    2,
  );
}
