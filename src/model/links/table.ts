/**
 * The shape of a link kind: a table of its options and a few facts. Everything else that netloom does with a kind follows from
 * its table: the type of the model's link, the keys of a topology file and their checks, the netlink codec, what a plan
 * compares, what is shown and exported, and the reference page.
 */

import type { LinkCommon, LinkRef } from "./common.ts";

/** Numbers by their width on the wire; `be…` are in network order, and `port` is a be16 that is not zero. */
export type NumberType = "u8" | "u16" | "u32" | "be16" | "be32" | "port";

interface OptionCommon {
  /** One line of documentation. */
  readonly about: string;
  /** iproute2's name, if it differs from the key. */
  readonly iproute2?: string;
  /** A file must set it. Otherwise it has a `default`, or is null if not set. */
  readonly required?: true;
  /** Always sent and shown, even if it is the default. */
  readonly always?: true;
  /** The kernel cannot change it on a link that exists, so a plan replaces the link. */
  readonly fixed?: true;
  /** Other options, of which at most one may be given together with this one: none. */
  readonly excludes?: readonly string[];
  /** It makes sense only with these; `on` is the lower link. */
  readonly needs?: readonly string[];
}

export interface NumberOption extends OptionCommon {
  readonly type: NumberType;
  /** The kernel's name of the attribute in IFLA_INFO_DATA, as in linux/if_link.h. */
  readonly attribute: string;
  readonly min?: number;
  readonly max?: number;
  /** The kernel's number for no value. */
  readonly none?: number;
  readonly default?: number;
}

export interface BooleanOption extends OptionCommon {
  readonly type: "boolean";
  readonly attribute: string;
  /** `flag` is there or not, and has no value. */
  readonly wire: "u8" | "u32" | "flag";
  readonly default: boolean;
}

export interface EnumOption extends OptionCommon {
  readonly type: "enum";
  readonly attribute: string;
  readonly wire: "u8" | "u16" | "u32";
  readonly values: Readonly<Record<string, number>>;
  /** Values that can be read from the kernel but not requested. */
  readonly readable?: Readonly<Record<string, number>>;
  /** Of `values`: changing to or from one of these replaces the link. */
  readonly fixedValues?: readonly string[];
  readonly default?: string;
}

export interface AddressOption extends OptionCommon {
  readonly type: "address";
  /** For IPv4 and IPv6; null where the kernel has none. */
  readonly attributes: readonly [ipv4: string, ipv6: string | null];
  /** Two options may share their attributes, one for each scope. */
  readonly scope?: "unicast" | "multicast";
}

export interface MacOption extends OptionCommon {
  readonly type: "mac";
  readonly attribute: string;
}

export type LinkOption = NumberOption | BooleanOption | EnumOption | AddressOption | MacOption;

/** The link that another one is based on: `on` in a file, `lower` in a model. */
export interface LowerLink {
  /** IFLA_LINK, which may lead to another namespace, or an attribute of IFLA_INFO_DATA. */
  readonly attribute: string;
  readonly about: string;
  readonly required?: true;
  /** The kernel cannot change it on a link that exists; `once set`: it can, but not take it away. */
  readonly fixed?: true | "once set";
}

export interface LinkKind {
  /** As the kernel calls it (IFLA_INFO_KIND), except for `loopback` and `nic`. */
  readonly kind: string;
  readonly about: string;
  /** How it comes into being: by RTM_NEWLINK, together with its other end, by /dev/net/tun, or not by netloom. */
  readonly made: "netlink" | "pair" | "tun" | "never";
  /** An interface of a file may be of it: `kind: vxlan`. */
  readonly inFile?: true;
  readonly lower?: LowerLink;
  /** Other links can be its ports or slaves (IFLA_MASTER). */
  readonly members?: true;
  /** A new one uses ARP and multicast. */
  readonly arp?: true;
  /** The length of a new one's transmit queue. */
  readonly txqueuelen?: number;
  /** It has no hardware address. */
  readonly withoutMac?: true;
  /** With this value of an option it has the hardware address of its lower link, and no other. */
  readonly lowerMac?: { readonly option: string; readonly value: string };
  /** Bytes of its headers around each packet over IPv4 and IPv6: its MTU is that much smaller than its lower link's. */
  readonly overhead?: readonly [ipv4: number, ipv6: number];
  /** Its packets travel inside of others, from `local` to `remote`. */
  readonly tunnel?: true;
  /** Options that distinguish links of this kind in pictures: the first one with a value, as in `vxlan 42`. */
  readonly label?: readonly string[];
  /** The label alone is enough: `tap`. */
  readonly labelAlone?: true;
  /** By iproute2's names, which are the keys in a file and in the model. */
  readonly options: Readonly<Record<string, LinkOption>>;
  /** Further values the kernel reports: shown by discovery, but not part of a model. */
  readonly reports?: Readonly<Record<string, LinkOption>>;
}

type Value<O extends LinkOption> = O extends { readonly type: "enum" }
  ? (keyof O["values"] & string) | (O extends { readonly readable: infer R } ? keyof R & string : never)
  : O extends { readonly type: "boolean" }
    ? boolean
    : O extends { readonly type: NumberType }
      ? number
      : string;

type Known<O extends LinkOption> =
  | Value<O>
  | (O extends { readonly required: true } | { readonly default: string | number | boolean } ? never : null);

/** The model's link of a kind: what all links have, and the options of its table beside it. */
export type LinkOf<K extends LinkKind> = LinkCommon & { readonly kind: K["kind"] } & {
  readonly [Name in keyof K["options"]]: Known<K["options"][Name]>;
} & (K extends { readonly lower: LowerLink }
    ? {
        /** Null if it is based on none, or on one outside the model. */
        readonly lower: LinkRef | null;
      }
    : unknown);

type Asked<O extends LinkOption> = O extends { readonly type: "enum" } ? keyof O["values"] & string : Value<O>;
type Required<K extends LinkKind> = {
  [Name in keyof K["options"]]: K["options"][Name] extends { readonly required: true } ? Name : never;
}[keyof K["options"]];

/** The keys of an interface of a kind in a file, besides those of every interface. */
export type LinkBodyOf<K extends LinkKind> = { kind: K["kind"] } & {
  [Name in Required<K>]: Asked<K["options"][Name]>;
} & { [Name in Exclude<keyof K["options"], Required<K>>]?: Asked<K["options"][Name]> | undefined } & (K extends {
    readonly lower: { readonly required: true };
  }
    ? { on: string }
    : K extends { readonly lower: LowerLink }
      ? { on?: string | undefined }
      : unknown);
