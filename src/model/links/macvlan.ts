import type { LinkKind, LinkOf } from "./table.ts";

export const macvlan = {
  kind: "macvlan",
  about: "A second interface on another one, with a hardware address of its own.",
  made: "netlink",
  arp: true,
  txqueuelen: 1000,
  inFile: true,
  label: ["mode"],
  lower: {
    attribute: "IFLA_LINK",
    required: true,
    fixed: true,
    about: "The interface that it shares.",
  },
  lowerMac: { option: "mode", value: "passthru" },
  options: {
    mode: {
      type: "enum",
      wire: "u32",
      attribute: "IFLA_MACVLAN_MODE",
      values: { private: 1, vepa: 2, bridge: 4, passthru: 8 },
      readable: { source: 16 },
      fixedValues: ["passthru"],
      default: "vepa",
      always: true,
      about:
        "Who reaches the others on the same interface: nobody (`private`), through an outside switch that sends back (`vepa`), directly (`bridge`); `passthru` has the interface to itself.",
    },
    bcqueuelen: {
      type: "u32",
      attribute: "IFLA_MACVLAN_BC_QUEUE_LEN",
      default: 1000,
      about: "How many broadcasts wait at most to be delivered.",
    },
  },
} as const satisfies LinkKind;

export type MacvlanLink = LinkOf<typeof macvlan>;
