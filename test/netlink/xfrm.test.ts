import { expect, test } from "vitest";
import {
  decodeIpsecCounts,
  decodeMessages,
  encodeIpsecQuestions,
  MessageWriter,
  NetlinkDecodeError,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  XFRM_MSG_GETSADINFO,
  XFRM_MSG_GETSPDINFO,
  XFRM_MSG_NEWSADINFO,
  XFRM_MSG_NEWSPDINFO,
  XFRMA_SAD_CNT,
  XFRMA_SPD_INFO,
} from "../../src/netlink/index.ts";

const numbers = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);

/** An answer as the kernel writes it: flags, an attribute of another kind, the counts. */
function answer(writer: MessageWriter, type: number, attribute: number, counts: Uint8Array): void {
  const start = writer.beginMessage(type, 0, 1, 0);
  writer.skip(4);
  writer.attributeBytes(9, numbers(7));
  writer.attributeBytes(attribute, counts);
  writer.endMessage(start);
}

test("the questions are two messages with flags behind the header", () => {
  const writer = new MessageWriter();
  encodeIpsecQuestions(writer, { flags: NLM_F_REQUEST, sequence: 5, portId: 0 });
  const asked = decodeMessages(writer.bytes());
  expect(asked.map(({ header, message }) => [header.flags, header.sequence, message])).toEqual([
    [NLM_F_REQUEST, 5, { kind: "opaque", type: XFRM_MSG_GETSADINFO, payload: new Uint8Array(4) }],
    [NLM_F_REQUEST, 6, { kind: "opaque", type: XFRM_MSG_GETSPDINFO, payload: new Uint8Array(4) }],
  ]);
});

test("states are counted, and policies of each direction, not those of sockets", () => {
  const writer = new MessageWriter();
  answer(writer, XFRM_MSG_NEWSADINFO, XFRMA_SAD_CNT, numbers(12));
  expect(decodeIpsecCounts(writer.bytes())).toEqual({ states: 12 });
  answer(writer, XFRM_MSG_NEWSPDINFO, XFRMA_SPD_INFO, numbers(1, 2, 4, 100, 200, 400));
  expect(decodeIpsecCounts(writer.bytes())).toEqual({ states: 12, policies: 7 });
});

test("a refusal has no counts, and what is too short is an error", () => {
  const writer = new MessageWriter();
  const start = writer.beginMessage(NLMSG_ERROR, 0, 1, 0);
  writer.skip(20);
  writer.endMessage(start);
  expect(decodeIpsecCounts(writer.bytes())).toEqual({});
  writer.reset();
  answer(writer, XFRM_MSG_NEWSPDINFO, XFRMA_SPD_INFO, numbers(1, 2));
  expect(() => decodeIpsecCounts(writer.bytes())).toThrow(NetlinkDecodeError);
});
