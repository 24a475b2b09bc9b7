/**
 * Supervisors of containers: each engine keeps a small program beside a container, the parent of its first process, whose
 * command line names the container. It helps where the control group says nothing or the engine's files are elsewhere. Pure.
 */

import type { Container } from "../model/index.ts";

/** What is allowed in a path or a table: any program of that name could put anything into its command line. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
const HEX = /^[0-9a-f]{64}$/;

/** From /proc/PID/cmdline of the parent; null if it is not such a program. */
export function keptBy(line: string): Container | null {
  const [first = "", ...args] = line.split("\0");
  // Its title instead of its words: [lxc monitor] /var/lib/lxc web
  const monitor = /^\[lxc monitor\] .*?(\S+)\s*$/.exec(first)?.[1];
  if (monitor !== undefined) return plain("lxc", monitor);
  const program = first.slice(first.lastIndexOf("/") + 1);
  if (program.startsWith("containerd-shim")) {
    const engine = option(args, "-namespace", "--namespace") === "moby" ? "docker" : "containerd";
    return plain(engine, option(args, "-id", "--id"));
  }
  if (program === "conmon") {
    const container = plain(line.includes("/crio/") ? "cri-o" : "podman", option(args, "-c", "--cid"));
    const name = option(args, "-n", "--name");
    return container === null || name === null || !NAME.test(name) ? container : { ...container, ...podOf(name) };
  }
  if (program === "systemd-nspawn") {
    const folder = option(args, "-D", "--directory")?.replace(/\/+$/, "");
    return plain("nspawn", option(args, "-M", "--machine") ?? folder?.slice(folder.lastIndexOf("/") + 1) ?? null);
  }
  return null;
}

function plain(engine: Container["engine"], id: string | null): Container | null {
  return id === null || !NAME.test(id) ? null : { engine, id, name: HEX.test(id) ? null : id, pod: null };
}

/** `-n web`, `--name web`, `--name=web`, `-nweb` */
function option(args: readonly string[], ...names: readonly [string, string]): string | null {
  for (const [at, arg] of args.entries()) {
    if (names.includes(arg)) return args[at + 1] ?? null;
    const joined = names.find((name) => name.startsWith("--") && arg.startsWith(`${name}=`));
    if (joined !== undefined) return arg.slice(joined.length + 1);
  }
  return null;
}

/** Containers of Kubernetes are called k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT by engines that have names. */
export function podOf(name: string): Pick<Container, "name" | "pod"> {
  const [, container, pod, space] = /^k8s_([^_]+)_([^_]+)_([^_]+)_/.exec(name) ?? [];
  if (container === undefined) return { name, pod: null };
  return { name: container === "POD" ? null : container, pod: `${space}/${pod}` };
}
