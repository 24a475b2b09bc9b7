import { NetlinkDecodeError } from "./errors.ts";
import type { RawAttribute } from "./types.ts";
import { LITTLE_ENDIAN } from "./writer.ts";

/**
 * What IFLA_INFO_DATA says about where a link leads: ids, the two addresses of a tunnel, modes. For kinds of links that have no table
 * in model/links/. The codec of links keeps these attributes as they came; linux/if_link.h, if_tunnel.h.
 */
export interface LinkData {
  /** VLAN id, Geneve network id, XFRM interface id, VRF table. */
  readonly id?: number;
  /** ifindex of the link that carries it, in the namespace of IFLA_LINK_NETNSID. */
  readonly link?: number;
  readonly local?: Uint8Array;
  readonly remote?: Uint8Array;
  /** UDP. */
  readonly port?: number;
  readonly mode?: string;
  readonly ttl?: number;
  /** GRE and VTI: of what comes in and goes out. */
  readonly inputKey?: number;
  readonly outputKey?: number;
  /** ifindex of a bond's slave that carries its packets. */
  readonly active?: number;
}

type Field = "id" | "link" | "port" | "ttl" | "inputKey" | "outputKey" | "active";
type Row =
  | readonly [type: number, "u8" | "u16" | "u16BE" | "u32" | "u32BE", Field]
  | readonly [type: number, "address", "local" | "remote"]
  | readonly [type: number, "mode", Readonly<Record<number, string>>];

const MACVLAN: Row = [1, "mode", { 1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source" }];
const IPVLAN: Row = [1, "mode", { 0: "l2", 1: "l3", 2: "l3s" }];
const GRE: readonly Row[] = [
  [1, "u32", "link"],
  [4, "u32BE", "inputKey"],
  [5, "u32BE", "outputKey"],
  [6, "address", "local"],
  [7, "address", "remote"],
  [8, "u8", "ttl"],
];
const IPTUN: readonly Row[] = [
  [1, "u32", "link"],
  [2, "address", "local"],
  [3, "address", "remote"],
  [4, "u8", "ttl"],
];
const VTI: readonly Row[] = [
  [1, "u32", "link"],
  [2, "u32BE", "inputKey"],
  [3, "u32BE", "outputKey"],
  [4, "address", "local"],
  [5, "address", "remote"],
];
const BOND = {
  0: "balance-rr",
  1: "active-backup",
  2: "balance-xor",
  3: "broadcast",
  4: "802.3ad",
  5: "balance-tlb",
  6: "balance-alb",
};

const KINDS: Readonly<Record<string, readonly Row[]>> = {
  vlan: [[1, "u16", "id"]],
  geneve: [
    [1, "u32", "id"],
    [2, "address", "remote"],
    [3, "u8", "ttl"],
    [5, "u16BE", "port"],
    [7, "address", "remote"],
  ],
  macvtap: [MACVLAN],
  ipvlan: [IPVLAN],
  ipvtap: [IPVLAN],
  gre: GRE,
  gretap: GRE,
  erspan: GRE,
  ip6gre: GRE,
  ip6gretap: GRE,
  ip6erspan: GRE,
  ipip: IPTUN,
  sit: IPTUN,
  ip6tnl: IPTUN,
  vti: VTI,
  vti6: VTI,
  xfrm: [
    [1, "u32", "link"],
    [2, "u32", "id"],
  ],
  vrf: [[1, "u32", "id"]],
  bond: [
    [1, "mode", BOND],
    [2, "u32", "active"],
  ],
};

const SIZES = { u8: 1, u16: 2, u16BE: 2, u32: 4, u32BE: 4, mode: 1, address: 4 } as const;

/**
 * Null for a kind that this file has no words for.
 * @throws NetlinkDecodeError when an attribute is too short for what it is.
 */
export function linkData(kind: string, attributes: readonly RawAttribute[]): LinkData | null {
  const rows = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (rows === undefined) return null;
  const data: Record<string, unknown> = {};
  for (const { type, value } of attributes) {
    const row = rows.find(([number]) => number === (type & 0x3fff));
    if (row === undefined) continue;
    if (value.length < SIZES[row[1]]) {
      const what = `attribute ${row[0]} of ${kind}`;
      throw new NetlinkDecodeError(what, 0, `needs ${SIZES[row[1]]} bytes and there are ${value.length}`);
    }
    if (row[1] === "mode") data["mode"] = row[2][number(value, "host")] ?? `mode ${number(value, "host")}`;
    else if (row[1] !== "address") data[row[2]] = numberOf(value, row[1]);
    // An unspecified end is reported as zeros.
    else if (value.some((byte) => byte !== 0)) data[row[2]] = value;
  }
  // The kernel's value for a tunnel that is not bound to a link.
  if (data["link"] === 0) delete data["link"];
  return data;
}

function numberOf(value: Uint8Array, codec: "u8" | "u16" | "u16BE" | "u32" | "u32BE"): number {
  return number(value.subarray(0, SIZES[codec]), codec.endsWith("BE") ? "network" : "host");
}

/** 1, 2 or 4 bytes, whichever there are. */
function number(value: Uint8Array, order: "host" | "network"): number {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const little = order === "host" && LITTLE_ENDIAN;
  if (value.length >= 4) return view.getUint32(0, little);
  return value.length >= 2 ? view.getUint16(0, little) : view.getUint8(0);
}
