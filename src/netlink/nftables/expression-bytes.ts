import { Reader } from "../reader.ts";
import { MessageWriter } from "../writer.ts";
import type { Expression } from "./expression-types.ts";
import { expressions } from "./expressions.ts";

/** Expressions by themselves, as NFTA_RULE_EXPRESSIONS holds them: for keeping what has no other form. */

const NFTA_RULE_EXPRESSIONS = 4;
const HEADER = 4;
const NAMES = ["", "", "", "", "NFTA_RULE_EXPRESSIONS"];

/**
 * The content of an attribute that lists expressions, as NFTA_RULE_EXPRESSIONS.
 * @throws NetlinkEncodeError when a value does not fit its field.
 */
export function encodeExpressions(list: readonly Expression[]): Uint8Array {
  const writer = new MessageWriter();
  expressions.write(writer, NFTA_RULE_EXPRESSIONS, list);
  return writer.bytes().slice(HEADER);
}

/** @throws NetlinkDecodeError */
/**
 * Expressions from the content of an attribute that lists them, as NFTA_RULE_EXPRESSIONS.
 * @throws NetlinkDecodeError when the bytes are no such list.
 */
export function decodeExpressions(bytes: Uint8Array): Expression[] {
  const writer = new MessageWriter();
  writer.attributeBytes(NFTA_RULE_EXPRESSIONS, bytes);
  const whole = writer.bytes();
  const cursor = new Reader(whole).attributes(0, whole.length, NAMES);
  return cursor.next() ? [...expressions.read(cursor)] : [];
}
