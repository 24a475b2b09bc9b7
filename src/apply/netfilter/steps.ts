/** One step of a rule → its expressions. Pure. */

import type { NetfilterStep } from "../../model/index.ts";
import {
  counter,
  decodeExpressions,
  DATATYPES as T,
  type Expression,
  hostNumber,
  inSet,
  NFT_CT_MARK,
  NFT_DYNSET_OP_ADD,
  NFT_DYNSET_OP_DELETE,
  NFT_DYNSET_OP_UPDATE,
  NFT_LIMIT_F_INV,
  NFT_LIMIT_PKTS,
  NFT_META_MARK,
  NFT_REJECT_ICMP_UNREACH,
  NFT_REJECT_ICMPX_UNREACH,
  NFT_REJECT_TCP_RST,
} from "../../netlink/nftables/index.ts";
import type { StepContext } from "./context.ts";
import { compileMatch } from "./match.ts";
import { compileShortcut, compileTranslation } from "./nat.ts";
import { loadSources, sourceType, wordsOf } from "./sources.ts";
import { CompileError, valueBytes } from "./values.ts";
import { verdictOf } from "./verdicts.ts";

const OPERATIONS = { add: NFT_DYNSET_OP_ADD, update: NFT_DYNSET_OP_UPDATE, delete: NFT_DYNSET_OP_DELETE };

export function compileStep(step: NetfilterStep, context: StepContext): Expression[] {
  switch (step.kind) {
    case "match":
      return compileMatch(step, context);
    case "lookup": {
      const { interval } = context.set(step.set);
      const { setId } = context.setId(step.set);
      return [...loadSources(step.fields, 0, interval), inSet(step.set, setId, step.not)];
    }
    case "verdict-map": {
      const { interval } = context.set(step.set);
      const lookup = { kind: "lookup", set: step.set, ...context.setId(step.set), source: 0 } as const;
      return [...loadSources(step.fields, 0, interval), { ...lookup, destination: "verdict" }];
    }
    case "counter":
      return [counter];
    case "log":
      return [
        {
          kind: "log",
          ...(step.prefix === null ? {} : { prefix: step.prefix }),
          ...(step.level === null ? {} : { level: step.level }),
          ...(step.group === null ? {} : { group: step.group }),
        },
      ];
    case "limit": {
      const { rate, seconds, burst, over } = step;
      const unit = { rate: BigInt(rate), unit: BigInt(seconds) };
      return [{ kind: "limit", ...unit, burst, type: NFT_LIMIT_PKTS, flags: over ? NFT_LIMIT_F_INV : 0 }];
    }
    case "update":
      return compileUpdate(step, context);
    case "set": {
      const value: Expression = { kind: "immediate", destination: 0, data: { value: hostNumber(step.value) } };
      if (step.field === "mark") return [value, { kind: "meta", key: NFT_META_MARK, source: 0 }];
      return [value, { kind: "ct", key: NFT_CT_MARK, source: 0 }];
    }
    case "notrack":
      return [{ kind: "notrack" }];
    case "snat":
    case "dnat":
      return compileTranslation(step, context);
    case "masquerade":
    case "redirect":
      return compileShortcut(step, context);
    case "accept":
    case "drop":
    case "return":
      return [{ kind: "immediate", destination: "verdict", data: { verdict: verdictOf(step.kind, null) } }];
    case "jump":
    case "goto":
      return [{ kind: "immediate", destination: "verdict", data: { verdict: verdictOf(step.kind, step.chain) } }];
    case "reject":
      return [compileReject(step.with)];
    case "opaque":
      return decodeExpressions(Uint8Array.from(Buffer.from(step.data, "hex")));
  }
}

function compileUpdate(
  { operation, set, key, value, timeout }: Extract<NetfilterStep, { readonly kind: "update" }>,
  context: StepContext,
): Expression[] {
  const { setId } = context.setId(set);
  // nft puts the value after the key, in the next quarter of the registers.
  const behind = Math.ceil(wordsOf(key.map(sourceType)) / 4) * 4;
  return [
    ...loadSources(key, 0),
    ...(value.length === 0 ? [] : loadSources(value, behind)),
    {
      kind: "dynset",
      set,
      setId,
      operation: OPERATIONS[operation],
      key: 0,
      ...(value.length === 0 ? {} : { data: behind }),
      ...(timeout === null ? {} : { timeout: BigInt(timeout) * 1000n }),
    },
  ];
}

const REJECTIONS = {
  icmp: [NFT_REJECT_ICMP_UNREACH, T.icmpCode],
  icmpv6: [NFT_REJECT_ICMP_UNREACH, T.icmpv6Code],
  icmpx: [NFT_REJECT_ICMPX_UNREACH, T.icmpxCode],
} as const;

function compileReject(text: string): Expression {
  if (text === "tcp reset") return { kind: "reject", type: NFT_REJECT_TCP_RST, code: 0 };
  const [protocol = "", code = ""] = text.split(" ", 2);
  const row = Object.hasOwn(REJECTIONS, protocol) ? REJECTIONS[protocol as keyof typeof REJECTIONS] : undefined;
  if (row === undefined) throw new CompileError(`cannot reject with ${JSON.stringify(text)}`);
  return { kind: "reject", type: row[0], code: valueBytes(row[1], code)[0]! };
}
