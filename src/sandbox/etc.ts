import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { bind, mount } from "../kernel/mount.ts";

/** What of /etc a lab has for its own lies here: in the machine's own /run, so that it goes with the machine. */
const FOLDER = "/run/netloom";
const UPPER = `${FOLDER}/etc`;
const WORK = `${FOLDER}/etc-work`;

/** What `ip netns exec NODE` binds over /etc is in NODE's folder here, and so is what a room does. */
export const NODE_FILES = `${FOLDER}/netns`;

/** The real machine's resolver is out of reach from a lab; asking it would take seconds, and send what nobody asked for. */
const NO_RESOLVER = "# No resolver: this lab is not connected to the outside.\nnameserver 127.0.0.1\n";

export interface HostName {
  readonly address: string;
  readonly name: string;
}

/** /etc/resolv.conf as data; no servers: names are unknown at once. */
export interface ResolverSettings {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

/** The machine's /etc. */
export interface Etc {
  /** Gives names to addresses, in every process of the machine that has no room of its own. */
  readonly nameHosts: (hosts: readonly HostName[]) => void;
  /** Says whom to ask for other names. */
  readonly setResolver: (settings: ResolverSettings) => void;
  /** The text of a hosts file with these lines, and behind them what the real machine's has. */
  readonly hostsText: (hosts: readonly HostName[]) => string;
}

/**
 * Lays a layer of the lab's own over /etc: what is written there stays in the lab, and `mkdir -p /etc/netns/red` works for
 * everybody. Where the kernel refuses (before Linux 5.11; below a container's own mounts in /etc) /etc remains the
 * machine's, and two files are bound over it when they are needed.
 */
export function setUpEtc(): Etc {
  const original = textOf("/etc/hosts");
  const hostsText = (hosts: readonly HostName[]): string => linesOf(hosts) + original;
  mkdirSync(FOLDER, { mode: 0o700 });
  makeFolder(NODE_FILES);
  const layered = layOver(original);
  const bound = new Set<string>();
  const write = (name: string, text: string): void => {
    if (layered || bound.has(name)) return overwrite(`/etc/${name}`, text);
    overwrite(`${FOLDER}/${name}`, text);
    bind(`${FOLDER}/${name}`, `/etc/${name}`);
    bound.add(name);
  };
  return {
    hostsText,
    nameHosts: (hosts) => write("hosts", hostsText(hosts)),
    setResolver: (settings) => write("resolv.conf", resolverText(settings)),
  };
}

/** On the machine itself: its files are nobody's to change. Nodes have rooms. */
export function machineEtc(): Etc {
  const original = textOf("/etc/hosts");
  return {
    hostsText: (hosts) => linesOf(hosts) + original,
    nameHosts: () => {},
    setResolver: () => {},
  };
}

const linesOf = (hosts: readonly HostName[]): string =>
  hosts.map(({ address, name }) => `${address}\t${name}\n`).join("");

function layOver(hosts: string): boolean {
  makeFolder(UPPER);
  makeFolder(WORK);
  // Files of the layer itself: the lab's root may write them, even where the real ones belong to somebody it does not know.
  overwrite(`${UPPER}/hosts`, hosts);
  overwrite(`${UPPER}/resolv.conf`, NO_RESOLVER);
  symlinkSync(NODE_FILES, `${UPPER}/netns`);
  try {
    mount("overlay", "/etc", "overlay", 0, `lowerdir=/etc,upperdir=${UPPER},workdir=${WORK},userxattr`);
    return true;
  } catch {
    return false;
  }
}

export function resolverText({ servers, search }: ResolverSettings): string {
  const suffixes = search.length === 0 ? "" : `search ${search.join(" ")}\n`;
  return (servers.length === 0 ? NO_RESOLVER : servers.map((server) => `nameserver ${server}\n`).join("")) + suffixes;
}

/** Writes in place, since the file may be bound elsewhere, and so that a reader sees the old text or the new one. */
export function overwrite(path: string, text: string): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const bytes = Buffer.from(text);
    const { size, mode } = fstatSync(fd);
    // The umask is the user's.
    if ((mode & 0o777) !== 0o644 && size === 0) chmodSync(path, 0o644);
    // One write that covers all of the old text; the empty lines behind the new one are cut off then.
    writeSync(fd, Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length), "\n")]), 0, null, 0);
    ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}

/** Open to all, whatever the user's umask is. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
