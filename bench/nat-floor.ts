/**
 * The three ways of loading the rules of many routers, each in a process and on a private machine of its own:
 *
 *   nat.mjs inside record KIND DIR     loads them by netloom; prints the rules of each; DIR gets the bytes sent, and what nft lists
 *   nat.mjs inside netloom KIND        by netloom, from the model: prints the milliseconds
 *   nat.mjs inside floor DIR           the same bytes, sent again from memory by as little code as can send them
 *   nat.mjs inside nft DIR             `ip netns exec NAME nft -f FILE` for each
 *   nat.mjs inside entered DIR         `nft -f FILE` for each, started in the namespace: without `ip`
 *   nat.mjs inside compare DIR         loads them by nft, and fails unless nft then lists what it lists after netloom
 *
 * Namespaces are made before the clock starts. Run inside unshare -Urnm --pid --fork --mount-proc, with a tmpfs on /run.
 */

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { applyTables, Library } from "../src/apply/netfilter/index.ts";
import { createNamespaces, namespacePath, OpenNamespace, setRecorder, within } from "../src/kernel/index.ts";
import { libc } from "../src/kernel/libc.ts";
import type { NetfilterTable } from "../src/model/index.ts";
import { resolveTopology } from "../src/topology/index.ts";
import type { Topology } from "../src/topology/index.ts";

const ROUTERS = 100;
const NAMES = Array.from({ length: ROUTERS }, (_, i) => `r${i + 1}`);

const [mode = "", ...rest] = process.argv.slice(3);
// Before the clock starts: the kernel is no faster for having been asked first.
createNamespaces(NAMES);
switch (mode) {
  case "record":
    record(tables(rest[0]!), rest[1]!);
    break;
  case "netloom":
    measure(load, tables(rest[0]!));
    break;
  case "floor":
    measure(replay, readRecording(rest[0]!));
    break;
  case "nft":
    measure(loadByNft, rest[0]!);
    break;
  case "entered":
    measure(loadByNftInside, rest[0]!);
    break;
  case "compare":
    loadByNft(rest[0]!);
    for (const name of NAMES) {
      if (listing(name) !== readFileSync(`${rest[0]!}/${name}.nft`, "utf8"))
        throw new Error(`nft loads other rules than netloom in ${name}`);
    }
    break;
  default:
    throw new Error(`there is no mode ${mode}`);
}

function measure<T>(action: (given: T) => void, given: T): void {
  const began = performance.now();
  action(given);
  console.log((performance.now() - began).toFixed(2));
}

/** Routers between a network of their own and a common one: NAT, three published ports, a firewall. */
function tables(kind: string): Map<string, NetfilterTable> {
  const type = kind === "plain" ? {} : { type: kind as "home" };
  const topology: Topology = { switches: { wan: { subnet: "198.18.0.0/16" } }, routers: {}, hosts: {} };
  for (const [index, name] of NAMES.entries()) {
    const [inside, outside] = [`10.0.${index}`, `198.18.1.${index + 1}`];
    topology.routers![name] = {
      interfaces: {
        eth0: { link: `h${index + 1}:eth0`, address: `${inside}.1/24` },
        eth1: { link: "wan", address: outside },
      },
      nat: [{ masquerade: "eth1", ...type }],
      publish: [80, 443, 5000].map((port) => ({ in: "eth1", port, to: `${inside}.2:${port}` })),
      firewall: {
        input: "drop",
        forward: "drop",
        rules: [
          "allow established",
          "drop invalid",
          "allow all from eth0",
          "allow icmp",
          "allow tcp/22 from 198.18.0.0/24",
        ],
      },
    };
    topology.hosts![`h${index + 1}`] = { interfaces: { eth0: { address: `${inside}.2/24` } } };
  }
  const { namespaces } = resolveTopology(topology, { name: "bench" }).model;
  return new Map(
    namespaces.filter(({ name }) => NAMES.includes(name)).map(({ name, netfilter: [table] }) => [name, table!]),
  );
}

function load(all: ReadonlyMap<string, NetfilterTable>): void {
  const library = new Library();
  for (const [name, after] of all) {
    using namespace = OpenNamespace.open(namespacePath(name));
    const id = `${after.family} ${after.name}`;
    const change = {
      kind: "table",
      action: "create",
      namespace: name,
      id,
      before: null,
      after,
      reason: "bench",
    } as const;
    applyTables({ fd: namespace.fd, name }, [change], { library });
  }
}

function record(all: ReadonlyMap<string, NetfilterTable>, directory: string): void {
  const sends: string[] = [];
  setRecorder(({ bytes }) => sends.push(Buffer.from(bytes).toString("base64")));
  load(all);
  setRecorder(undefined);
  if (sends.length !== NAMES.length) throw new Error(`${NAMES.length} namespaces took ${sends.length} sends`);
  writeFileSync(`${directory}/sends.json`, JSON.stringify(sends));
  for (const name of NAMES) writeFileSync(`${directory}/${name}.nft`, listing(name));
  console.log(all.get(NAMES[0]!)!.chains.reduce((sum, { rules }) => sum + rules.length, 0));
}

function listing(name: string): string {
  return run("ip", ["netns", "exec", name, "nft", "list", "ruleset"]);
}

function readRecording(directory: string): Buffer[] {
  const sends = JSON.parse(readFileSync(`${directory}/sends.json`, "utf8")) as string[];
  return sends.map((bytes) => Buffer.from(bytes, "base64"));
}

function replay(sends: readonly Buffer[]): void {
  const c = libc();
  const home = openSync("/proc/thread-self/ns/net", "r");
  const answer = Buffer.alloc(1 << 12);
  for (const [index, bytes] of sends.entries()) {
    const fd = openSync(`/run/netns/r${index + 1}`, "r");
    c.setns(fd, 0x40000000);
    const socket = c.socket(16, 0x80003, 12);
    c.setns(home, 0x40000000);
    closeSync(fd);
    if (
      c.send(socket, bytes, bytes.length, 0) < 0 ||
      c.recv(socket, answer, answer.length, 0) < 20 ||
      answer.readInt32LE(16) !== 0
    )
      throw new Error(`the kernel refused recorded batch ${index}: errno ${-answer.readInt32LE(16)}`);
    c.close(socket);
  }
}

function loadByNft(directory: string): void {
  for (const name of NAMES) run("ip", ["netns", "exec", name, "nft", "-f", `${directory}/${name}.nft`]);
}

function loadByNftInside(directory: string): void {
  for (const name of NAMES) {
    using namespace = OpenNamespace.open(namespacePath(name));
    within(namespace.fd, () => run("nft", ["-f", `${directory}/${name}.nft`]));
  }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
