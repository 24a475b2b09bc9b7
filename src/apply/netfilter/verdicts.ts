/** Verdicts by name. Pure. */

import {
  NF_ACCEPT,
  NF_DROP,
  NFT_CONTINUE,
  NFT_GOTO,
  NFT_JUMP,
  NFT_RETURN,
  type Verdict,
} from "../../netlink/nftables/index.ts";
import { CompileError } from "./values.ts";

const CODES: ReadonlyMap<string, number> = new Map([
  ["accept", NF_ACCEPT],
  ["drop", NF_DROP],
  ["return", NFT_RETURN],
  ["continue", NFT_CONTINUE],
  ["jump", NFT_JUMP],
  ["goto", NFT_GOTO],
]);

/** @param chain The target of `jump` and `goto`. */
export function verdictOf(word: string, chain: string | null): Verdict {
  const code = CODES.get(word);
  const jumps = code === NFT_JUMP || code === NFT_GOTO;
  if (code === undefined || jumps !== (chain !== null))
    throw new CompileError(`${JSON.stringify(chain === null ? word : `${word} ${chain}`)} is not a verdict`);
  return chain === null ? { code } : { code, chain };
}
