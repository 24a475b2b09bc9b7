/** What a lab asks of the program that is its way out. */

export interface ForwardedPorts {
  readonly protocol: "tcp" | "udp";
  readonly from: number;
  readonly to: number;
  /** Address of the machine outside. */
  readonly listen: string;
}

export interface UplinkSettings {
  /** A tap in the lab's root namespace. */
  readonly link: string;
  readonly subnet: string;
  readonly address: string;
  readonly gateway: string;
  readonly nameServer: string;
  readonly loopback: boolean;
  readonly forward: readonly ForwardedPorts[];
}
