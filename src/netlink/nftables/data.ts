import { NetlinkDecodeError, NetlinkEncodeError } from "../errors.ts";
import { type Codec, bytes, i32, level, nested, text, u32 } from "../fields.ts";
import type { Data, Register, Verdict } from "./expression-types.ts";

const VERDICT = level<Verdict>(
  [
    [1, "NFTA_VERDICT_CODE", "code", i32],
    [2, "NFTA_VERDICT_CHAIN", "chain", text],
    [3, "NFTA_VERDICT_CHAIN_ID", "chainId", u32],
  ],
  ["code"],
);

/** Either a value or a verdict. */
export const data: Codec<Data> = nested(
  level<Data>([
    [1, "NFTA_DATA_VALUE", "value", bytes],
    [2, "NFTA_DATA_VERDICT", "verdict", nested(VERDICT)],
  ]),
);

const VALUE = level<Required<Pick<Data, "value">> & Pick<Data, "unknown">>(
  [[1, "NFTA_DATA_VALUE", "value", bytes]],
  ["value"],
);
const inValue = nested(VALUE);

/** Data that can be a value only. */
export const value: Codec<Uint8Array> = {
  write: (writer, type, part) => inValue.write(writer, type, { value: part }),
  read: (cursor) => inValue.read(cursor).value,
  inside: () => VALUE,
};

/** NFT_REG_VERDICT 0, NFT_REG_1 … NFT_REG_4, NFT_REG32_00 … NFT_REG32_15 = 8 … 23. */
export const register: Codec<Register> = {
  write: (writer, type, part) => u32.write(writer, type, registerNumber(part)),
  read(cursor) {
    const number = u32.read(cursor);
    const found = registerOf(number);
    if (found === undefined)
      throw new NetlinkDecodeError(cursor.name(), cursor.valueStart, `there is no register ${number}`);
    return found;
  },
};

/**
 * The number of a register on the wire, the one that the kernel itself uses of the two that some have.
 * @throws NetlinkEncodeError
 */
export function registerNumber(register: Register): number {
  if (register === "verdict") return 0;
  if (!Number.isInteger(register) || register < 0 || register > 15)
    throw new NetlinkEncodeError(`there is no register word ${register}`);
  return register % 4 === 0 ? register / 4 + 1 : register + 8;
}

/** The register that a number on the wire stands for; undefined when none does. */
export function registerOf(number: number): Register | undefined {
  if (number === 0) return "verdict";
  if (number >= 1 && number <= 4) return (number - 1) * 4;
  return number >= 8 && number <= 23 ? number - 8 : undefined;
}
