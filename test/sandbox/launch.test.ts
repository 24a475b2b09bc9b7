import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { expect, test } from "vitest";
import { NetloomError } from "../../src/diagnostic.ts";
import { connect, destroyLab, findLab, launch, linkChecks, listLabs, type LabRecord } from "../../src/sandbox/index.ts";
import { isAlive } from "../../src/sandbox/process.ts";
import { sandboxTests } from "./support.ts";
import type { TestProtocol } from "./test-protocol.ts";

const bench = sandboxTests();
let number = 0;

async function start(name = `lab${++number}`) {
  const result = await launch<TestProtocol>({
    name,
    entry: bench.entry,
    directory: bench.directory,
    file: "/x/lab.yaml",
  }).ready;
  if (result.status !== "started") throw new Error(`${name} is already running`);
  return result;
}

const ended = (record: LabRecord) => expect.poll(() => isAlive(record.holder) || isAlive(record.launcher)).toBe(false);

test("a lab is a private machine: pid 1, root inside, its own network, process table, /run and /sys", async () => {
  const { client, record } = await start();
  const run = (command: string) => client.request("run", { command });
  expect(await client.request("ping")).toEqual({ name: record.name, pid: record.holder.pid });
  expect(await client.request("readlink", { path: "/proc/self" })).toBe("1");
  expect((await run("id -u")).trim()).toBe("0");
  expect((await run("ls /sys/class/net")).trim()).toBe("lo");
  expect((await run("ls -A /run/netns")).trim()).toBe("");
  expect((await run("ip -o link show lo")).trim()).toMatch(/<LOOPBACK,UP,LOWER_UP>/);
  expect(record.warnings).toEqual([]);
  expect(await client.request("read", { path: "/proc/self/status" })).toMatch(/CapAmb:\t0+\n/);
  await client.close();
  await ended(record);
});

test("the network's sysctls are the lab's own, all others are out of reach", async () => {
  const { client } = await start();
  await client.request("write", { path: "/proc/sys/net/ipv4/ip_forward", text: "1" });
  expect(await client.request("read", { path: "/proc/sys/net/ipv4/ip_forward" })).toBe("1\n");
  for (const path of ["/proc/sys/kernel/panic", "/proc/sys/vm/swappiness"]) {
    await expect(client.request("write", { path, text: "1" })).rejects.toThrow(/EROFS|EACCES/);
  }
  await client.close();
});

test("the tools of tutorials work: ip netns, veth, ping", async () => {
  const { client } = await start();
  const output = await client.request("run", {
    command: `set -e
      ip netns add a; ip netns add b
      ip link add va netns a type veth peer name vb netns b
      ip -n a address add 10.0.0.1/24 dev va; ip -n b address add 10.0.0.2/24 dev vb
      ip -n a link set va up; ip -n b link set vb up
      ip netns exec a ping -c 1 -W 2 10.0.0.2
      ip netns list`,
  });
  expect(output).toMatch(/1 received/);
  expect(output).toMatch(/^a\b/m);
  await client.close();
});

test("a lab that is not kept goes away with the connection that launched it, files and all", async () => {
  const { client, record } = await start();
  expect(listLabs(bench.directory).map((lab) => [lab.name, lab.state])).toContainEqual([record.name, "building"]);
  await client.close();
  await ended(record);
  expect(readdirSync(bench.directory).filter((file) => file.startsWith(`${record.name}.`))).toEqual([]);
});

test("a kept lab outlives its launcher, is found again, and is destroyed", async () => {
  const { client, record } = await start();
  await client.request("keep", {});
  await client.close();
  await using again = await connect<TestProtocol>(record.name, bench.directory);
  expect(await again.request("ping")).toMatchObject({ name: record.name });
  expect(findLab(record.name, bench.directory)).toMatchObject({
    state: "up",
    record: { kept: true, file: "/x/lab.yaml" },
  });
  expect(await destroyLab(record.name, { directory: bench.directory })).toBe(true);
  expect(isAlive(record.holder) || isAlive(record.launcher)).toBe(false);
  expect(findLab(record.name, bench.directory)).toBeNull();
  expect(await destroyLab(record.name, { directory: bench.directory })).toBe(false);
});

test("shutdown ends a kept lab from inside", async () => {
  const { client, record } = await start();
  await client.request("keep");
  await client.request("shutdown");
  await client.closed;
  await ended(record);
  expect(findLab(record.name, bench.directory)).toBeNull();
});

test("requests carry events, errors with their diagnostics, and cancellation", async () => {
  const { client } = await start();
  const events: unknown[] = [];
  expect(await client.request("count", { to: 3 }, { onEvent: (event) => events.push(event) })).toBe(3);
  expect(events).toEqual([1, 2, 3]);
  const error = await client.request("fail").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(NetloomError);
  expect(error).toMatchObject({ status: 2, diagnostics: [{ code: "test.failed", hint: "try again" }] });
  await expect(client.request("nonsense" as "ping")).rejects.toThrow(/no method "nonsense"/);
  await expect(client.request("constructor" as "ping")).rejects.toThrow(/no method/);
  const abort = new AbortController();
  const waiting = client.request("wait", {}, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(await client.request("ping")).toBeTruthy();
  await client.close();
});

test("a holder that crashes fails what was asked of it", async () => {
  const { client, record } = await start();
  await client.request("keep");
  await expect(client.request("crash")).rejects.toMatchObject({ diagnostics: [{ code: "sandbox.lab-died" }] });
  await ended(record);
  expect(findLab(record.name, bench.directory)?.state).toBe("stale");
  expect(await destroyLab(record.name, { directory: bench.directory })).toBe(true);
  expect(findLab(record.name, bench.directory)).toBeNull();
});

test("the second launch of a lab that is up is told so", async () => {
  const { client, record } = await start();
  await client.request("keep");
  const second = await launch<TestProtocol>({ name: record.name, entry: bench.entry, directory: bench.directory })
    .ready;
  expect(second).toMatchObject({ status: "running", record: { holder: record.holder } });
  await client.close();
  await destroyLab(record.name, { directory: bench.directory });
});

test("two launches at once: one starts, the other waits and names whom it waits for", async () => {
  const name = "race";
  const waited: (number | null)[] = [];
  const options = {
    name,
    entry: bench.entry,
    directory: bench.directory,
    onWaiting: (pid: number | null) => waited.push(pid),
  };
  const launches = [launch<TestProtocol>(options), launch<TestProtocol>(options)];
  const first = await Promise.race(launches.map((one) => one.ready));
  if (first.status !== "started") throw new Error("nobody started");
  await expect.poll(() => waited).toEqual([first.record.holder.pid]);
  await first.client.request("keep");
  const results = await Promise.all(launches.map((one) => one.ready));
  expect(new Set(results.map((one) => one.status))).toEqual(new Set(["running", "started"]));
  await first.client.close();
  await destroyLab(name, { directory: bench.directory });
});

test("waiting has an end, and says who is in the way", async () => {
  const { client, record } = await start();
  const second = launch<TestProtocol>({
    name: record.name,
    entry: bench.entry,
    directory: bench.directory,
    patience: 0,
  });
  await expect(second.ready).rejects.toThrow(`process ${record.holder.pid}`);
  await client.close();
  await ended(record);
});

test("a lab is relaunched over what a killed one left behind", async () => {
  const { client, record } = await start();
  await client.request("keep");
  process.kill(record.holder.pid, "SIGKILL");
  await client.closed;
  await ended(record);
  const next = await start(record.name);
  expect(next.record.holder).not.toEqual(record.holder);
  await next.client.close();
  await ended(next.record);
});

test("an aborted launch leaves nothing", async () => {
  const starting = launch<TestProtocol>({ name: "aborted", entry: bench.entry, directory: bench.directory });
  await starting.abort();
  await expect(starting.ready).rejects.toMatchObject({ diagnostics: [{ code: "sandbox.aborted" }] });
  expect(findLab("aborted", bench.directory)).toBeNull();
  const ready = launch<TestProtocol>({ name: "aborted", entry: bench.entry, directory: bench.directory });
  const result = await ready.ready;
  await ready.abort();
  expect(findLab("aborted", bench.directory)).toBeNull();
  await ended(result.record);
});

test("a long runtime directory works: the socket is reached by descriptor", async () => {
  const directory = `${bench.directory}/${"d".repeat(120)}`;
  const result = await launch<TestProtocol>({ name: "far", entry: bench.entry, directory }).ready;
  if (result.status !== "started") throw new Error("running");
  await using other = await connect("far", directory);
  expect(await other.request("ping")).toBeTruthy();
  await result.client.close();
  await ended(result.record);
  expect(existsSync(`${directory}/far.sock`)).toBe(false);
});

test("a holder that dies before it is ready is quoted", async () => {
  const entry = { command: process.execPath, args: ["-e", "console.error('no luck today'); process.exit(3)"] };
  await expect(launch<TestProtocol>({ name: "unlucky", entry, directory: bench.directory }).ready).rejects.toThrow(
    /no luck today/,
  );
  expect(findLab("unlucky", bench.directory)).toBeNull();
});

test("pid 1 reaps orphans and leaves Node its own children", async () => {
  const { client } = await start();
  for (let round = 0; round < 5; round++) {
    const { pid, code } = await client.request("orphan");
    expect(code).toBe(3);
    const status = () => client.request("run", { command: `cat /proc/${pid}/stat 2>/dev/null || echo gone` });
    await expect.poll(status).toBe("gone\n");
  }
  await client.close();
});

test("the lab is found from inside, where the runtime directory is hidden", async () => {
  const directory = process.geteuid!() === 0 ? "/run/netloom-test" : bench.directory;
  const result = await launch<TestProtocol>({ name: "inner", entry: bench.entry, directory }).ready;
  if (result.status !== "started") throw new Error("running");
  const asked = await result.client.request("connectInside", { name: "inner" });
  expect(asked).toEqual({ name: "inner", pid: result.record.holder.pid });
  expect(await result.client.request("run", { command: "ls /run" })).toBe("lock\nnetloom\nnetns\n");
  await result.client.close();
  await ended(result.record);
  if (directory !== bench.directory) rmdirSync(directory);
});

test("what is root outside cannot reach the machine through /proc and /sys", async () => {
  const { client } = await start();
  const command = `for f in /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_seqnum /sys/kernel/profiling; do
    [ -e $f ] && (: >> $f) 2>/dev/null && echo $f is writable; done; true`;
  expect(await client.request("run", { command })).toBe("");
  // The positive control: the lab's own part of /sys is writable.
  const own =
    "ip link add br0 type bridge && echo 1 > /sys/class/net/br0/bridge/stp_state && cat /sys/class/net/br0/bridge/stp_state";
  expect(await client.request("run", { command: own })).toBe("1\n");
  await client.close();
});

test("doctor knows which kinds of link there are, by trying them", async () => {
  const [links, ...warnings] = await linkChecks({ entry: bench.entry, directory: bench.directory });
  expect(links).toMatchObject({
    id: "links",
    status: "ok",
    detail: expect.stringMatching(/\bveth\b.*\bbridge\b|^all$/),
  });
  expect(warnings).toEqual([]);
  const { client } = await start();
  const kinds = await client.request("kinds");
  // The witness: iproute2 says the same of a kind that needs no data.
  const witness = await client.request("run", {
    command: "ip link add w0 type dummy 2>/dev/null && echo true || echo false",
  });
  expect(`${kinds["dummy"]}\n`).toBe(witness);
  await client.close();
});

// Needs root: the range of an ordinary user has to be written into /etc/subuid, here only inside a lab.
test.runIf(process.geteuid!() === 0)(
  "a user with a range of /etc/subuid gets it mapped, in a lab within a lab",
  async () => {
    const { client } = await start();
    const program = await bench.program("mapped.ts");
    const output = await client.request("run", {
      command: `set -e
      mkdir /run/t && chmod 777 /run/t
      echo 65534:100000:1000 > /run/sub
      mount --bind /run/sub /etc/subuid && mount --bind /run/sub /etc/subgid
      cd /run/t && HOME=/run/t NETLOOM_RUNTIME_DIR=/run/t/labs \
        setpriv --reuid=65534 --regid=65534 --clear-groups ${process.execPath} ${program} ${bench.entry.args[0]}`,
    });
    expect(JSON.parse(output)).toEqual({
      mapping: "range",
      uids: "0 65534 1 1 100000 1000",
      setgroups: "allow",
      dropped: "7 7 7",
    });
    await client.close();
  },
);
