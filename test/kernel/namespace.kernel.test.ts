import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeAll, expect, test } from "vitest";
import {
  createNamespace,
  createNamespaces,
  CURRENT_NAMESPACE,
  deleteNamespace,
  KernelError,
  listNamespaces,
  namespacePath,
  OpenNamespace,
  readSysctl,
  spawnIn,
  spawnSyncIn,
  within,
  writeSysctl,
} from "../../src/kernel/index.ts";
import { ownMachine } from "../support/machine.ts";
import { has, ip } from "../support/witnesses.ts";

//   [this machine]     [ns-a]     [ns-b]        three namespaces, no cables
const names = ["ns-a", "ns-b"];

beforeAll(ownMachine);
afterEach(() => {
  for (const name of listNamespaces()) if (name.startsWith("ns-")) deleteNamespace(name);
});

const here = (): string => readlinkSync(CURRENT_NAMESPACE);

test("makes, lists, enters and deletes namespaces, and comes back to where it was", () => {
  const before = here();
  createNamespaces(names);
  expect(here()).toBe(before);
  expect(listNamespaces()).toEqual(expect.arrayContaining(names));
  using a = OpenNamespace.open(namespacePath("ns-a"));
  using b = OpenNamespace.open(namespacePath("ns-b"));
  using own = OpenNamespace.open();
  expect(new Set([a.inode, b.inode, own.inode]).size).toBe(3);
  expect(within(a.fd, here)).toBe(`net:[${a.inode}]`);
  // nested, and back step by step
  within(a.fd, () => {
    expect(within(b.fd, here)).toBe(`net:[${b.inode}]`);
    expect(here()).toBe(`net:[${a.inode}]`);
  });
  expect(here()).toBe(before);
  deleteNamespace("ns-a");
  expect(listNamespaces()).not.toContain("ns-a");
  expect(listNamespaces()).toContain("ns-b");
});

test("within() goes back when the function throws, and refuses a promise", () => {
  const before = here();
  createNamespace("ns-a");
  using a = OpenNamespace.open(namespacePath("ns-a"));
  expect(() =>
    within(a.fd, () => {
      throw new Error("on purpose");
    }),
  ).toThrow("on purpose");
  expect(here()).toBe(before);
  expect(() => within(a.fd, async () => here())).toThrow(TypeError);
  expect(here()).toBe(before);
  expect(within(a.fd, () => 1)).toBe(1);
});

test("a failure half-way removes what the call had made", () => {
  createNamespace("ns-b");
  const three = ["ns-a", "ns-b", "ns-c"];
  expect(() => createNamespaces(three)).toThrow(KernelError);
  expect(() => createNamespaces(three)).toThrow(/create namespace ns-b: EEXIST: File exists/);
  expect(listNamespaces().filter((name) => name.startsWith("ns-"))).toEqual(["ns-b"]);
  deleteNamespace("ns-b");
  createNamespaces(three);
  expect(listNamespaces().filter((name) => name.startsWith("ns-"))).toHaveLength(3);
});

test.each(["", ".", "..", "a/b", "../a", "a\0b", "x".repeat(256)])("refuses the name %j", (name) => {
  expect(() => createNamespace(name)).toThrow(/namespace name/);
  expect(() => deleteNamespace(name)).toThrow(/namespace name/);
  expect(namespacePath("ns-a")).toBe("/run/netns/ns-a");
});

test("deleting one that is not there is ENOENT; a leftover file goes, and is no namespace", () => {
  expect(() => deleteNamespace("ns-none")).toThrow(/ENOENT/);
  createNamespace("ns-a");
  writeFileSync("/run/netns/ns-file", "");
  expect(() => OpenNamespace.open("/run/netns/ns-file")).toThrow(/not a network namespace/);
  deleteNamespace("ns-file");
  expect(existsSync("/run/netns/ns-file")).toBe(false);
});

test("a child starts in the namespace, without a wrapper, and inherits no descriptor of ours", async () => {
  createNamespaces(names);
  using a = OpenNamespace.open(namespacePath("ns-a"));
  const before = here();
  const script = 'echo $$ $PPID; readlink /proc/self/ns/net; ls -l /proc/self/fd | grep -c "net:" || true';
  const child = spawnIn(a.fd, "sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  expect(here()).toBe(before);
  let output = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  expect(output.trim().split("\n")).toEqual([`${child.pid} ${process.pid}`, `net:[${a.inode}]`, "0"]);
  expect(spawnSyncIn(a.fd, "readlink", ["/proc/self/ns/net"]).stdout.trim()).toBe(`net:[${a.inode}]`);
});

test("a sysctl is that of the namespace the thread is in", () => {
  createNamespaces(names);
  using a = OpenNamespace.open(namespacePath("ns-a"));
  using b = OpenNamespace.open(namespacePath("ns-b"));
  within(a.fd, () => writeSysctl("net.ipv4.ip_forward", "1"));
  expect(within(a.fd, () => readSysctl("net.ipv4.ip_forward"))).toBe("1");
  expect(within(b.fd, () => readSysctl("net.ipv4.ip_forward"))).toBe("0");
  within(a.fd, () => {
    expect(() => writeSysctl("net.ipv4.ip_forward", "perhaps")).toThrow(
      /set sysctl net.ipv4.ip_forward to "perhaps": EINVAL/,
    );
    expect(() => readSysctl("net.ipv4.no_such_thing")).toThrow(/ENOENT/);
  });
});

test.runIf(has("ip"))("`ip netns` sees ours, and we see its", () => {
  createNamespaces(names);
  expect(ip("netns", "list")).toMatch(/^ns-a\b/m);
  using a = OpenNamespace.open(namespacePath("ns-a"));
  expect(ip("netns", "exec", "ns-a", "readlink", "/proc/self/ns/net").trim()).toBe(`net:[${a.inode}]`);
  ip("netns", "add", "ns-witness");
  expect(listNamespaces()).toContain("ns-witness");
  using w = OpenNamespace.open(namespacePath("ns-witness"));
  expect(within(w.fd, here)).toBe(`net:[${w.inode}]`);
  deleteNamespace("ns-witness");
  expect(ip("netns", "list")).not.toMatch(/ns-witness/);
  ip("netns", "delete", "ns-b");
  expect(listNamespaces()).not.toContain("ns-b");
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toMatch(/netns\/ns-b/);
});
