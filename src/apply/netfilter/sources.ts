/** Fields and hashes → expressions that load them into consecutive registers. Pure. */

import type { NetfilterField, NetfilterHash, NetfilterSource } from "../../model/index.ts";
import { LITTLE_ENDIAN } from "../../netlink/index.ts";
import {
  type Datatype,
  DATATYPES as T,
  type Expression,
  hostNumber,
  NFT_BITWISE_LSHIFT,
  NFT_BYTEORDER_HTON,
  NFT_HASH_JENKINS,
  readSelector,
  type Selector,
  SELECTORS,
} from "../../netlink/nftables/index.ts";
import { CompileError, isHostNumber, keyLength, padded } from "./values.ts";

/** The number of registers, in words of 32 bits. */
const WORDS = 16;

// Every field of the model has a selector: the type checker ensures it.
const FIELDS: Readonly<Record<NetfilterField, Selector>> = SELECTORS;

export function selectorOf(field: NetfilterField): Selector {
  const selector = FIELDS[field] as Selector | undefined;
  if (selector === undefined) throw new CompileError(`unknown field ${JSON.stringify(field)}`);
  return selector;
}

/** For a hash, the type of the port that it becomes. */
export function sourceType(source: NetfilterSource): Datatype {
  return typeof source === "string" ? selectorOf(source).type : T.port;
}

export function wordsOf(types: readonly Datatype[]): number {
  return types.reduce((sum, { size }) => sum + padded(size) / 4, 0);
}

/** Fails unless words `at` to `at + count - 1` are registers. */
export function checkRegisters(at: number, count: number): void {
  if (at + count > WORDS)
    throw new CompileError(`its fields take ${at + count} words, and there are only ${WORDS} registers`);
}

/**
 * Loads sources into the words from `at` on, each filling whole words. With `ordered`, host numbers are converted to network byte
 * order, as interval sets require.
 */
export function loadSources(sources: readonly NetfilterSource[], at: number, ordered = false): Expression[] {
  if (sources.length === 0) throw new CompileError("it looks at no field");
  checkRegisters(at, wordsOf(sources.map(sourceType)));
  const expressions: Expression[] = [];
  let word = at;
  for (const source of sources) {
    const type = sourceType(source);
    if (typeof source === "string") {
      expressions.push(readSelector(selectorOf(source), word));
      if (ordered && isHostNumber(type)) expressions.push(toNetworkOrder(word, type.size));
    } else expressions.push(...loadHash(source, word));
    word += wordsOf([type]);
  }
  return expressions;
}

export function toNetworkOrder(word: number, size: number): Expression {
  return { kind: "byteorder", source: word, destination: word, operation: NFT_BYTEORDER_HTON, length: size, size };
}

/** The fields are loaded into the same words: a hash is never longer than its input. */
function loadHash({ hash, modulus, offset, seed }: NetfilterHash, at: number): Expression[] {
  const types = hash.map((field) => selectorOf(field).type);
  const fields = loadSources(hash, at);
  const made: Expression = {
    kind: "hash",
    type: NFT_HASH_JENKINS,
    source: at,
    destination: at,
    length: keyLength(types),
    modulus,
    seed,
    ...(offset === 0 ? {} : { offset }),
  };
  return [...fields, made, toPort(at)];
}

/**
 * A hash is 32 bits in host byte order; an expression that reads a port from a register takes its first two bytes, in network
 * byte order. On little-endian hosts these are the two bytes to swap, on big-endian hosts they must be shifted there.
 */
export function toPort(word: number, littleEndian = LITTLE_ENDIAN): Expression {
  if (littleEndian) return toNetworkOrder(word, T.port.size);
  return {
    kind: "bitwise",
    source: word,
    destination: word,
    length: 4,
    operation: NFT_BITWISE_LSHIFT,
    data: { value: hostNumber(16) },
  };
}
