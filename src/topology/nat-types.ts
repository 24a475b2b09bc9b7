/**
 * How an address translator behaves, in the terms of RFC 4787 (UDP), which RFC 5382 takes over for TCP and RFC 5780
 * measures; and the presets, each after something that people really sit behind.
 */

export const MAPPINGS = ["endpoint-independent", "address-and-port-dependent"] as const;
export const FILTERINGS = ["endpoint-independent", "address-dependent", "address-and-port-dependent"] as const;

export interface NatType {
  readonly mapping: (typeof MAPPINGS)[number];
  readonly filtering: (typeof FILTERINGS)[number];
  readonly hairpinning: boolean;
}

export const NAT_PRESETS = ["home", "full-cone", "corporate", "cgnat", "cloud"] as const;

export type NatPreset = (typeof NAT_PRESETS)[number];

export const NAT_TYPES: Readonly<Record<NatPreset, NatType>> = {
  // A router for the home, such as an AVM FRITZ!Box or one with OpenWrt: the port is kept as long as it is free, answers
  // come from where was sent to ("port-restricted cone" in RFC 3489).
  home: { mapping: "endpoint-independent", filtering: "address-and-port-dependent", hairpinning: true },
  // A router in its "open NAT" setting for games, such as ASUS routers' "Fullcone NAT" ("full cone" in RFC 3489).
  "full-cone": { mapping: "endpoint-independent", filtering: "endpoint-independent", hairpinning: true },
  // A firewall of a company: Palo Alto's dynamic IP and port without "persistent NAT", or pf as pfSense sets it up
  // ("symmetric" in RFC 3489).
  corporate: { mapping: "address-and-port-dependent", filtering: "address-and-port-dependent", hairpinning: false },
  // A carrier's: RFC 6888 asks for the mapping (REQ-1, by RFC 4787's REQ-1) and for hairpinning (by its REQ-9), and recommends
  // endpoint-independent filtering (REQ-7).
  cgnat: { mapping: "endpoint-independent", filtering: "endpoint-independent", hairpinning: true },
  // AWS NAT gateway; Google Cloud NAT as long as its endpoint-independent mapping is off, the default.
  cloud: { mapping: "address-and-port-dependent", filtering: "address-and-port-dependent", hairpinning: false },
};
