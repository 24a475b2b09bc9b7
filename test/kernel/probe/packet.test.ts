import { assert, constantFrom, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { ECHO_LENGTH, internetChecksum, readAnswer, writeEcho } from "../../../src/kernel/probe/packet.ts";

const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function request(family: 4 | 6): Uint8Array {
  const packet = new Uint8Array(ECHO_LENGTH);
  writeEcho(packet, family, 0xabcd, 0x1234, nonce, 2);
  return packet;
}

/** An IPv4 header without options: protocol ICMP, from 10.0.0.9 to 10.0.0.1. */
const header4 = Uint8Array.of(0x45, 0, 0, 52, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1);

const header6 = new Uint8Array(40);
header6.set([0x60, 0, 0, 0, 0, 32, 58, 64]);
header6[39] = 1;

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("echo packets", () => {
  test("the checksum of a request is right: the sum over it is zero", () => {
    expect(internetChecksum(request(4))).toBe(0);
    // RFC 1071, section 3
    expect(internetChecksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x220d);
    expect(internetChecksum(Uint8Array.of(0x12))).toBe(0xedff);
  });

  test("a reply is the request with another type", () => {
    const reply4 = request(4);
    reply4[0] = 0;
    const reply6 = request(6);
    reply6[0] = 129;
    const expected = { kind: "reply", id: 0xabcd, sequence: 0x1234, attempt: 2, destination: null };
    expect(readAnswer(join(header4, reply4), 4, nonce)).toMatchObject(expected);
    expect(readAnswer(reply6, 6, nonce)).toMatchObject(expected);
    expect(
      readAnswer(
        reply6,
        6,
        nonce.map((byte) => byte + 1),
      ),
    ).toBeNull(); // somebody else's
    expect(readAnswer(join(header4, request(4)), 4, nonce)).toBeNull(); // a request is no answer
  });

  test("an error quotes the request; a short quotation still has its id and sequence", () => {
    const error4 = join(header4, Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0), header4, request(4));
    const expected = { kind: "error", type: 3, code: 1, id: 0xabcd, sequence: 0x1234, attempt: 2 };
    expect(readAnswer(error4, 4, nonce)).toMatchObject({ ...expected, destination: Uint8Array.of(10, 0, 0, 1) });
    expect(readAnswer(error4.subarray(0, 56), 4, nonce)).toMatchObject({ ...expected, attempt: null });
    expect(readAnswer(error4.subarray(0, 55), 4, nonce)).toBeNull();
    const error6 = join(Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0), header6, request(6));
    expect(readAnswer(error6, 6, nonce)).toMatchObject({
      ...expected,
      type: 1,
      code: 3,
      destination: header6.subarray(24, 40),
    });
  });

  test("no bytes make it throw", () => {
    assert(
      property(uint8Array({ maxLength: 120 }), constantFrom(4 as const, 6 as const), (bytes, family) => {
        const answer = readAnswer(bytes, family, nonce);
        expect(answer === null || answer.sequence <= 0xffff).toBe(true);
      }),
    );
  });
});
