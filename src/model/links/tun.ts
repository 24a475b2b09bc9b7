import type { LinkKind, LinkOf } from "./table.ts";

export const tun = {
  kind: "tun",
  about: "A link whose far side is a program that has opened /dev/net/tun.",
  made: "tun",
  txqueuelen: 500,
  label: ["mode"],
  labelAlone: true,
  options: {
    mode: {
      type: "enum",
      wire: "u8",
      attribute: "IFLA_TUN_TYPE",
      values: { tun: 1, tap: 2 },
      required: true,
      fixed: true,
      about: "IP packets (`tun`) or Ethernet frames (`tap`).",
    },
  },
  reports: {
    owner: { type: "u32", attribute: "IFLA_TUN_OWNER", none: 0xffffffff, about: "User id of who may open it." },
    persistent: {
      type: "enum",
      wire: "u8",
      attribute: "IFLA_TUN_PERSIST",
      values: { no: 0, yes: 1 },
      default: "no",
      about: "It stays when the program ends.",
    },
  },
} as const satisfies LinkKind;

export type TunLink = LinkOf<typeof tun>;
