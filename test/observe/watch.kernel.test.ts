// What the kernel announces, and what of it counts.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterEach, beforeAll, expect, it } from "vitest";
import { Announcements, OpenNamespace, namespacePath, PRIVATE_MACHINE } from "../../src/kernel/index.ts";
import { libc } from "../../src/kernel/libc.ts";
import { type Disturbance, LabWatch, observe, readCounters } from "../../src/observe/index.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { inside, ip } from "../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

/** Collects what is told until it has been told of this namespace. */
function listen(...nodes: string[]): { watch: LabWatch; told: (name: string) => Promise<Disturbance[]> } {
  const seen: Disturbance[] = [];
  let look = (): void => {};
  const watch = new LabWatch(PRIVATE_MACHINE, (disturbance) => {
    seen.push(disturbance);
    look();
  });
  watch.listenIn(new Set(nodes));
  const told = (name: string): Promise<Disturbance[]> =>
    new Promise((resolve) => {
      look = () => {
        if (seen.some(({ touched }) => touched.has(name))) resolve(seen.splice(0));
      };
      look();
    });
  return { watch, told };
}

//   a 10.0.0.1 ─────── 10.0.0.2 b          guest
function cable(): void {
  for (const name of ["a", "b", "guest"]) ip("netns", "add", name);
  ip("link", "add", "eth0", "netns", "a", "type", "veth", "peer", "name", "eth0", "netns", "b");
  for (const [name, address] of [
    ["a", "10.0.0.1/24"],
    ["b", "10.0.0.2/24"],
  ] as const) {
    ip("-n", name, "address", "add", address, "dev", "eth0");
    // Its link-local address would be a change too, once duplicate detection has ended: a second later, or two.
    ip("-n", name, "link", "set", "eth0", "addrgenmode", "none");
    ip("-n", name, "link", "set", "eth0", "up");
  }
}

it("neighbours that are learned are no change; a configured one is, until it is none any more", async () => {
  cable();
  const { watch, told } = listen("a", "b");
  using _watch = watch;
  ip("-n", "b", "link", "set", "lo", "up");
  await told("b");
  expect(inside("a", "ping", "-c1", "-W2", "10.0.0.2")).toContain("1 received");
  expect(ip("-n", "a", "neighbour")).toContain("10.0.0.2");
  // The control comes behind it: had it counted, it would have been told by then.
  ip("-n", "b", "link", "set", "lo", "down");
  const seen = await told("b");
  expect(seen.flatMap(({ touched }) => [...touched]).filter((name) => name === "a")).toEqual([]);
  const neighbour = (state: string): string =>
    ip("-n", "a", "neighbour", "replace", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "eth0", "nud", state);
  neighbour("permanent");
  await told("a");
  neighbour("reachable");
  await told("a");
});

it("namespaces that nobody asked about are not listened in, and can go", async () => {
  cable();
  const { watch, told } = listen("a");
  using _watch = watch;
  ip("-n", "guest", "link", "set", "lo", "up");
  ip("-n", "a", "link", "set", "lo", "up");
  expect((await told("a")).flatMap(({ touched }) => [...touched])).toEqual(["a"]);
  // Its end of the cable goes with it, though somebody listens: not for longer than it has its name.
  ip("netns", "del", "a");
  await told("root");
  expect(watch.listenIn(new Set(["a"]))).toEqual(new Set(["a"]));
  await expect.poll(() => ip("-n", "b", "-br", "link"), { timeout: 20_000 }).not.toContain("eth0");
});

it("a name may be there for a while before its namespace is", async () => {
  cable();
  const { watch, told } = listen("a", "late");
  using _watch = watch;
  // The two halves of `ip netns add`.
  const path = namespacePath("late");
  writeFileSync(path, "");
  await told("root");
  expect(watch.listenIn(new Set(["a", "late"]))).toEqual(new Set());
  expect(observe(PRIVATE_MACHINE, "half").model.namespaces.map(({ name }) => name)).toEqual([
    "root",
    "a",
    "b",
    "guest",
  ]);
  expect(Object.keys(readCounters(PRIVATE_MACHINE))).toEqual(expect.not.arrayContaining(["late"]));
  const made = spawnSync("unshare", ["-n", "sh", "-c", 'mount --bind /proc/self/ns/net "$0"', path]);
  expect(made.status).toBe(0);
  // Nobody has told of that.
  await told("root");
  expect(watch.listenIn(new Set(["a", "late"]))).toEqual(new Set(["late"]));
  expect(Object.keys(readCounters(PRIVATE_MACHINE))).toEqual(expect.arrayContaining(["late", "a"]));
  ip("-n", "late", "link", "set", "lo", "up");
  await told("late");
});

it("more than the socket can keep is one thing: that something was lost", () => {
  cable();
  using namespace = OpenNamespace.open(namespacePath("a"));
  using announcements = new Announcements(namespace.fd, "a");
  expect(announcements.read()).toEqual({ changed: false, lost: false });
  ip("-n", "a", "link", "set", "lo", "up");
  expect(announcements.read()).toEqual({ changed: true, lost: false });
  const keep = (size: number): void => {
    const [SOL_SOCKET, SO_RCVBUF] = [1, 8];
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(size);
    for (const fd of announcements.descriptors) libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes, 4);
  };
  keep(2048);
  for (let i = 1; i <= 40; i++) ip("-n", "a", "address", "add", `10.1.0.${i}/32`, "dev", "lo");
  expect(announcements.read()).toEqual({ changed: true, lost: true });
  keep(200_000);
  ip("-n", "a", "link", "set", "lo", "down");
  expect(announcements.read()).toEqual({ changed: true, lost: false });
});
