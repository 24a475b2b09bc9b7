/** Follows how a running lab differs from a topology, as long as a client listens: a live plan. */

import { look } from "./look.ts";
import { KernelError, type LabContext } from "../kernel/index.ts";
import { type Model, ROOT } from "../model/index.ts";
import { type Disturbance, LabWatch, type Observation } from "../observe/index.ts";
import { type Change, plan } from "../plan/index.ts";

export interface DriftReport {
  /** What `up` would change now; [] when the lab is equal to the topology. */
  readonly changes: readonly Change[];
  /** Some of the kernel's announcements were lost, and the namespaces in question were read again. */
  readonly resynced: boolean;
}

export interface DriftOptions {
  readonly context: LabContext;
  /** The topology's model, as it can be at this moment. */
  readonly wanted: () => Model;
  /** What the lab was made from: what is in neither model belongs to others. */
  readonly previous: () => Model;
  /** What runs otherwise than wanted. */
  readonly services: (wanted: Model) => readonly Change[];
  /** Runs it while the lab is not being changed: an intermediate state is not drift. */
  readonly inBetween: (look: () => Promise<void>) => Promise<void>;
  /** Followers, to be notified about changes that the kernel does not announce: settings. */
  readonly followers: Set<(touched: Iterable<string>) => void>;
  readonly onReport: (report: DriftReport) => void;
  readonly signal: AbortSignal;
}

/** How many times in a row a namespace may disappear while it is read before giving up. */
const ATTEMPTS = 10;

/** Reports at once, and then whenever the answer has changed. Resolves when the signal is given. */
export async function followDrift(options: DriftOptions): Promise<void> {
  const { context, wanted, previous, signal } = options;
  if (signal.aborted) return;
  let before: Observation | null = null;
  let said: string | null = null;
  let failures = 0;
  /** Noticed while the lab is being changed. */
  let waiting: Disturbance | null = null;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));

  const examine = ({ touched, lost }: Disturbance): void => {
    const desired = wanted();
    const moved = watch.listenIn(new Set([desired, previous()].flatMap(({ namespaces }) => namespaces.map(nameOf))));
    const since = before === null ? undefined : { before, touched: new Set([...touched, ...moved]) };
    before = look(context, desired, null, since);
    const changes = [...plan(desired, before.model, { previous: previous() }), ...options.services(desired)];
    const text = JSON.stringify(changes);
    if (text === said) return;
    said = text;
    options.onReport({ changes, resynced: lost });
  };
  const lookNow = async (): Promise<void> => {
    const disturbance = waiting;
    waiting = null;
    if (signal.aborted || disturbance === null) return;
    try {
      examine(disturbance);
      failures = 0;
    } catch (error) {
      if (!(error instanceof KernelError) || ++failures === ATTEMPTS) throw error;
      before = null;
      watch.again([ROOT]);
    }
  };
  const onChange = (disturbance: Disturbance): void => {
    const first = waiting === null;
    waiting = first ? disturbance : both(waiting!, disturbance);
    if (first) options.inBetween(lookNow).catch(fail);
  };
  using watch = new LabWatch(context, onChange);
  const again = (touched: Iterable<string>): void => watch.again(touched);
  options.followers.add(again);
  onChange({ touched: new Set(), lost: false });
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([failed, stopped]).finally(() => options.followers.delete(again));
}

function both(a: Disturbance, b: Disturbance): Disturbance {
  return { touched: new Set([...a.touched, ...b.touched]), lost: a.lost || b.lost };
}

const nameOf = ({ name }: { readonly name: string }): string => name;
