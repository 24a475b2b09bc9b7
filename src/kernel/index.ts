/**
 * kernel/: the only place where netloom calls the operating system by FFI (koffi): netlink sockets, namespaces, mounts,
 * sysctls, locks, children in a namespace, and probes with real packets.
 * In: descriptors of namespaces, typed netlink messages, names, addresses. Out: decoded answers, outcomes of probes, and
 * errors that carry errno, the kernel's own sentence and the attribute it objects to.
 * Everything but the probes is synchronous: the thread's namespace must not change under an await.
 */

export { Batch } from "./batch.ts";
export type { EncodedBatch } from "./batch.ts";
export { HeldDirectory } from "./directory.ts";
export { describeErrno, ERRNO, errnoName, errnoNumber, errnoText } from "./errno.ts";
export { failureCause, fsCall, KernelError, NetlinkError } from "./error.ts";
export type { KernelErrorDetails, NetlinkFailure } from "./error.ts";
export { setCloseOnExec, tryLock, unlock } from "./flock.ts";
export { countIpsec } from "./ipsec.ts";

export * from "./mount.ts";
export { createMountNamespace, withinMounts } from "./mount-namespace.ts";
export { flushNeighbours, readNeighbourTable } from "./neighbours.ts";
export type { FlushOptions, NeighbourTable } from "./neighbours.ts";
export { createNodes, deleteNode, hostContext, listNodes, nodePath, openNode, PRIVATE_MACHINE } from "./lab-context.ts";
export type { LabContext } from "./lab-context.ts";
export { MARK, markedNamespaces, markNamespace, markOf, namespaceMark } from "./marks.ts";
export {
  createNamespace,
  createNamespaces,
  CURRENT_NAMESPACE,
  deleteNamespace,
  deleteNamespaceAt,
  homeNamespace,
  isNamespace,
  listNamespaces,
  namesDirectory,
  namespacePath,
  NETNS_DIRECTORY,
  OpenNamespace,
  within,
  withinFresh,
} from "./namespace.ts";
export type { NamespaceRef } from "./namespace.ts";
export { type Announced, Announcements } from "./notifications.ts";
export { OtherProcess } from "./other-process.ts";
export { pingAll } from "./probe/icmp.ts";
export type { ProbeOptions, ProbeOutcome, ProbeReport, ProbeTarget } from "./probe/report.ts";
export type { PortTarget } from "./probe/run.ts";
export { probeTcp } from "./probe/tcp.ts";
export { probeUdp } from "./probe/udp.ts";
export { clearAmbientCapabilities, reapOrphans, setChildSubreaper } from "./process.ts";
export type { Reaped } from "./process.ts";
export { Readable } from "./readable.ts";
export { dumpRequest, NetlinkSocket, setRecorder } from "./socket.ts";
export type { DumpOptions, NetlinkSocketOptions, SendEvent } from "./socket.ts";
export { spawnIn, spawnSyncIn } from "./spawn.ts";
export { createTap } from "./tap.ts";
export { readSysctl, sysctlPath, writeSysctl } from "./sysctl.ts";
export { UnixStream } from "./unix.ts";
