/**
 * The floor of a build: the same netlink bytes, recorded from a real one, sent again from memory by as little code as
 * can send them. What a build takes beyond it is netloom's own thinking.
 *
 *   floor.mjs record SHAPE FILE    builds SHAPE here and writes down all that was sent
 *   floor.mjs replay FILE          does it again, and prints the milliseconds
 *   floor.mjs batch SHAPE DIR      the same network as files for `ip -batch`
 *
 * Run inside a private machine: unshare -Urnm --pid --fork --mount-proc, with a tmpfs on /run.
 */

import { closeSync, fstatSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { apply, LinkIndexes } from "../src/apply/index.ts";
import {
  createNamespaces,
  listNamespaces,
  namespacePath,
  NetlinkSocket,
  PRIVATE_MACHINE,
  setRecorder,
} from "../src/kernel/index.ts";
import { libc } from "../src/kernel/libc.ts";
import type { Model, Namespace } from "../src/model/index.ts";
import { emptyNamespace, plan } from "../src/plan/index.ts";
import { loadTopology } from "../src/topology/index.ts";

interface Send {
  /** null for the root namespace. */
  readonly namespace: string | null;
  readonly bytes: string;
  /** Offsets of namespace descriptors in the bytes, and whose they are. */
  readonly descriptors: readonly { readonly at: number; readonly namespace: string | null }[];
}

interface Recording {
  readonly namespaces: readonly string[];
  readonly sysctls: readonly { readonly namespace: string; readonly path: string; readonly value: string }[];
  readonly sends: readonly Send[];
}

const ROOT_LINKS = new Map([["root", new Map([["lo", 1]])]]);
const [mode, what, where] = process.argv.slice(2) as [string, string, string];
if (mode === "record") await record(loadTopology(what).model, where);
else if (mode === "replay") replay(JSON.parse(readFileSync(what, "utf8")) as Recording);
else batchFiles(loadTopology(what).model, where);

async function record(model: Model, file: string): Promise<void> {
  const sends: Send[] = [];
  const root = statSync("/proc/self/ns/net").ino;
  let names: Map<number, string> | undefined;
  const nameOf = (fd: number): string | null => {
    const inode = fstatSync(fd).ino;
    if (inode === root) return null;
    names ??= new Map(listNamespaces().map((name) => [statSync(namespacePath(name)).ino, name]));
    return names.get(inode) ?? null;
  };
  setRecorder(({ namespace, bytes }) => {
    const found = descriptorsIn(bytes).map(({ at, fd }) => ({ at, namespace: nameOf(fd) }));
    sends.push({
      namespace: namespace < 0 ? null : nameOf(namespace),
      bytes: Buffer.from(bytes).toString("base64"),
      descriptors: found,
    });
  });
  const changes = plan(model, { name: model.name, namespaces: [emptyNamespace("root")] });
  await apply(PRIVATE_MACHINE, changes, model, new LinkIndexes(ROOT_LINKS));
  setRecorder(undefined);
  const nodes = model.namespaces.filter(({ name }) => name !== "root");
  const recording: Recording = { namespaces: nodes.map(({ name }) => name), sysctls: nodes.flatMap(sysctlsOf), sends };
  writeFileSync(file, JSON.stringify(recording));
}

/** The writes to /proc/sys are part of the work, though they are no netlink. */
function sysctlsOf(node: Namespace): Recording["sysctls"] {
  const settings = { ...node.sysctls };
  if (node.forwarding.ipv4) settings["net.ipv4.ip_forward"] = "1";
  if (node.forwarding.ipv6) settings["net.ipv6.conf.all.forwarding"] = "1";
  return Object.entries(settings).map(([key, value]) => ({
    namespace: node.name,
    path: `/proc/sys/${key.replaceAll(".", "/")}`,
    value,
  }));
}

/** IFLA_NET_NS_FD of links and of veth peers. */
function descriptorsIn(bytes: Uint8Array): { at: number; fd: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { at: number; fd: number }[] = [];
  const NEST = new Map([
    ["", 18],
    ["18", 2],
    ["18/2", 1],
  ]); // IFLA_LINKINFO, IFLA_INFO_DATA, VETH_INFO_PEER
  const walk = (start: number, end: number, path: string): void => {
    for (let at = start; at + 4 <= end;) {
      const length = view.getUint16(at, true);
      const type = view.getUint16(at + 2, true) & 0x3fff;
      if (type === 28 && (path === "" || path === "18/2/1"))
        found.push({ at: at + 4, fd: view.getUint32(at + 4, true) });
      const header = path === "18/2" ? 16 : 0; // a struct ifinfomsg stands before the peer's attributes
      if (NEST.get(path) === type) walk(at + 4 + header, at + length, path === "" ? `${type}` : `${path}/${type}`);
      at += (length + 3) & ~3;
      if (length < 4) return;
    }
  };
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    if (view.getUint16(at + 4, true) === 16) walk(at + 32, at + length, "");
    at += (length + 3) & ~3;
  }
  return found;
}

function replay(recording: Recording): void {
  const c = libc();
  const home = openSync("/proc/thread-self/ns/net", "r");
  const answer = Buffer.alloc(1 << 16);
  const sends = recording.sends.map((each) => ({ ...each, bytes: Buffer.from(each.bytes, "base64") }));
  const sysctls = new Map<string, Recording["sysctls"][number][]>();
  for (const each of recording.sysctls) sysctls.set(each.namespace, [...(sysctls.get(each.namespace) ?? []), each]);
  // The socket for what has no namespace, made before the clock starts as netloom's is not: it favours the floor.
  using rootSocket = NetlinkSocket.open();
  const started = performance.now();
  createNamespaces(recording.namespaces);
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  for (const { namespace, bytes, descriptors } of sends) {
    const open = descriptors.map(({ namespace: name }) => (name === null ? home : openSync(`/run/netns/${name}`, "r")));
    descriptors.forEach(({ at }, number) => bytes.writeUInt32LE(open[number]!, at));
    let socket = rootSocket.fd;
    if (namespace !== null) {
      const fd = openSync(`/run/netns/${namespace}`, "r");
      c.setns(fd, 0x40000000);
      for (const { path, value } of sysctls.get(namespace) ?? []) {
        const sysctl = openSync(path, "w");
        writeSync(sysctl, value);
        closeSync(sysctl);
      }
      socket = c.socket(16, 0x80003, 0);
      c.setns(home, 0x40000000);
      closeSync(fd);
    }
    if (
      c.send(socket, bytes, bytes.length, 0) < 0 ||
      c.recv(socket, answer, answer.length, 0) < 20 ||
      answer.readInt32LE(16) !== 0
    ) {
      throw new Error(
        `the kernel refused a recorded batch of ${namespace ?? "root"}: errno ${-answer.readInt32LE(16)}`,
      );
    }
    if (namespace !== null) c.close(socket);
    for (const fd of open) if (fd !== home) closeSync(fd);
  }
  console.log((performance.now() - started).toFixed(2));
}

/**
 * `one`: a single `ip -batch`, which starts another for each namespace (`netns exec`: it has no other way to get into one).
 * `script`: a shell that runs one for namespaces and links, then `ip -n NAME -batch` for each namespace.
 */
function batchFiles(model: Model, directory: string): void {
  const main: string[] = [];
  const late: string[] = [];
  const done = new Set<string>();
  for (const { name } of model.namespaces) if (name !== "root") main.push(`netns add ${name}`);
  for (const { name, links } of model.namespaces) {
    for (const link of links) {
      if (link.kind === "bridge") {
        main.unshift(`link add ${link.name} type bridge mcast_snooping 0`);
        late.push(`link set ${link.name} up`);
      }
      if (link.kind !== "veth" || !link.peer || done.has(`${name}:${link.name}`)) continue;
      done.add(`${link.peer.namespace}:${link.peer.link}`);
      const at = (namespace: string): string => (namespace === "root" ? "" : ` netns ${namespace}`);
      main.push(`link add ${link.name}${at(name)} type veth peer name ${link.peer.link}${at(link.peer.namespace)}`);
      if (link.master) main.push(`link set ${link.name} master ${link.master} up`);
    }
  }
  writeFileSync(`${directory}/main`, [...main, ""].join("\n"));
  const script = [`ip -batch ${directory}/main`];
  const inOne = [...main];
  for (const node of model.namespaces.filter(({ name }) => name !== "root")) {
    const lines = node.links.map((link) => `link set ${link.name} up`);
    for (const each of node.addresses) lines.push(`address add ${each.address}/${each.prefixLength} dev ${each.link}`);
    for (const each of node.routes) lines.push(`route add ${each.to} via ${each.nextHops[0]?.via}`);
    writeFileSync(`${directory}/${node.name}`, `${lines.join("\n")}\n`);
    script.push(`ip -n ${node.name} -batch ${directory}/${node.name}`);
    inOne.push(`netns exec ${node.name} ip -batch ${directory}/${node.name}`);
  }
  // The bridge last, as netloom does: else every port floods all the others while they come up.
  for (const line of late) script.push(`ip ${line}`);
  writeFileSync(`${directory}/one`, [...inOne, ...late, ""].join("\n"));
  writeFileSync(`${directory}/script`, `set -e\n${script.join("\n")}\n`);
}
