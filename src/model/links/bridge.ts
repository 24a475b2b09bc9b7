import type { LinkKind, LinkOf } from "./table.ts";

export const bridge = {
  kind: "bridge",
  about: "A switch: forwards frames between its ports by the addresses that it has learned.",
  made: "netlink",
  arp: true,
  txqueuelen: 1000,
  members: true,
  options: {
    stp: {
      type: "boolean",
      wire: "u32",
      attribute: "IFLA_BR_STP_STATE",
      iproute2: "stp_state",
      default: false,
      about: "Speaks the spanning tree protocol.",
    },
    multicastSnooping: {
      type: "boolean",
      wire: "u8",
      attribute: "IFLA_BR_MCAST_SNOOPING",
      iproute2: "mcast_snooping",
      default: true,
      about: "Forwards multicast only to ports that asked for it.",
    },
  },
} as const satisfies LinkKind;

export type BridgeLink = LinkOf<typeof bridge>;
