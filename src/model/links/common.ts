/** What links of every kind have. */

/** A link by the names of its namespace and its own. */
export interface LinkRef {
  readonly namespace: string;
  readonly link: string;
}

/** What links of every kind have. */
export interface LinkCommon {
  /** 1–15 bytes, unique in its namespace. */
  readonly name: string;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  /** Bytes. */
  readonly mtu: number;
  /** Lower-case, or null for links without a hardware address. */
  readonly mac: string | null;
  /** Name of the bridge (or other upper link) in the same namespace it is enslaved to. */
  readonly master: string | null;
  /** IFLA_PROP_LIST names; the full name of a shortened one. Sorted. */
  readonly altnames: readonly string[];
}
