import { describe, expect, test } from "vitest";
import type { Container } from "../../src/model/index.ts";
import type { Found } from "../../src/discover/find.ts";
import { nameNamespaces } from "../../src/discover/names.ts";

const ID = "0123456789abcdef".repeat(4);

describe("names of namespaces", () => {
  const found = (inode: number, more: Partial<Found>): Found => ({
    inode,
    paths: [],
    processes: [],
    handles: [],
    ...more,
  });
  const named = (name: string) => ({ path: `/run/netns/${name}`, process: null });
  const sleep = { pid: 12, command: "sleep" };
  const docker: Container = { engine: "docker", id: ID, name: "web", pod: null };

  test("by whoever gave it one, or is in it", () => {
    const all = [
      found(1, { processes: [{ pid: 1, command: "init" }] }),
      found(2, { handles: [named("blue")], processes: [sleep] }),
      found(3, { processes: [{ pid: 30, command: "nginx" }] }),
      found(4, {
        handles: [named("cni-11111111-2222-3333-4444-555555555555")],
        processes: [{ pid: 40, command: "pause" }],
      }),
      found(5, { processes: [sleep] }),
      found(6, { handles: [{ path: "/proc/77/fd/9", process: { pid: 77, command: "dockerd" } }] }),
      found(7, { processes: [{ pid: 70, command: "node" }] }),
      found(8, { handles: [{ path: "/proc/70/root/run/netns/h1", process: { pid: 70, command: "node" } }] }),
      found(9, { handles: [{ path: "/run/other/thing", process: null }] }),
      found(10, { handles: [named("my.net")], processes: [{ pid: 41, command: "app" }] }),
    ];
    const containers = new Map([
      [3, [docker]],
      [4, [{ ...docker, name: null, pod: "shop/web-5d9" }]],
      [10, [docker]],
    ]);
    const names = nameNamespaces(all, 1, new Map([[70, "office"]]), containers);
    expect(Object.fromEntries(names)).toEqual({
      1: "root",
      2: "blue",
      3: "web",
      4: "shop/web-5d9",
      5: "sleep-12",
      6: "dockerd-77-fd9",
      7: "office/root",
      8: "office/h1",
      9: "thing",
      10: "my.net",
    });
  });

  test("no two are called the same, and only the machine's is root", () => {
    const all = [
      found(1, {}),
      found(2, { handles: [named("root")] }),
      found(3, { handles: [named("x")] }),
      found(4, { handles: [{ path: "/proc/9/root/run/netns/x", process: sleep }] }),
    ];
    const names = nameNamespaces(all, 1, new Map(), new Map());
    expect([...names.values()]).toEqual(["root", "root#2", "x", "x#4"]);
  });
});
