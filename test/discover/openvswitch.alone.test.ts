// Databases of Open vSwitch: a real server, one in files of its own, and servers that say nothing or the wrong thing.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { Discovery } from "../../src/model/index.ts";
import { discover as discoverAll } from "../../src/discover/index.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { SCHEMA, transaction } from "./ovs-schema.ts";

ownMachine();

const children: ChildProcess[] = [];
const FOLDER = "/run/openvswitch";
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  rmSync(FOLDER, { recursive: true, force: true });
  wipe();
});

const root = statSync("/proc/thread-self/ns/net").ino;
const discover = (): Discovery => discoverAll({ name: "machine", root, depth: "overview" });

function start(command: string, args: readonly string[], title = command): ChildProcess {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], argv0: title });
  children.push(child);
  return child;
}

/** A server that was told `script` instead of what it should say; `socket` is each connection. */
async function liar(script: string, path: string, title = "ovsdb-server"): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const program = `require("node:net").createServer((socket) => { socket.on("error", () => {}); ${script} }).listen(process.argv[1].slice(6), () => console.log())`;
  const child = start(process.execPath, ["-e", program, `punix:${path}`], title);
  await once(child.stdout!, "data");
}

/** As ovs-vswitchd, which works by that database. */
async function switches(path: string): Promise<void> {
  const child = start("sh", ["-c", "echo; read forever", `unix:${path}`], "ovs-vswitchd");
  await once(child.stdout!, "data");
}

if (spawnSync("ovsdb-server", ["--version"]).status === 0) {
  async function database(folder: string, script = 'exec "$@"'): Promise<ChildProcess> {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync("/run/schema", JSON.stringify(SCHEMA));
    rmSync("/run/conf.db", { force: true });
    expect(spawnSync("ovsdb-tool", ["create", "/run/conf.db", "/run/schema"]).status).toBe(0);
    const server = [
      "ovsdb-server",
      "/run/conf.db",
      `--remote=punix:${folder}/db.sock`,
      "-vconsole:off",
      "--unixctl=/run/ctl",
    ];
    return start("unshare", ["-m", "--propagation", "private", "sh", "-c", script, "sh", ...server]);
  }

  describe("a real server", () => {
    //   root ── va: br0 (VLAN 10) …
    test("its switches are told, and what they are plugged into", async () => {
      spawnSync("ip", ["link", "add", "va", "type", "veth", "peer", "name", "vb"]);
      await database(FOLDER);
      await expect.poll(() => transaction(`${FOLDER}/db.sock`), { timeout: 20_000 }).toBe(0);
      await switches(`${FOLDER}/db.sock`);
      const { openvswitch, remarks } = discover();
      expect(remarks).toEqual([]);
      expect(openvswitch.map(({ name, namespace }) => [name, namespace])).toEqual([
        ["br0", "root"],
        ["br1", "root"],
      ]);
      const va = openvswitch[0]?.ports.find(({ name }) => name === "va");
      expect(va).toMatchObject({ tag: 10, interfaces: [{ type: "system", link: { namespace: "root", link: "va" } }] });
      // Whoever reads a few namespaces only does it for somebody who has asked already.
      expect(discoverAll({ name: "machine", root, only: new Map([[root, "root"]]) }).openvswitch).toEqual([]);
    });

    test("in files of its own", async () => {
      const pipe = 'mount -t tmpfs tmpfs /run/openvswitch; exec "$@"';
      const server = await database(FOLDER, pipe);
      const path = `/proc/${server.pid}/root${FOLDER}/db.sock`;
      await expect.poll(() => transaction(path), { timeout: 20_000 }).toBe(0);
      const { openvswitch, remarks } = discover();
      expect(openvswitch.map(({ name }) => name)).toEqual(["br0", "br1"]);
      expect(remarks).toEqual([`no ovs-vswitchd seems to serve ${path}: its switches are shown as configured`]);
    });
  });
}

describe("a server that should not be trusted", () => {
  test("one that says nothing is waited for a moment only", async () => {
    await liar("", `${FOLDER}/db.sock`);
    const { remarks, namespaces, openvswitch } = discover();
    expect(remarks).toEqual([`the switches of Open vSwitch are not shown: ${FOLDER}/db.sock: no answer in time`]);
    expect(namespaces.map(({ name }) => name)).toContain("root");
    expect(openvswitch).toEqual([]);
  });

  test.each([
    ['socket.end("hello")', "it closed the connection without an answer"],
    ['socket.end("{]")', "its answer is not JSON"],
    ["socket.destroy()", "it closed the connection without an answer"],
  ])("%s", async (script, cause) => {
    await liar(script, `${FOLDER}/db.sock`);
    expect(discover().remarks).toEqual([`the switches of Open vSwitch are not shown: ${FOLDER}/db.sock: ${cause}`]);
  });

  test("an answer without end", async () => {
    await liar(
      'const more = () => { while (socket.write(Buffer.alloc(65536, "["))); }; socket.on("drain", more); more()',
      `${FOLDER}/db.sock`,
    );
    const { remarks } = discover();
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toContain("the switches of Open vSwitch are not shown");
  });

  test("what a dead one has left is no switch, and neither is a file", async () => {
    await liar("", `${FOLDER}/db.sock`);
    children[0]!.kill("SIGKILL");
    await once(children[0]!, "exit");
    expect(discover().remarks).toEqual([]);
    rmSync(`${FOLDER}/db.sock`);
    writeFileSync(`${FOLDER}/db.sock`, "");
    expect(discover().remarks).toEqual([]);
  });

  test("in the files of others nobody is spoken to but a server of that name", async () => {
    const log =
      'socket.on("data", (bytes) => require("node:fs").appendFileSync("/run/heard", bytes)); socket.end("{}")';
    await liar(log, "/run/other.sock", "somebody");
    await switches("/run/other.sock");
    writeFileSync("/run/heard", "");
    expect(discover().remarks).toEqual([]);
    expect(readFileSync("/run/heard", "utf8")).toBe("");
    // As one of that name it is.
    await liar(log, "/run/third.sock");
    expect(discover().remarks).toHaveLength(1);
    await expect.poll(() => readFileSync("/run/heard", "utf8")).toContain("transact");
  });
});
