import { NetlinkDecodeError } from "../errors.ts";
import type { AnyLevel } from "../fields.ts";
import { MESSAGE_HEADER } from "../header.ts";
import { NETFILTER_HEADER } from "../netfilter.ts";
import { Reader } from "../reader.ts";
import { EXPRESSION_NAMES, expressionLevel } from "./expressions.ts";
import { nftablesLevel } from "./message.ts";

/**
 * The attribute of a request that the kernel complains about, by name: `NFTA_RULE_EXPRESSIONS/NFTA_LIST_ELEM/NFTA_EXPR_NAME`.
 * @param request The request's bytes from its nlmsghdr on.
 * @param offset NLMSGERR_ATTR_OFFS: from the start of the nlmsghdr.
 * @returns null when no attribute is there.
 */
export function nftablesAttributePath(request: Uint8Array, offset: number): string | null {
  if (request.length < MESSAGE_HEADER) return null;
  const reader = new Reader(request);
  const level = nftablesLevel(reader.u16(4));
  if (level === undefined) return null;
  try {
    return search(reader, MESSAGE_HEADER + NETFILTER_HEADER, request.length, level, offset);
  } catch (error) {
    // The request may be the very thing that is malformed; then it has no path.
    if (error instanceof NetlinkDecodeError) return null;
    throw error;
  }
}

function search(reader: Reader, start: number, end: number, level: AnyLevel, offset: number): string | null {
  const cursor = reader.attributes(start, end, level.names);
  const isExpression = level.names === EXPRESSION_NAMES;
  let name = "";
  while (cursor.next()) {
    if (isExpression && cursor.type === 1) name = cursor.string();
    if (offset < cursor.start || offset >= cursor.valueEnd) continue;
    const path = cursor.name();
    // What an expression's data holds depends on its name.
    const inside = isExpression ? expressionLevel(name) : level.codecs[cursor.type]?.inside?.();
    if (inside === undefined || offset < cursor.valueStart || (isExpression && cursor.type === 1)) return path;
    const deeper = search(reader, cursor.valueStart, cursor.valueEnd, inside, offset);
    return deeper === null ? path : `${path}/${deeper}`;
  }
  return null;
}
