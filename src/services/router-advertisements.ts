/** The IPv6 side of a client is the kernel's own: it is asked to ask, and looked at until it has an address. */

import { bytesToAddress, isLinkLocal } from "../model/index.ts";
import type { Address } from "../model/index.ts";
import { type LabContext, NetlinkSocket, openNode } from "../kernel/index.ts";
import { addressToBytes } from "../model/index.ts";
import { AF_INET6, IFA_F_NODAD, IFA_F_TENTATIVE, NLM_F_CREATE, RT_SCOPE_LINK } from "../netlink/constants.ts";

/**
 * Makes the kernel send a router solicitation: it does so when a link gets its link-local address, so that is taken and
 * given again. The first solicitation went out when nothing was there to answer, and the next would be seconds away.
 */
export function solicitRouters(context: LabContext, node: string, { link, address, prefixLength }: Address): void {
  using namespace = openNode(context, node);
  using socket = NetlinkSocket.open({ namespace: namespace.fd, name: node });
  const index = indexOf(socket, link);
  const bytes = addressToBytes(address);
  const common = { kind: "address", family: AF_INET6, prefixLength, index, local: bytes, address: bytes } as const;
  socket.request({ ...common, command: "delete" }, 0, `remove address ${address}`);
  const flags = IFA_F_NODAD;
  socket.request({ ...common, command: "new", scope: RT_SCOPE_LINK, flags }, NLM_F_CREATE, `add address ${address}`);
}

/** The addresses that a link has made of advertised prefixes and can use. */
export function autoconfigured(context: LabContext, node: string, link: string): string[] {
  using namespace = openNode(context, node);
  using socket = NetlinkSocket.open({ namespace: namespace.fd, name: node });
  const index = indexOf(socket, link);
  const question = { kind: "address", command: "get", family: AF_INET6, prefixLength: 0, index: 0 } as const;
  return socket.dump(question).flatMap((message) => {
    if (message.kind !== "address" || message.index !== index) return [];
    const bytes = message.local ?? message.address;
    if (bytes?.length !== 16 || ((message.flags ?? 0) & IFA_F_TENTATIVE) !== 0) return [];
    const address = bytesToAddress(bytes);
    return isLinkLocal(address) ? [] : [address];
  });
}

function indexOf(socket: NetlinkSocket, link: string): number {
  const [answer] = socket.request({ kind: "link", command: "get", name: link }, 0);
  return answer?.message.kind === "link" ? (answer.message.index ?? 0) : 0;
}
