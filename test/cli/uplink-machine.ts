// A private machine for tests of uplinks: no packet leaves it. Its default route ends in a namespace where nobody answers;
// what it has on its own loopback stands for the outside, name server included.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { NETLOOM, type Program } from "./program.ts";
import { has } from "../support/witnesses.ts";

const SERVERS = `import net from "node:net"; import dgram from "node:dgram";
net.createServer((s) => { s.on("error", () => {}); s.end("machine\\n"); }).listen(8099, "127.0.0.1");
// Knows one name: www.outside.
const names = dgram.createSocket("udp4");
names.on("message", (question, from) => {
  let end = 12;
  while (question[end]) end += question[end] + 1;
  const known = question.toString("latin1", 12, end).includes("outside");
  const address = known && question.readUInt16BE(end + 1) === 1;
  const head = Buffer.from(question.subarray(0, 12));
  head[2] = 0x81;
  head[3] = known ? 0x80 : 0x83;
  head.writeUInt16BE(address ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const answer = address ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 9]) : Buffer.alloc(0);
  names.send(Buffer.concat([head, question.subarray(12, end + 5), answer]), from.port, from.address);
});
names.bind(53, "127.0.0.1", () => console.log("listening"));
`;

/** ask.mjs HOST PORT [udp]: prints the answer, or why there is none. */
const ASK = `import net from "node:net"; import dgram from "node:dgram";
const [host, port, udp] = process.argv.slice(2);
const done = (text) => { console.log(String(text).trim()); process.exit(); };
setTimeout(() => done("silence"), process.env.PATIENCE ?? 10_000);
if (udp) {
  const socket = dgram.createSocket("udp4").on("message", done).on("error", (error) => done(error.code));
  setInterval(() => socket.send("?", port, host), 200);
} else {
  net.connect(port, host).on("data", done).on("error", (error) => done(error.code)).on("end", () => done("end"));
}
`;

/** On port 80 TCP, on port 7 UDP. */
export const WEB = `import net from "node:net"; import dgram from "node:dgram";
net.createServer((s) => { s.on("error", () => {}); s.end("web\\n"); }).listen(80);
const echo = dgram.createSocket("udp4").on("message", (_, from) => echo.send("echo", from.port, from.address));
echo.bind(7);
`;

export interface MachineOptions {
  /** Programs that are not to be found there. */
  readonly hidden?: readonly string[];
}

export interface Ran {
  readonly lines: readonly string[];
  readonly err: string;
}

/** Whether taps can be made here, and machines of one's own. */
export function canHaveUplinks(): boolean {
  return has("unshare", "nsenter", "ip") && spawnSync("sh", ["-c", "exec 3<> /dev/net/tun"]).status === 0;
}

/**
 * A function that runs a shell script on such a machine. Its words: `netloom …`; `ask HOST PORT [udp]` on the machine,
 * `inside NODE HOST PORT [udp]` in a node; `holder` and `carriers` print pids; `labs` prints what files of labs there are.
 */
export function uplinkMachine(netloom: Program): (script: string, options?: MachineOptions) => Ran {
  const servers = netloom.file("servers.mjs", SERVERS);
  const ask = netloom.file("ask.mjs", ASK);
  const empty = netloom.file("empty", "");
  const resolver = netloom.file("resolv.conf", "nameserver 127.0.0.1\n");
  const said = netloom.file("said", "");
  const labs = join(netloom.folder, "labs-inside");
  mkdirSync(labs, { mode: 0o700 });
  const before = `
ip link set lo up
unshare --net sleep 1000000 & nobody=$!
ip link add up0 type veth peer name up1
until nsenter -t $nobody -n ip link show up1 > /dev/null 2>&1; do ip link set up1 netns $nobody 2> /dev/null; done
nsenter -t $nobody -n sh -c 'ip address add 192.0.2.1/24 dev up1; ip link set up1 up'
ip address add 192.0.2.2/24 dev up0
ip link set up0 up
ip route add default via 192.0.2.1
mount --bind ${resolver} /etc/resolv.conf
${process.execPath} ${servers} > ${said} & servers=$!
until grep -q listening ${said}; do sleep 0.02; done
netloom() { ${NETLOOM} "$@"; }
ask() { ${process.execPath} ${ask} "$@"; }
inside() { node=$1; shift; ${NETLOOM} exec $node ${process.execPath} ${ask} "$@"; }
holder() { sed 's/.*"holder":{"pid":\\([0-9]*\\).*/\\1/' ${labs}/*.json; }
carriers() { for each in /proc/[0-9]*; do grep -qz ^NETLOOM_UPLINK= $each/environ 2> /dev/null && echo \${each#/proc/}; done; }
labs() { ls ${labs}; }
`;
  const after = `
kill $servers $nobody
`;
  // A user namespace of its own also for root: what a test gets wrong stays inside.
  const args = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return (script, { hidden = [] } = {}) => {
    const hide = hidden.map((name) => `[ ! -e /usr/bin/${name} ] || mount --bind ${empty} /usr/bin/${name}\n`);
    const result = spawnSync("unshare", [...args, "sh", "-c", before + hide.join("") + script + after], {
      encoding: "utf8",
      env: { ...netloom.env, NETLOOM_RUNTIME_DIR: labs },
      timeout: 55_000,
    });
    return { lines: result.stdout.trim().split("\n"), err: result.stderr };
  };
}
