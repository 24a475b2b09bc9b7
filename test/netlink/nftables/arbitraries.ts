import fc from "fast-check";
import type { RawAttribute } from "../../../src/netlink/index.ts";
import * as fields from "../../../src/netlink/fields.ts";
import { data, register, value } from "../../../src/netlink/nftables/data.ts";
import { expression, EXPRESSION_LEVELS, expressions } from "../../../src/netlink/nftables/expressions.ts";
import type { Expression, NftablesMessage } from "../../../src/netlink/nftables/index.ts";
import * as levels from "../../../src/netlink/nftables/levels.ts";

// Messages in the form that decoding gives them. Which fields there are is taken from the codec's own tables (that those
// are right is for the captures of the kernel to show); what may be in a field is said here.

type AnyCodec = fields.Codec<never>;
type AnyLevel = fields.Level<object>;

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
);
const i32 = fc.oneof(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.constantFrom(-5, -1, 0));
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const text = fc.string({ unit: "binary", maxLength: 12 }).filter((one) => !one.includes("\0") && !/\p{Cs}/u.test(one));
const bytes = fc.uint8Array({ maxLength: 40 });

const raw: fc.Arbitrary<RawAttribute> = fc.record({
  type: fc.tuple(fc.integer({ min: 200, max: 0x3fff }), fc.constantFrom(0, 0x4000, 0x8000)).map(([a, b]) => a | b),
  value: bytes,
});
const unknown = fc.array(raw, { minLength: 1, maxLength: 2 });

const verdict = fc.record({ code: i32, chain: text, chainId: u32, unknown }, { requiredKeys: ["code"] });
const anyData = fc.oneof(
  bytes.map((one) => ({ value: one })),
  verdict.map((one) => ({ verdict: one })),
);

const opaque: fc.Arbitrary<Expression> = fc.record({
  kind: fc.constant("opaque" as const),
  // A name of something that is known would have to be decoded.
  name: text.filter((one) => !(one in EXPRESSION_LEVELS)),
  attributes: fc.array(raw, { maxLength: 3 }),
});

const leaf = new Map<AnyCodec, fc.Arbitrary<unknown>>([
  [fields.u8, fc.integer({ min: 0, max: 255 })],
  [fields.u16, u16],
  [fields.u32, u32],
  [fields.i32, i32],
  [fields.u64, u64],
  [fields.text, text],
  [fields.bytes, bytes],
  [register, fc.oneof(fc.integer({ min: 0, max: 15 }), fc.constant("verdict"))],
  [value, bytes],
  [data, anyData],
] as [AnyCodec, fc.Arbitrary<unknown>][]);

const isLevel = (inside: fields.AnyLevel): inside is fields.AnyLevel & AnyLevel => "fields" in inside;

function ofCodec(codec: AnyCodec, depth: number): fc.Arbitrary<unknown> {
  if (codec === (expression as unknown)) return anyExpression(depth + 1);
  if (codec === (expressions as unknown)) return fc.array(anyExpression(depth + 1), { maxLength: 4 });
  const plain = leaf.get(codec);
  if (plain !== undefined) return plain;
  const inside = codec.inside!();
  if (isLevel(inside)) return ofLevel(inside, depth + 1);
  return fc.array(ofCodec(inside.codecs[1] as AnyCodec, depth + 1), { maxLength: 3 });
}

function ofLevel(level: AnyLevel, depth: number): fc.Arbitrary<object> {
  const parts: Record<string, fc.Arbitrary<unknown>> = { unknown };
  for (const [, , field, codec] of level.fields as readonly (readonly [number, string, string, AnyCodec])[])
    parts[field] = ofCodec(codec, depth);
  return fc.record(parts, { requiredKeys: [...level.required] as string[] }).map((one) => ({ ...one }));
}

/** Any one expression, by kind; those inside of others are opaque soon. */
export function expressionOf(kind: keyof typeof EXPRESSION_LEVELS, depth = 0): fc.Arbitrary<Expression> {
  return ofLevel(EXPRESSION_LEVELS[kind] as unknown as AnyLevel, depth).map((one) => ({ kind, ...one }) as Expression);
}

function anyExpression(depth: number): fc.Arbitrary<Expression> {
  if (depth > 3) return opaque;
  const kinds = Object.keys(EXPRESSION_LEVELS) as (keyof typeof EXPRESSION_LEVELS)[];
  return fc.oneof(
    opaque,
    fc.constantFrom(...kinds).chain((kind) => expressionOf(kind, depth)),
  );
}

const change = fc.constantFrom("new", "delete", "get", "destroy");
const COMMANDS = {
  table: change,
  chain: change,
  rule: change,
  set: change,
  elements: change,
  generation: fc.constantFrom("new", "get"),
  batch: fc.constantFrom("begin", "end"),
};
const LEVELS = {
  table: levels.TABLE,
  chain: levels.CHAIN,
  rule: levels.RULE,
  set: levels.SET,
  elements: levels.ELEMENTS,
  generation: levels.GENERATION,
  batch: levels.BATCH,
};

export type Kind = keyof typeof LEVELS;
export const kinds = Object.keys(LEVELS) as Kind[];

export function messageOf(kind: Kind): fc.Arbitrary<NftablesMessage> {
  const head = fc.record({ command: COMMANDS[kind], family: fc.integer({ min: 0, max: 255 }), resourceId: u16 });
  return fc
    .tuple(head, ofLevel(LEVELS[kind] as unknown as AnyLevel, 0))
    .map(([start, rest]) => ({ kind, ...start, ...rest }) as unknown as NftablesMessage);
}

export const anyMessage: fc.Arbitrary<NftablesMessage> = fc.constantFrom(...kinds).chain(messageOf);
export const anyHeader = fc.record({ flags: u16, sequence: u32, portId: u32 });
