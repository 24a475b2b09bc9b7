import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { HeldDirectory } from "../kernel/directory.ts";
import { bind, mount } from "../kernel/mount.ts";

/** What a lab has for its own lies here: in the machine's own /run, so that it goes with the machine. */
const FOLDER = "/run/netloom";
const UPPER = "etc";
const WORK = "etc-work";

/** In the folder of a lab: what `ip netns exec NODE` binds over /etc is in NODE's folder here, and so is what the node's own mounts have. */
export const NODE_FILES = "netns";

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
  /** Gives names to addresses, in every process of the machine outside the nodes' own mounts. */
  readonly nameHosts: (hosts: readonly HostName[]) => void;
  /** Says whom to ask for other names. */
  readonly setResolver: (settings: ResolverSettings) => void;
  /** The text of a hosts file with these lines, and behind them what the real machine's has. */
  readonly hostsText: (hosts: readonly HostName[]) => string;
}

/** Makes the folder of a private machine's own files. */
export function makeLabFolder(): HeldDirectory {
  mkdirSync(FOLDER, { mode: 0o700 });
  return HeldDirectory.open(FOLDER);
}

/**
 * Lays a layer of the lab's own over /etc: what is written there stays in the lab, and `mkdir -p /etc/netns/red` works for
 * everybody. Where the kernel refuses (before Linux 5.11; below a container's own mounts in /etc) /etc remains the
 * machine's, and two files are bound over it.
 */
export function setUpEtc(folder: HeldDirectory): Etc {
  const original = textOf("/etc/hosts");
  const hostsText = (hosts: readonly HostName[]): string => linesOf(hosts) + original;
  folder.makeFolder(NODE_FILES, 0o755);
  const write = layOver(folder, original) ? intoLayer() : intoBound(folder, original);
  return {
    hostsText,
    nameHosts: (hosts) => write("hosts", hostsText(hosts)),
    setResolver: (settings) => write("resolv.conf", resolverText(settings)),
  };
}

type Write = (name: "hosts" | "resolv.conf", text: string) => void;

function intoLayer(): Write {
  const etc = HeldDirectory.open("/etc");
  return (name, text) => etc.overwrite(name, text);
}

/** What /etc has no file for cannot be bound: that is an error of whoever writes it. */
function intoBound(folder: HeldDirectory, hosts: string): Write {
  const refused = new Map<string, unknown>();
  for (const [name, text] of Object.entries({ hosts, "resolv.conf": NO_RESOLVER })) {
    folder.overwrite(name, text);
    try {
      bind(`${FOLDER}/${name}`, `/etc/${name}`);
    } catch (error) {
      refused.set(name, error);
    }
  }
  return (name, text) => {
    if (refused.has(name)) throw refused.get(name);
    folder.overwrite(name, text);
  };
}

/** On the machine itself: its files are nobody's to change. Nodes have mounts. */
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

function layOver(folder: HeldDirectory, hosts: string): boolean {
  folder.makeFolder(UPPER, 0o755);
  folder.makeFolder(WORK, 0o755);
  // Files of the layer itself: the lab's root may write them, even where the real ones belong to somebody it does not know.
  folder.overwrite(`${UPPER}/hosts`, hosts);
  folder.overwrite(`${UPPER}/resolv.conf`, NO_RESOLVER);
  symlinkSync(`${FOLDER}/${NODE_FILES}`, `${FOLDER}/${UPPER}/netns`);
  const layers = `lowerdir=/etc,upperdir=${FOLDER}/${UPPER},workdir=${FOLDER}/${WORK},userxattr`;
  try {
    mount("overlay", "/etc", "overlay", 0, layers);
    return true;
  } catch {
    return false;
  }
}

export function resolverText({ servers, search }: ResolverSettings): string {
  const suffixes = search.length === 0 ? "" : `search ${search.join(" ")}\n`;
  return (servers.length === 0 ? NO_RESOLVER : servers.map((server) => `nameserver ${server}\n`).join("")) + suffixes;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
