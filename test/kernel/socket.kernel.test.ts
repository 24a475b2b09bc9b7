import { afterEach, beforeAll, expect, test } from "vitest";
import {
  Batch,
  createNamespaces,
  deleteNamespace,
  ERRNO,
  KernelError,
  listNamespaces,
  namespacePath,
  NetlinkError,
  NetlinkSocket,
  OpenNamespace,
  setRecorder,
  within,
} from "../../src/kernel/index.ts";
import type { SendEvent } from "../../src/kernel/index.ts";
import { setReceiveBufferSize } from "../../src/kernel/receive.ts";
import { IFF_UP, type LinkMessage } from "../../src/netlink/index.ts";
import { ownMachine } from "../support/machine.ts";
import { has, ip } from "../support/witnesses.ts";

//   [nl-a]  x1 ══ x2 (one veth pair, both ends here)  br0      [nl-b]
const CREATE = 0x400 | 0x200; // NLM_F_CREATE | NLM_F_EXCL

let a: OpenNamespace;
let b: OpenNamespace;

beforeAll(ownMachine);
afterEach(() => {
  for (const name of listNamespaces()) if (name.startsWith("nl-")) deleteNamespace(name);
  a?.[Symbol.dispose]();
  b?.[Symbol.dispose]();
});

function setUp(): NetlinkSocket {
  createNamespaces(["nl-a", "nl-b"]);
  a = OpenNamespace.open(namespacePath("nl-a"));
  b = OpenNamespace.open(namespacePath("nl-b"));
  return NetlinkSocket.open({ namespace: a.fd, name: "nl-a" });
}

const veth = (name: string, peer: string): LinkMessage => ({
  kind: "link",
  command: "new",
  name,
  info: { kind: "veth", peer: { name: peer } },
});
const bridge = (name: string): LinkMessage => ({ kind: "link", command: "new", name, info: { kind: "bridge" } });
const linkNames = (socket: NetlinkSocket): string[] =>
  socket
    .dump({ kind: "link", command: "get" })
    .flatMap((link) => (link.kind === "link" && link.name ? [link.name] : []));
const address = (index: number, n: number) => ({
  kind: "address" as const,
  command: "new" as const,
  family: 2,
  prefixLength: 32,
  index,
  local: Uint8Array.of(10, n >> 16, (n >> 8) & 255, n & 255),
});

test("a socket stays in the namespace it was opened in", () => {
  using inA = setUp();
  using inB = NetlinkSocket.open({ namespace: b.fd });
  inA.request(veth("x1", "x2"), CREATE);
  expect(linkNames(inA).sort()).toEqual(["lo", "x1", "x2"]);
  expect(linkNames(inB)).toEqual(["lo"]);
  // wherever the thread is
  expect(within(b.fd, () => linkNames(inA))).toContain("x1");
});

test("a refused request carries errno, the kernel's sentence and the attribute", () => {
  using socket = setUp();
  socket.request(bridge("br0"), CREATE);
  socket.request(veth("x1", "x2"), CREATE);

  const attempt = (message: LinkMessage, flags: number, operation: string): NetlinkError => {
    try {
      socket.request(message, flags, operation);
    } catch (error) {
      if (error instanceof NetlinkError) return error;
      throw error;
    }
    throw new Error(`${operation} was not refused`);
  };

  const again = attempt(bridge("br0"), CREATE, "create bridge br0");
  expect(again).toMatchObject({
    errno: ERRNO.EEXIST,
    errnoName: "EEXIST",
    operation: "create bridge br0",
    namespace: "nl-a",
  });
  expect(again.diagnostics[0]).toMatchObject({
    code: "kernel.netlink",
    summary: "cannot create bridge br0",
    cause: "EEXIST: File exists",
    subject: "namespace nl-a",
  });

  const kind = attempt(
    { kind: "link", command: "new", name: "q0", info: { kind: "no-such-kind" } },
    CREATE,
    "create q0",
  );
  expect(kind).toMatchObject({ errno: ERRNO.EOPNOTSUPP, extack: "Unknown device type" });
  expect(kind.diagnostics[0]?.code).toBe("kernel.unsupported");

  const data = {
    kind: "bridge",
    bridge: { unknown: [{ type: 5 /* IFLA_BR_STP_STATE, a u32 */, value: Uint8Array.of(1) }] },
  };
  const short = attempt({ kind: "link", command: "new", name: "br1", info: data }, CREATE, "create bridge br1");
  expect(short).toMatchObject({
    errno: 34 /* ERANGE */,
    attribute: "IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE",
  });
  expect(short.message).toMatch(/IFLA_BR_STP_STATE/);

  const { index: x1 } = socket.request({ kind: "link", command: "get", name: "x1" })[0]!.message as LinkMessage;
  const { index: x2 } = socket.request({ kind: "link", command: "get", name: "x2" })[0]!.message as LinkMessage;
  const enslave = attempt({ kind: "link", command: "set", index: x1!, master: x2! }, 0, "put x1 into x2");
  expect(enslave.errno).toBe(ERRNO.EOPNOTSUPP);
  // the control: into a bridge it goes
  const { index: br0 } = socket.request({ kind: "link", command: "get", name: "br0" })[0]!.message as LinkMessage;
  socket.request({ kind: "link", command: "set", index: x1!, master: br0! });
  expect(socket.request({ kind: "link", command: "get", name: "x1" })[0]!.message).toMatchObject({ master: br0 });
});

test("the third of five fails: the others are done, and the failure says which", () => {
  using socket = setUp();
  const batch = new Batch();
  for (const name of ["b1", "b2", "bad/name", "b4", "b5"])
    batch.add(bridge(name), CREATE, () => `create bridge ${name}`);
  const failures = socket.transact(batch);
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({
    index: 2,
    operation: "create bridge bad/name",
    errnoName: "EINVAL",
    requestType: 16,
  });
  expect(linkNames(socket).sort()).toEqual(["b1", "b2", "b4", "b5", "lo"]);
  batch.clear();
  batch.add(bridge("b6"), CREATE, "create bridge b6");
  expect(socket.transact(batch)).toEqual([]);
  expect(linkNames(socket)).toContain("b6");
  expect(socket.transact(new Batch())).toEqual([]);
});

test("a batch larger than the socket's buffers is split, and every failure of 6,000 is reported", () => {
  using socket = setUp();
  socket.request({ kind: "link", command: "set", index: 1, flags: IFF_UP, change: IFF_UP });
  const batch = new Batch();
  for (let n = 0; n < 6000; n++) batch.add(address(1, n % 5000), CREATE, () => `add address ${n}`);
  const failures = socket.transact(batch);
  expect(failures.map((failure) => failure.index)).toEqual(Array.from({ length: 1000 }, (_, i) => 5000 + i));
  expect(new Set(failures.map((failure) => failure.errnoName))).toEqual(new Set(["EEXIST"]));
  expect(failures[999]!.operation).toBe("add address 5999");

  // and all 5,000 are read back, in a dump of many datagrams
  const read = (): number =>
    socket.dump({ kind: "address", command: "get", family: 2, prefixLength: 0, index: 0 }).length;
  expect(read()).toBe(5001); // 127.0.0.1 came with lo
  const witness = has("ip") ? ip("-n", "nl-a", "-4", "-o", "address", "show", "lo").trim().split("\n").length : 5001;
  expect(witness).toBe(5001);

  // a receive buffer that is too small is noticed, grown, and the dump repeated
  setReceiveBufferSize(512);
  try {
    expect(read()).toBe(5001);
  } finally {
    setReceiveBufferSize(1 << 20);
  }

  // all of them refused at once
  batch.clear();
  for (let n = 0; n < 5000; n++) batch.add(address(1, n), CREATE, () => `add address ${n}`);
  expect(socket.transact(batch)).toHaveLength(5000);
});

test("a request for what is not there, and one that the kernel does not understand, are errors, not waits", () => {
  using socket = setUp();
  expect(() => socket.request({ kind: "link", command: "get", name: "nobody" })).toThrow(
    /read link: ENODEV: No such device/,
  );
  expect(() => socket.dump({ kind: "link", command: "get", index: 7 })).toThrow(NetlinkError); // strict checking
  expect(linkNames(socket)).toEqual(["lo"]);
  const closed = NetlinkSocket.open({ namespace: a.fd });
  closed[Symbol.dispose]();
  closed[Symbol.dispose]();
  expect(() => closed.request({ kind: "link", command: "get", name: "lo" })).toThrow(KernelError);
});

test("notifications of a group arrive, and only of that namespace", () => {
  using socket = setUp();
  using watch = NetlinkSocket.open({ namespace: a.fd, groups: [1 /* RTNLGRP_LINK */] });
  using elsewhere = NetlinkSocket.open({ namespace: b.fd, groups: [1] });
  expect(watch.readNotifications()).toEqual({ messages: [], lost: false });
  socket.request(bridge("br0"), CREATE);
  const { messages } = watch.readNotifications();
  expect(
    messages.some(({ message }) => message.kind === "link" && message.command === "new" && message.name === "br0"),
  ).toBe(true);
  expect(elsewhere.readNotifications().messages).toEqual([]);
});

test("a recorder is told every send with its namespace", () => {
  using socket = setUp();
  const events: SendEvent[] = [];
  setRecorder((event) => events.push({ ...event, bytes: event.bytes.slice() }));
  const batch = new Batch();
  batch.add(bridge("b1"), CREATE, "create bridge b1");
  batch.add(bridge("b2"), CREATE, "create bridge b2");
  expect(socket.transact(batch)).toEqual([]);
  setRecorder(undefined);
  linkNames(socket);
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ namespace: a.fd, protocol: 0 });
  expect(Buffer.from(events[0]!.bytes).equals(Buffer.from(batch.bytes))).toBe(true);
});
