// The engine on the machine that a test is in: every namespace there is the lab's.

import * as fresh from "../../src/engine/build.ts";
import * as running from "../../src/engine/reconcile.ts";
import { PRIVATE_MACHINE } from "../../src/kernel/index.ts";

type Here<F> = F extends (context: typeof PRIVATE_MACHINE, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

export const build: Here<typeof fresh.build> = (...rest) => fresh.build(PRIVATE_MACHINE, ...rest);
export const difference: Here<typeof fresh.difference> = (...rest) => fresh.difference(PRIVATE_MACHINE, ...rest);
export const observeFor: Here<typeof fresh.observeFor> = (...rest) => fresh.observeFor(PRIVATE_MACHINE, ...rest);
export const prove: Here<typeof fresh.prove> = (...rest) => fresh.prove(PRIVATE_MACHINE, ...rest);
export const reconcile: Here<typeof running.reconcile> = (...rest) => running.reconcile(PRIVATE_MACHINE, ...rest);
