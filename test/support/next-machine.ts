// A fresh root network namespace for the next of many networks: cheaper by far than to take the last one's links away.

import koffi from "koffi";
import { CLONE_NEWNET } from "../../src/kernel/constants.ts";
import { homeNamespace, OpenNamespace } from "../../src/kernel/index.ts";
import { libc } from "../../src/kernel/libc.ts";

const dup2 = koffi.load("libc.so.6").func("int dup2(int, int)");

/**
 * After ownMachine(). The root namespace before this call goes, with all that is in it, as soon as no node of it is left:
 * what modules hold of it, to come back to after a visit, is exchanged for the new one.
 */
export function nextMachine(): void {
  const home = homeNamespace();
  if (libc().unshare(CLONE_NEWNET) !== 0) throw new Error("cannot unshare");
  using now = OpenNamespace.open();
  if (dup2(now.fd, home.fd) !== home.fd) throw new Error("cannot exchange the root namespace");
}
