/** The four things that are done to an interface of the machine. Each can be done again after it was done by half. */

import { readFileSync, writeFileSync } from "node:fs";
import { nicMark } from "../../model/index.ts";
import { ERRNO, NetlinkSocket, OpenNamespace, within } from "../../kernel/index.ts";
import type { LinkMessage } from "../../netlink/index.ts";
import { type NicState, readNic, settingsFolder } from "./state.ts";
import { type End, give, merged, take, Transfer } from "./transfer.ts";
import { IFF_UP, IN6_ADDR_GEN_MODE_NONE } from "../../netlink/constants.ts";

const UP = { flags: IFF_UP, change: IFF_UP };
const DOWN = { flags: 0, change: IFF_UP };
/** Address generation is set by netlink only: written here, it would start at once. */
const MAKING = "ipv6/addr_gen_mode";
/** Settings of an interface that a bridge in its place takes over. Not address generation: its addresses are moved. */
const COPIED =
  /^ipv[46]\/(accept_|arp_|autoconf|disable_ipv6|forwarding|log_martians|mc_forwarding|ndisc_|proxy_|rp_filter|router_|rpf_|secure_redirects|send_redirects|shared_media|src_valid_mark|use_tempaddr)/;

/** A machine may have no IPv6; and an interface none of it when it is set so. */
const NO_IPV6 = [ERRNO.EAFNOSUPPORT, ERRNO.EINVAL, ERRNO.EOPNOTSUPP];

const set = (index: number, what: Partial<LinkMessage>): LinkMessage => ({
  kind: "link",
  command: "new",
  index,
  ...what,
});

/** The bridge is up and has the interface's MAC address. All of it is one send. */
export function intoBridge(root: NetlinkSocket, lab: string, nic: End, bridge: End, state: NicState): void {
  writeSettings(bridge.name, state.settings, (key) => COPIED.test(key));
  const transfer = new Transfer();
  transfer.add(set(nic.index, { alias: nicMark(lab, nic.name) }), `mark ${nic.name}`);
  // A port has no addresses, also none of the kernel's own making.
  transfer.add(
    set(nic.index, { addrGenMode: IN6_ADDR_GEN_MODE_NONE }),
    `set the address mode of ${nic.name}`,
    0,
    NO_IPV6,
  );
  transfer.add(set(nic.index, { master: bridge.index }), `plug ${nic.name} into ${bridge.name}`);
  give(state, nic, bridge, transfer);
  take(state, nic, transfer);
  transfer.send(root);
}

/** `bridge` is null when it is gone, and `before` when it was lost: then what the bridge has is all that is known. */
export function outOfBridge(root: NetlinkSocket, nic: End, bridge: End | null, before: NicState | null): void {
  const now = bridge === null ? null : readNic(root, bridge.index);
  const own = readNic(root, nic.index).link;
  const state = before === null ? now : now === null ? before : merged(before, now);
  const transfer = new Transfer();
  if (state !== null) {
    if (((before?.link.flags ?? IFF_UP) & IFF_UP) !== 0) transfer.add(set(nic.index, UP), `set ${nic.name} up`);
    // Labels and routes of the bridge use its name, recorded ones the interface's.
    for (const from of [bridge, nic]) if (from !== null) give(partOf(state, from), from, nic, transfer);
  }
  if (bridge !== null && now !== null) take(now, bridge, transfer);
  if (own.master !== undefined && own.master === bridge?.index)
    transfer.add(set(nic.index, { master: 0 }), `take ${nic.name} out of ${bridge.name}`);
  finish(nic, before, transfer);
  transfer.send(root);
}

/** It leaves the machine, and with that loses its addresses. */
export function intoNode(root: NetlinkSocket, lab: string, nic: End, node: OpenNamespace, link: string): void {
  const transfer = new Transfer();
  const netNsFd = node.fd;
  transfer.add(set(nic.index, { alias: nicMark(lab, nic.name) }), `mark ${nic.name}`);
  transfer.add(set(nic.index, { netNsFd, name: link }), `move ${nic.name} into its node`);
  transfer.send(root);
  // As for every other link of a node: no addresses but those of the file.
  using socket = NetlinkSocket.open({ namespace: node.fd });
  const moved = new Transfer();
  moved.add(
    { kind: "link", command: "new", name: link, addrGenMode: IN6_ADDR_GEN_MODE_NONE },
    `settle ${link}`,
    0,
    NO_IPV6,
  );
  moved.send(socket);
  within(node.fd, () => writeSettings(link, { "ipv6/accept_ra": "0" }));
}

/** Back among the machine's own, down; under another name, if its own has been given to another meanwhile. */
export function outOfNode(node: OpenNamespace, index: number, device: string): void {
  using root = OpenNamespace.open();
  using socket = NetlinkSocket.open({ namespace: node.fd });
  const move = (name: string): void => {
    const transfer = new Transfer();
    transfer.add(set(index, DOWN), `set ${device} down`);
    // The kernel renames when it has moved: refused is the name alone then.
    transfer.add(set(index, { netNsFd: root.fd, name }), `move ${device} back to the machine`, 0, [ERRNO.EEXIST]);
    transfer.send(socket);
  };
  move(device);
  const isThere = socket
    .dump({ kind: "link", command: "get" })
    .some((link) => link.kind === "link" && link.index === index);
  if (isThere) move(`nic${index}`);
}

/** What it had before it went into a node. `before` is null when that was lost. */
export function settle(root: NetlinkSocket, nic: End, before: NicState | null): void {
  const transfer = new Transfer();
  if (before === null) {
    transfer.add(set(nic.index, { alias: "" }), `take the mark from ${nic.name}`);
    return transfer.send(root);
  }
  const { mtu, address, txQueueLength } = before.link;
  const hardware = {
    ...(mtu === undefined ? {} : { mtu }),
    ...(address === undefined ? {} : { address }),
    ...(txQueueLength === undefined ? {} : { txQueueLength }),
  };
  transfer.add(set(nic.index, hardware), `set the MTU and MAC of ${nic.name}`);
  transfer.add(
    set(nic.index, { addrGenMode: IN6_ADDR_GEN_MODE_NONE }),
    `set the address mode of ${nic.name}`,
    0,
    NO_IPV6,
  );
  transfer.send(root);
  writeSettings(nic.name, before.settings);
  const addressing = new Transfer();
  if (((before.link.flags ?? 0) & IFF_UP) !== 0) addressing.add(set(nic.index, UP), `set ${nic.name} up`);
  const from = { index: before.link.index ?? 0, name: before.link.name ?? "" };
  const aged = merged(before, { ...before, addresses: [], routes: [], neighbours: [], at: Date.now() });
  give(aged, from, nic, addressing);
  finish(nic, before, addressing);
  addressing.send(root);
}

/** Last of all: with the mark goes the knowledge that anything is left to be done. */
function finish(nic: End, before: NicState | null, transfer: Transfer): void {
  const mode = before?.link.addrGenMode ?? 0;
  transfer.add(set(nic.index, { addrGenMode: mode }), `set the address mode of ${nic.name}`, 0, NO_IPV6);
  transfer.add(set(nic.index, { alias: before?.link.alias ?? "" }), `take the mark from ${nic.name}`);
}

/** Of a state that was put together, what was read of this interface. */
function partOf(state: NicState, { index }: End): NicState {
  return {
    ...state,
    addresses: state.addresses.filter((each) => each.index === index),
    routes: state.routes.filter(
      (each) => each.outputIndex === index || each.multipath?.some((hop) => hop.index === index),
    ),
    neighbours: state.neighbours.filter((each) => each.index === index),
  };
}

/** Only those that differ: a write can do more than set a value. */
function writeSettings(
  link: string,
  settings: Readonly<Record<string, string>>,
  chosen = (key: string): boolean => key !== MAKING,
): void {
  for (const [key, value] of Object.entries(settings)) {
    if (!chosen(key)) continue;
    const [family = "", name = ""] = key.split("/");
    const file = `${settingsFolder(family, link)}/${name}`;
    try {
      if (readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value);
    } catch {
      // Some can only be read, and some are not there.
    }
  }
}
