/** What is shown of a running lab: its model, and what was read beside it. */

import type { Model } from "../../model/index.ts";
import type { Programs } from "../processes.ts";

export interface ShownLink {
  readonly index: number;
  readonly carrier: boolean;
  readonly alias: string | null;
  /** What was set of it, by iproute2's names. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface ShownNeighbour {
  readonly link: string;
  readonly address: string;
  readonly mac: string | null;
  readonly state: string;
}

/** One direction of an interface, since it is there. */
export interface ShownTraffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

export interface ShownCounters {
  /** ifindex: another one under the same name has another. */
  readonly index: number;
  /** ifindex of the bridge that it is a port of; 0 for none. */
  readonly master: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly received: ShownTraffic;
  readonly sent: ShownTraffic;
}

type ByNode<T> = Readonly<Record<string, T>>;
type ByLink<T> = ByNode<Readonly<Record<string, T>>>;

export interface Inspected extends Programs {
  readonly model: Model;
  /** What is not there, such as the details of a link that came meanwhile, is not shown. */
  readonly details: ByLink<ShownLink>;
  readonly neighbours: ByNode<readonly ShownNeighbour[]>;
  readonly counters: ByLink<ShownCounters>;
}
