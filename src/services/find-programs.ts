/** Which programs a model needs, and where they are. Looked for before anything is built. */

import { accessSync, constants, statSync } from "node:fs";
import { NetloomError } from "../diagnostic.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Model, Process } from "../model/index.ts";

export type ClientKind = "udhcpc" | "dhclient" | "dhcpcd";

/** Program → Debian package. The clients in the order in which they are preferred: the smallest first. */
const DNSMASQ_PACKAGE = "dnsmasq-base";
const CLIENTS: Readonly<Record<ClientKind, string>> = {
  udhcpc: "udhcpc",
  dhclient: "isc-dhcp-client",
  dhcpcd: "dhcpcd-base",
};

export interface Programs {
  /** null when no service of the model needs it. */
  readonly dnsmasq: string | null;
  readonly client: { readonly kind: ClientKind; readonly path: string } | null;
}

/** System programs are kept off an ordinary user's PATH by some distributions: beside each bin comes its sbin. */
export function searchPath(path: string | undefined = process.env["PATH"]): string {
  const folders = (path || "/usr/local/bin:/usr/bin:/bin").split(":");
  const system = folders
    .filter((folder) => /^(\/usr(\/local)?)?\/bin\/?$/.test(folder))
    .map((folder) => folder.replace(/bin\/?$/, "sbin"));
  return [...new Set([...folders, ...system])].join(":");
}

/** The executable that a command's name refers to, as a shell would find it from `directory`; null if there is none. */
export function findProgram(name: string, path: string = searchPath(), directory = "/"): string | null {
  const absolute = (file: string): string => (file.startsWith("/") ? file : `${directory}/${file}`);
  const candidates = name.includes("/") ? [absolute(name)] : path.split(":").map((each) => absolute(`${each}/${name}`));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Finds every program that the model's services need. Throws, naming what has to be installed, if one is missing. */
export function findPrograms(model: Model): Programs {
  const problems: Diagnostic[] = [];
  const needing = (...kinds: readonly string[]): string[] =>
    model.namespaces
      .filter(({ services }) => services.some(({ kind }) => kinds.includes(kind)))
      .map(({ name }) => name);
  const servers = needing("dhcp-server", "resolver");
  const clients = needing("dhcp-client");
  const dnsmasq = servers.length === 0 ? null : findProgram("dnsmasq");
  if (servers.length > 0 && dnsmasq === null)
    problems.push(missing("dnsmasq is not installed", servers, "serve DHCP or DNS", DNSMASQ_PACKAGE));
  const client = clients.length === 0 ? null : findClient();
  if (clients.length > 0 && client === null) {
    const names = Object.keys(CLIENTS).join(", ");
    problems.push(missing(`no DHCP client (${names}) is installed`, clients, "get an address by DHCP", CLIENTS.udhcpc));
  }
  for (const { name, services } of model.namespaces) {
    for (const service of services) if (service.kind === "process") problems.push(...unrunnable(name, service));
  }
  if (problems.length > 0) throw new NetloomError(problems);
  return { dnsmasq, client };
}

function findClient(): Programs["client"] {
  for (const kind of Object.keys(CLIENTS) as ClientKind[]) {
    const path = findProgram(kind);
    if (path !== null) return { kind, path };
  }
  return null;
}

const NOTHING_BUILT = "nothing was built";

function missing(summary: string, nodes: readonly string[], purpose: string, name: string): Diagnostic {
  const who = nodes.length > 3 ? `${nodes.slice(0, 3).join(", ")} and ${nodes.length - 3} more` : nodes.join(", ");
  return {
    code: "services.missing-program",
    severity: "error",
    summary,
    cause: `${who} ${nodes.length === 1 ? "is" : "are"} to ${purpose}; searched in ${searchPath()}`,
    state: NOTHING_BUILT,
    hint: `install the package ${name}: apt-get install ${name}`,
  };
}

function unrunnable(node: string, { name, command, environment, directory }: Process): Diagnostic[] {
  const common = { severity: "error", subject: `process ${name} of ${node}`, state: NOTHING_BUILT } as const;
  if (directory !== null && !isDirectory(directory))
    return [
      { ...common, code: "services.no-directory", summary: `there is no directory ${directory} to run ${name} in` },
    ];
  const program = command[0]!;
  const path = searchPath(environment["PATH"] ?? process.env["PATH"]);
  if (findProgram(program, path, directory ?? "/") !== null) return [];
  const cause = program.includes("/") ? "there is no such file, or it is not executable" : `searched in ${path}`;
  return [
    { ...common, code: "services.missing-command", summary: `there is no command ${JSON.stringify(program)}`, cause },
  ];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
