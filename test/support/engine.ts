// The engine on the machine that a test is in: every namespace there is the lab's.

import * as engine from "../../src/engine/index.ts";
import { PRIVATE_MACHINE } from "../../src/kernel/index.ts";
import type { Model } from "../../src/model/index.ts";
import { verify } from "../../src/verify/index.ts";

type Here<F> = F extends (context: typeof PRIVATE_MACHINE, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

export const look: Here<typeof engine.look> = (...rest) => engine.look(PRIVATE_MACHINE, ...rest);
export const difference: Here<typeof engine.difference> = (...rest) => engine.difference(PRIVATE_MACHINE, ...rest);
export const reconcile: Here<typeof engine.reconcile> = (...rest) => engine.reconcile(PRIVATE_MACHINE, ...rest);
export const prove: Here<typeof verify> = (...rest) => verify(PRIVATE_MACHINE, ...rest);

/** From nothing. */
export const build = (model: Model): ReturnType<typeof engine.reconcile> => reconcile(model, null);
