/** What the kernel refused, with everything it reported. */

import type { Diagnostic } from "../diagnostic.ts";
import { NetloomError } from "../diagnostic.ts";
import { describeErrno, ERRNO, errnoName, errnoNumber } from "./errno.ts";

export interface KernelErrorDetails {
  /** Name of the namespace that it happened in. */
  readonly namespace?: string | undefined;
  readonly code?: string;
  readonly cause?: string;
  readonly hint?: string;
  /** The place, when it is not a namespace. */
  readonly subject?: string;
}

/** A system call failed. `operation` reads on after "cannot": `create namespace a`. */
export class KernelError extends NetloomError {
  readonly errno: number;
  /** `EEXIST` */
  readonly errnoName: string;
  readonly operation: string;
  readonly namespace: string | null;

  constructor(operation: string, errno: number, details: KernelErrorDetails = {}) {
    const subject = details.subject ?? (details.namespace === undefined ? undefined : `namespace ${details.namespace}`);
    const diagnostic: Diagnostic = {
      code: details.code ?? codeOf(errno, "kernel.syscall"),
      severity: "error",
      summary: `cannot ${operation}`,
      cause: details.cause ?? describeErrno(errno),
      ...(subject === undefined ? {} : { subject }),
      ...(details.hint === undefined ? {} : { hint: details.hint }),
    };
    super(diagnostic);
    this.errno = errno;
    this.errnoName = errnoName(errno);
    this.operation = operation;
    this.namespace = details.namespace ?? null;
  }
}

/** One message that the kernel refused. Plain data: a batch may have many. */
export interface NetlinkFailure {
  /** Index of the message in its batch, in the order of `add`. */
  readonly index: number;
  /** What it was for: `create link a-eth0`. */
  readonly operation: string;
  readonly errno: number;
  readonly errnoName: string;
  /** NLMSGERR_ATTR_MSG: the kernel's own sentence. */
  readonly message: string | null;
  /** The attribute it objects to: `IFLA_LINKINFO/IFLA_INFO_DATA`. */
  readonly attribute: string | null;
  /** nlmsg_type of the request. */
  readonly requestType: number;
}

/** A netlink request was refused. */
export class NetlinkError extends KernelError {
  /** The kernel's own sentence (extended ACK). */
  readonly extack: string | null;
  readonly attribute: string | null;

  constructor(failure: NetlinkFailure, details: KernelErrorDetails = {}) {
    super(failure.operation, failure.errno, {
      code: codeOf(failure.errno, "kernel.netlink"),
      cause: failureCause(failure),
      ...details,
    });
    this.extack = failure.message;
    this.attribute = failure.attribute;
  }
}

/** `EINVAL: Device does not allow enslaving to a bridge (at IFLA_MASTER)`: errno, then the best sentence there is. */
export function failureCause(failure: Pick<NetlinkFailure, "errno" | "message" | "attribute">): string {
  const sentence =
    failure.message === null ? describeErrno(failure.errno) : `${errnoName(failure.errno)}: ${failure.message}`;
  return failure.attribute === null ? sentence : `${sentence} (at ${failure.attribute})`;
}

function codeOf(errno: number, otherwise: string): string {
  if (errno === ERRNO.EPERM) return "kernel.permission";
  if (errno === ERRNO.EACCES && otherwise === "kernel.syscall") return "kernel.permission"; // routes answer EACCES too
  if (errno === ERRNO.EOPNOTSUPP || errno === 524 || errno === ERRNO.ENOSYS) return "kernel.unsupported";
  return otherwise;
}

/** Runs a call of node:fs; its error becomes a KernelError. */
export function fsCall<T>(operation: string, call: () => T, details?: KernelErrorDetails): T {
  try {
    return call();
  } catch (error) {
    const number = errnoNumber((error as NodeJS.ErrnoException).code ?? "");
    if (number === undefined) throw error;
    throw new KernelError(operation, number, details);
  }
}
