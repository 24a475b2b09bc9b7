/**
 * The way out of a lab's root namespace, by a real program: pasta or slirp4netns. It is started out here, by whoever launches
 * the lab, because its sockets have to be in the network outside; but in the lab's pid namespace, so that the kernel
 * ends it with the lab. All that it has inside is a tap, which the lab has made and addressed.
 */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { failure, type NetloomError } from "../diagnostic.ts";
import { findProgram } from "./command.ts";
import { closeInherited } from "./inherited.ts";
import { labFiles } from "./name.ts";
import type { LabRecord } from "./record.ts";
import { forwardPorts } from "./slirp.ts";
import type { UplinkSettings } from "./uplink-settings.ts";

export interface UplinkProgram {
  readonly kind: "pasta" | "slirp4netns";
  readonly path: string;
}

/** In the environment of the program: how the lab's holder finds it among the lab's processes. */
export const UPLINK_VARIABLE = "NETLOOM_UPLINK";

/** Packages of Debian; most others call them the same. */
const PACKAGES = { pasta: "passt", slirp4netns: "slirp4netns" } as const;

/**
 * The program that shall be the uplink; throws if there is none. Older versions of pasta bring connections of the machine
 * itself to the lab's loopback, where no published port is: then slirp4netns is needed to forward ports.
 */
export function findUplinkProgram({ forward }: Pick<UplinkSettings, "forward">): UplinkProgram {
  const pasta = findProgram("pasta");
  if (pasta !== null && (forward.length === 0 || isRecent(pasta))) return { kind: "pasta", path: pasta };
  const slirp = findProgram("slirp4netns");
  if (slirp !== null) return { kind: "slirp4netns", path: slirp };
  const state = "nothing was built";
  if (pasta !== null)
    throw failure(
      "sandbox.uplink-program",
      "this version of pasta cannot forward ports into a lab, and slirp4netns is not installed",
      {
        subject: "root.uplink",
        cause: `${pasta} delivers connections from the machine itself to the lab's loopback, not to published ports`,
        state,
        hint: `install the package ${PACKAGES.slirp4netns}: apt-get install ${PACKAGES.slirp4netns}`,
      },
    );
  throw failure("sandbox.uplink-program", "neither pasta nor slirp4netns is installed", {
    subject: "root.uplink",
    cause: "an uplink needs one of them",
    state,
    hint: `install the package ${PACKAGES.pasta} or ${PACKAGES.slirp4netns}: apt-get install ${forward.length > 0 ? PACKAGES.slirp4netns : PACKAGES.pasta}`,
  });
}

/** The option came with the change. */
function isRecent(pasta: string): boolean {
  const { stdout, stderr } = spawnSync(pasta, ["--help"], { encoding: "utf8" });
  return `${stdout}${stderr}`.includes("--host-lo-to-ns-lo");
}

/** Arguments of pasta; `netns` is the path of the lab's network namespace. Pure. */
function pastaArguments(
  { link, subnet, address, gateway, nameServer, loopback, forward }: UplinkSettings,
  netns: string,
): string[] {
  const ports = (protocol: "tcp" | "udp", option: string): string[] => {
    const own = forward.filter((one) => one.protocol === protocol);
    if (own.length === 0) return [option, "none"];
    return own.flatMap(({ listen, from, to }) => [option, `${listen}/${from === to ? from : `${from}-${to}`}`]);
  };
  // Nothing is configured by it: neither by DHCP nor by advertisements.
  const passive = ["--no-dhcp", "--no-dhcpv6", "--no-ndp", "--no-ra"];
  return [
    ..."--foreground --quiet --ipv4-only --netns-only --no-netns-quit".split(" "),
    // Else it becomes nobody where it takes itself for root of the machine, and may not enter the namespace any more.
    "--runas=0:0",
    `--netns=${netns}`,
    `--ns-ifname=${link}`,
    `--address=${address}`,
    `--netmask=${subnet.split("/")[1]}`,
    `--gateway=${gateway}`,
    `--dns-forward=${nameServer}`,
    ...passive,
    ...(loopback ? [] : ["--no-map-gw"]),
    ...ports("tcp", "--tcp-ports"),
    ...ports("udp", "--udp-ports"),
    "--tcp-ns=none",
    "--udp-ns=none",
  ];
}

/** Arguments of slirp4netns; ports are forwarded over its socket `api`. Pure. */
function slirpArguments({ link, subnet, loopback }: UplinkSettings, netns: string, api: string): string[] {
  return [
    "--netns-type=path",
    `--cidr=${subnet}`,
    "--mtu=1500",
    `--api-socket=${api}`,
    ...(loopback ? [] : ["--disable-host-loopback"]),
    netns,
    link,
  ];
}

/**
 * Runs in the lab's pid and user namespaces, and with the mounts and the network outside. The programs may not look into
 * the holder's /proc once they have given up their rights, so the namespace gets a name of its own for them, in a mount
 * namespace of their own: $1 is a folder that is there, which they do not need.
 */
const SCRIPT = `mount -t tmpfs netloom "$1" && : > "$1/net" && mount --bind "$2" "$1/net" || exit 1
shift 2
"$@"
exit $?`;

export interface StartedUplink {
  /** Resolves when all was asked of it; whether it has taken the tap is seen inside. */
  readonly ready: Promise<void>;
  /** Rejects with its last words when it ends, until it is released. */
  readonly ended: Promise<never>;
  /** Leaves it to the lab. */
  readonly release: () => void;
}

/** Starts the program for a lab. Until it is released, its end is noticed. */
export function startUplink(
  program: UplinkProgram,
  settings: UplinkSettings,
  record: LabRecord,
  directory: string,
): StartedUplink {
  const { log } = labFiles(directory, record.name);
  const pid = String(record.holder.pid);
  const netns = `${directory}/net`;
  const api = `${directory}/api`;
  const args = program.kind === "pasta" ? pastaArguments(settings, netns) : slirpArguments(settings, netns, api);
  const enter = ["--target", pid, "--user", "--pid", "--preserve-credentials", "--no-fork", "--"];
  const script = ["unshare", "--mount", "--", "/bin/sh", "-c", SCRIPT, "netloom", directory, `/proc/${pid}/ns/net`];
  closeInherited();
  const output = openSync(log, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  const from = statSync(log).size;
  let child: ChildProcess;
  try {
    const { NODE_OPTIONS: _theirs, ...env } = process.env;
    child = spawn("nsenter", [...enter, ...script, program.path, ...args], {
      cwd: "/",
      detached: true,
      env: { ...env, [UPLINK_VARIABLE]: settings.link },
      stdio: ["ignore", output, output],
    });
  } finally {
    closeSync(output);
  }
  const ended = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(died(program, error.message)));
    child.once("exit", (code, signal) =>
      reject(died(program, lastWords(log, from) || (signal ?? `exit status ${code}`))),
    );
  });
  ended.catch(() => {});
  const forwarding = program.kind === "slirp4netns" ? forward(settings, child, directory, ended) : Promise.resolve();
  return {
    ready: forwarding,
    ended,
    release: () => {
      child.removeAllListeners("exit");
      // The shell that waits for it; it goes on without.
      child.kill("SIGKILL");
      child.unref();
    },
  };
}

const LOOK_AGAIN = 10;
const PATIENCE = 10_000;

/** Asks slirp4netns for the ports, over the socket that lies in its own mount namespace. */
async function forward(
  settings: UplinkSettings,
  child: ChildProcess,
  directory: string,
  ended: Promise<never>,
): Promise<void> {
  const socket = `/proc/${child.pid}/root${directory}`;
  for (const begun = Date.now(); ;) {
    try {
      statSync(`${socket}/api`);
      break;
    } catch {
      if (Date.now() - begun > PATIENCE) throw died({ kind: "slirp4netns" }, "it does not answer");
      await Promise.race([delay(LOOK_AGAIN), ended]);
    }
  }
  await forwardPorts(settings, socket);
}

function died({ kind }: Pick<UplinkProgram, "kind">, cause: string): NetloomError {
  return failure("sandbox.uplink-died", `the uplink does not work: ${kind} ended`, { subject: "root.uplink", cause });
}

/** What was written to the lab's log since; without what pasta says of a missing syslog. */
function lastWords(log: string, from: number): string {
  try {
    const lines = readFileSync(log).subarray(from).toString("utf8").split("\n");
    return lines
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.endsWith("bytes to syslog"))
      .slice(-3)
      .join("; ");
  } catch {
    return "";
  }
}
