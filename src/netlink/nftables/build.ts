import { LITTLE_ENDIAN } from "../writer.ts";
import { encodeText } from "../text.ts";
import * as C from "./constants.ts";
import type { Expression, NatExpression, Register, Verdict } from "./expression-types.ts";
import { NFPROTO_IPV4, NFPROTO_IPV6 } from "../constants.ts";

/** The expressions that rules use most. Each match is complete in itself: those of one rule are concatenated. */

/** A 32-bit number in the order that the kernel's own values have: a mark, an interface index. */
export function hostNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** A 16-bit number in network order: a port. */
export function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}

/** An interface's name as sets and comparisons have it: 16 bytes, or for `veth*` only those before the star. */
export function interfaceName(name: string): Uint8Array {
  if (name.endsWith("*")) return encodeText(name.slice(0, -1));
  const bytes = new Uint8Array(16);
  bytes.set(encodeText(name).subarray(0, 15));
  return bytes;
}

const cmp = (value: Uint8Array, not = false, source: Register = 0): Expression => ({
  kind: "cmp",
  source,
  operation: not ? C.NFT_CMP_NEQ : C.NFT_CMP_EQ,
  value,
});

const load = (destination: Register, value: Uint8Array): Expression => ({
  kind: "immediate",
  destination,
  data: { value },
});

/** Ends the rule: NF_ACCEPT, NF_DROP, NFT_RETURN, or NFT_JUMP and NFT_GOTO with a chain. */
export function verdict(code: number, chain?: string): Expression {
  const value: Verdict = chain === undefined ? { code } : { code, chain };
  return { kind: "immediate", destination: "verdict", data: { verdict: value } };
}

/** The verdict that lets a packet through this hook. */
export const accept = verdict(C.NF_ACCEPT);
/** The verdict that discards a packet. */
export const drop = verdict(C.NF_DROP);
/** Counts from zero. */
export const counter: Expression = { kind: "counter", bytes: 0n, packets: 0n };

/** The interface that packets come in (`input`) or leave by (`output`). */
export function matchInterface(side: "input" | "output", name: string, not = false): Expression[] {
  const key = side === "input" ? C.NFT_META_IIFNAME : C.NFT_META_OIFNAME;
  return [{ kind: "meta", key, destination: 0 }, cmp(interfaceName(name), not)];
}

/** NFPROTO_IPV4 or NFPROTO_IPV6, in tables of family inet. */
export function matchFamily(family: number): Expression[] {
  return [{ kind: "meta", key: C.NFT_META_NFPROTO, destination: 0 }, cmp(Uint8Array.of(family))];
}

/** IPPROTO_* */
export function matchProtocol(number: number, not = false): Expression[] {
  return [{ kind: "meta", key: C.NFT_META_L4PROTO, destination: 0 }, cmp(Uint8Array.of(number), not)];
}

/** Reads the source or destination address (4 or 16 bytes) into a register. */
export function loadAddress(family: number, side: "source" | "destination", destination: Register = 0): Expression {
  const [first, length] = family === NFPROTO_IPV6 ? [8, 16] : [12, 4];
  const offset = first + (side === "source" ? 0 : length);
  return { kind: "payload", destination, base: C.NFT_PAYLOAD_NETWORK_HEADER, offset, length };
}

/** Packets from or to an address or a prefix; 4 or 16 bytes. In tables of family inet `matchFamily` must come first. */
export function matchAddress(
  side: "source" | "destination",
  address: Uint8Array,
  prefixLength = address.length * 8,
  not = false,
): Expression[] {
  const { length } = address;
  const loaded = loadAddress(length === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6, side);
  if (prefixLength === length * 8) return [loaded, cmp(address, not)];
  const mask = Uint8Array.from({ length }, (_, i) => 0xff00 >> Math.max(0, Math.min(8, prefixLength - i * 8)));
  const network = address.map((byte, i) => byte & mask[i]!);
  const masked: Expression = {
    kind: "bitwise",
    source: 0,
    destination: 0,
    length,
    operation: C.NFT_BITWISE_MASK_XOR,
    mask,
    xor: new Uint8Array(length),
  };
  return [loaded, masked, cmp(network, not)];
}

/** Reads the source or destination port into a register. */
export function loadPort(side: "source" | "destination", destination: Register = 0): Expression {
  const offset = side === "source" ? 0 : 2;
  return { kind: "payload", destination, base: C.NFT_PAYLOAD_TRANSPORT_HEADER, offset, length: 2 };
}

/** Packets from or to a port, or one of several in a row. `matchProtocol` must come first. */
export function matchPort(side: "source" | "destination", from: number, to = from, not = false): Expression[] {
  if (from === to) return [loadPort(side), cmp(portBytes(from), not)];
  const operation = not ? C.NFT_RANGE_NEQ : C.NFT_RANGE_EQ;
  return [loadPort(side), { kind: "range", source: 0, operation, from: portBytes(from), to: portBytes(to) }];
}

/** Packets whose connection is in one of the states: NF_CT_STATE_* together. */
export function matchState(states: number, not = false): Expression[] {
  const masked: Expression = {
    kind: "bitwise",
    source: 0,
    destination: 0,
    length: 4,
    operation: C.NFT_BITWISE_MASK_XOR,
    mask: hostNumber(states),
    xor: hostNumber(0),
  };
  return [{ kind: "ct", key: C.NFT_CT_STATE, destination: 0 }, masked, cmp(hostNumber(0), !not)];
}

/** Packets for which the value in a register is in a set; with `setId` for a set that has no name of its own yet. */
export function inSet(set: string, setId?: number, not = false, source: Register = 0): Expression {
  const id = setId === undefined ? {} : { setId };
  return { kind: "lookup", set, ...id, source, flags: not ? C.NFT_LOOKUP_F_INV : 0 };
}

/** The addresses and ports that NAT picks from. Ports are 0 to 65535. */
export interface NatTarget {
  /** First and last address, 4 or 16 bytes. */
  readonly address?: Uint8Array;
  readonly addressTo?: Uint8Array;
  readonly port?: number;
  readonly portTo?: number;
  /** NF_NAT_RANGE_* beside those that follow from the above. */
  readonly flags?: number;
}

/** Puts the addresses and ports into registers; as nft does, an address takes four words. */
function loadTarget({ address, addressTo, port, portTo, flags = 0 }: NatTarget) {
  const parts: Expression[] = [];
  const registers: { addressMin?: Register; addressMax?: Register; portMin?: Register; portMax?: Register } = {};
  let word = 0;
  const put = (field: keyof typeof registers, value: Uint8Array | undefined): void => {
    if (value === undefined) return;
    parts.push(load(word, value));
    registers[field] = word;
    word += 4;
  };
  put("addressMin", address);
  put("addressMax", addressTo);
  put("portMin", port === undefined ? undefined : portBytes(port));
  put("portMax", portTo === undefined ? undefined : portBytes(portTo));
  let all = flags;
  if (address !== undefined) all |= C.NF_NAT_RANGE_MAP_IPS;
  if (port !== undefined) all |= C.NF_NAT_RANGE_PROTO_SPECIFIED;
  return { parts, registers, flags: all };
}

function nat(type: number, family: number, target: NatTarget): Expression[] {
  const { parts, registers, flags } = loadTarget(target);
  const last: NatExpression = { kind: "nat", type, family, ...registers, ...(flags === 0 ? {} : { flags }) };
  return [...parts, last];
}

/** Source NAT. `family`: NFPROTO_IPV4 or NFPROTO_IPV6. */
export const snat = (family: number, target: NatTarget): Expression[] => nat(C.NFT_NAT_SNAT, family, target);

/** Destination NAT. */
export const dnat = (family: number, target: NatTarget): Expression[] => nat(C.NFT_NAT_DNAT, family, target);

/** Source NAT to the address of the interface that the packet leaves by. */
export function masquerade(target: Omit<NatTarget, "address" | "addressTo"> = {}): Expression[] {
  const { parts, registers, flags } = loadTarget(target);
  return [...parts, { kind: "masq", ...registers, ...(flags === 0 ? {} : { flags }) }];
}

/** Destination NAT to this machine. */
export function redirect(target: Omit<NatTarget, "address" | "addressTo"> = {}): Expression[] {
  const { parts, registers, flags } = loadTarget(target);
  return [...parts, { kind: "redir", ...registers, ...(flags === 0 ? {} : { flags }) }];
}
