import { array, assert, constantFrom, property, uint8Array } from "fast-check";
import { isIPv6 } from "node:net";
import { describe, expect, test } from "vitest";
import { Batch, describeErrno, errnoName, errnoNumber, failureCause, sysctlPath } from "../../src/kernel/index.ts";
import { formatAddress, parseAddress } from "../../src/kernel/probe/address.ts";
import { ECHO_LENGTH, internetChecksum, readAnswer, writeEcho } from "../../src/kernel/probe/packet.ts";
import { decodeMessages } from "../../src/netlink/index.ts";
import { describeIcmp } from "../../src/kernel/probe/report.ts";

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

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "0a000001"],
    ["::", "0".repeat(32)],
    ["::1", "0".repeat(31) + "1"],
    ["fd00:1::2", "fd000001000000000000000000000002"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
    ["::ffff:102:304", "00000000000000000000ffff01020304"],
  ])("%s", (text, hex) => {
    expect(Buffer.from(parseAddress(text)).toString("hex")).toBe(hex);
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  test("bytes to text and back", () => {
    const word = constantFrom(0, 0, 1, 0xabc);
    assert(
      property(array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const bytes = Uint8Array.from(words.flatMap((value) => [value >> 8, value & 255]));
        const text = formatAddress(bytes);
        expect(isIPv6(text)).toBe(true);
        expect(parseAddress(text)).toEqual(bytes);
      }),
    );
    expect(parseAddress("::ffff:1.2.3.4")).toEqual(parseAddress("::ffff:102:304"));
  });

  test.each(["", "10.1", "010.0.0.1", "fe80::1%eth0", "1::2::3", "host"])("%j is not one", (text) => {
    expect(() => parseAddress(text)).toThrow(TypeError);
  });
});

test("words for errors", () => {
  expect(describeErrno(17)).toBe("EEXIST: File exists");
  expect(errnoNumber("ENETUNREACH")).toBe(101);
  expect(errnoName(4711)).toBe("errno 4711");
  expect(describeIcmp(4, 3, 1, "10.0.0.1")).toBe("host unreachable (ICMP 3/1) from 10.0.0.1");
  expect(describeIcmp(6, 1, 0, null)).toBe("no route to destination (ICMPv6 1/0)");
  expect(describeIcmp(4, 12, 0, null)).toBe("parameter problem (ICMP 12/0)");
  const refused = { errno: 22, message: "Invalid MTU", attribute: "IFLA_MTU" };
  expect(failureCause(refused)).toBe("EINVAL: Invalid MTU (at IFLA_MTU)");
  expect(failureCause({ ...refused, message: null, attribute: null })).toBe("EINVAL: Invalid argument");
});

test("sysctl keys", () => {
  expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
  expect(sysctlPath("net.ipv4.conf.eth0/100.forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.100/forwarding");
  for (const key of ["", "net", "net..x", "net.//.x", "net. .x", "net.ipv4.a\0b", "../../etc.passwd"]) {
    expect(() => sysctlPath(key)).toThrow(/sysctl key/);
  }
});

test("a batch keeps every byte when its buffer grows in the middle of an attribute", () => {
  const batch = new Batch();
  for (let i = 0; i < 1000; i++) {
    const destination = Uint8Array.of(10, 1, i >> 8, i & 255);
    batch.add(
      { kind: "neighbour", command: "delete", family: 2, index: 7, state: 0, destination },
      0,
      `drop neighbour ${i}`,
    );
  }
  expect(batch.length).toBe(1000);
  expect(batch.operation(999)).toBe("drop neighbour 999");
  decodeMessages(batch.bytes).forEach(({ header, message }, i) => {
    expect(header.sequence).toBe(batch.firstSequence + i);
    expect(message).toMatchObject({ index: 7, destination: Uint8Array.of(10, 1, i >> 8, i & 255) });
  });
});
