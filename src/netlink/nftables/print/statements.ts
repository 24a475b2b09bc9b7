import * as C from "../constants.ts";
import type {
  FibExpression,
  LimitExpression,
  LogExpression,
  OpaqueExpression,
  QueueExpression,
  RejectExpression,
} from "../expression-types.ts";
import { decodeText } from "../../text.ts";
import { hex, TYPES, writeValue } from "./values.ts";
import { NFPROTO_IPV6 } from "../../constants.ts";

/** Statements on their own, as text. */

const UNITS: ReadonlyMap<bigint, string> = new Map([
  [1n, "second"],
  [60n, "minute"],
  [3600n, "hour"],
  [86_400n, "day"],
  [604_800n, "week"],
]);

function writeBytes(bytes: bigint): string {
  if (bytes > 0n && bytes % 1_048_576n === 0n) return `${bytes / 1_048_576n} mbytes`;
  if (bytes > 0n && bytes % 1024n === 0n) return `${bytes / 1024n} kbytes`;
  return `${bytes} bytes`;
}

export function writeLimit({ rate, unit, burst = 0, type = 0, flags = 0 }: LimitExpression): string {
  const over = flags & C.NFT_LIMIT_F_INV ? "over " : "";
  const per = UNITS.get(unit) ?? `${unit}s`;
  if (type === C.NFT_LIMIT_PKT_BYTES)
    return `limit rate ${over}${writeBytes(rate)}/${per}${burst === 0 ? "" : ` burst ${writeBytes(BigInt(burst))}`}`;
  // A burst of 5 is what nft sends when none is asked for.
  return `limit rate ${over}${rate}/${per}${burst === 0 || burst === 5 ? "" : ` burst ${burst} packets`}`;
}

const LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];

export function writeLog({ prefix, group, snapLength, queueThreshold, level, flags = 0 }: LogExpression): string {
  let text = "log";
  if (prefix !== undefined) text += ` prefix "${prefix}"`;
  if (group !== undefined) text += ` group ${group}`;
  if (snapLength !== undefined) text += ` snaplen ${snapLength}`;
  if (queueThreshold !== undefined) text += ` queue-threshold ${queueThreshold}`;
  if (level !== undefined && level !== 4) text += ` level ${LEVELS[level] ?? level}`;
  if ((flags & C.NF_LOG_MASK) === C.NF_LOG_MASK) return `${text} flags all`;
  const tcp = [flags & C.NF_LOG_TCPSEQ && "sequence", flags & C.NF_LOG_TCPOPT && "options"].filter(Boolean);
  if (tcp.length > 0) text += ` flags tcp ${tcp.join(",")}`;
  if (flags & C.NF_LOG_IPOPT) text += " flags ip options";
  if (flags & C.NF_LOG_UID) text += " flags skuid";
  if (flags & C.NF_LOG_MACDECODE) text += " flags ether";
  return text;
}

/** `family`: of the packets, as far as that is known. */
export function writeReject({ type, code = 0 }: RejectExpression, family: number): string {
  const value = Uint8Array.of(code);
  if (type === C.NFT_REJECT_TCP_RST) return "reject with tcp reset";
  if (type === C.NFT_REJECT_ICMPX_UNREACH)
    return code === C.NFT_REJECT_ICMPX_PORT_UNREACH
      ? "reject"
      : `reject with icmpx ${writeValue(TYPES.icmpxCode, value)}`;
  if (family === NFPROTO_IPV6)
    return code === 4 ? "reject" : `reject with icmpv6 ${writeValue(TYPES.icmpv6Code, value)}`;
  return code === 3 ? "reject" : `reject with icmp ${writeValue(TYPES.icmpCode, value)}`;
}

export function writeNatFlags(flags = 0): string {
  const words = [
    flags & C.NF_NAT_RANGE_PROTO_RANDOM && "random",
    flags & C.NF_NAT_RANGE_PROTO_RANDOM_FULLY && "fully-random",
    flags & C.NF_NAT_RANGE_PERSISTENT && "persistent",
  ].filter(Boolean);
  return words.length === 0 ? "" : ` ${words.join(",")}`;
}

const FIB_RESULTS = ["unspec", "oif", "oifname", "type"];

export function writeFib({ result, flags }: FibExpression): string {
  const key = [
    flags & C.NFTA_FIB_F_SADDR && "saddr",
    flags & C.NFTA_FIB_F_DADDR && "daddr",
    flags & C.NFTA_FIB_F_MARK && "mark",
    flags & C.NFTA_FIB_F_IIF && "iif",
    flags & C.NFTA_FIB_F_OIF && "oif",
  ].filter(Boolean);
  return `fib ${key.join(" . ")} ${FIB_RESULTS[result] ?? result}`;
}

export function writeQueue({ number = 0, total = 1, flags = 0 }: QueueExpression): string {
  const words = [flags & C.NFT_QUEUE_FLAG_BYPASS && "bypass", flags & C.NFT_QUEUE_FLAG_CPU_FANOUT && "fanout"].filter(
    Boolean,
  );
  const last = total > 1 ? `-${number + total - 1}` : "";
  return `queue${words.length === 0 ? "" : ` flags ${words.join(",")}`} to ${number}${last}`;
}

/** An expression that is not known here: its name, and its attributes' bytes; of those of iptables, only what they are called. */
export function writeOpaque({ name, attributes }: OpaqueExpression): string {
  if (name === "match" || name === "target") return `xt ${name} "${extensionName(attributes[0]?.value)}"`;
  return `[ ${[name, ...attributes.map(({ value }) => hex(value))].join(" ")} ]`;
}

/** NFTA_MATCH_NAME and NFTA_TARGET_NAME are the first of their attributes. */
function extensionName(data: Uint8Array | undefined): string {
  return data === undefined || data.length < 4 ? "" : decodeText(data, 4, data.length);
}
