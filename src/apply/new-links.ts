/** Makes new links, and finishes them: what the request that makes one cannot say. */

import type { Link } from "../model/index.ts";
import { kindOf, lowerOf, macToBytes, ROOT, tableOf } from "../model/index.ts";
import { createTap, type LabContext, within } from "../kernel/index.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/index.ts";
import {
  altNames,
  encodeLink,
  encodeVeth,
  linkBody,
  setLink,
  setUp,
  withoutGeneratedAddresses,
} from "../rtnl/index.ts";
import { type Creation, type End, endKey } from "./creations.ts";
import type { LinkIndexes } from "./indexes.ts";
import type { Sender } from "./sender.ts";

const CREATE = NLM_F_CREATE | NLM_F_EXCL;
/** Below it a link has no IPv6, and no mode of generating addresses. */
const IPV6_MIN_MTU = 1280;

/** The namespace whose socket requests are sent on: descriptor and name. */
export interface Here {
  readonly fd: number;
  readonly name: string;
}

export class NewLinks {
  readonly #context: LabContext;
  readonly #indexes: LinkIndexes;
  readonly #ipv6: boolean;
  /** Links that were created up. */
  readonly #up = new Set<string>();
  /** Second ends of cables, which have no master yet. */
  readonly #unplugged = new Set<string>();

  constructor(context: LabContext, indexes: LinkIndexes, ipv6: boolean) {
    this.#context = context;
    this.#indexes = indexes;
    this.#ipv6 = ipv6;
  }

  /** `fdOf` opens a namespace by its name, until the requests have been sent. */
  create(creation: Creation, here: Here | null, fdOf: (namespace: string) => number, sender: Sender): void {
    const [end, other] = creation.ends;
    const { namespace, link } = end;
    const fd = (of: End): number | undefined => (of.namespace === here?.name ? undefined : fdOf(of.namespace));
    if (other !== undefined) this.#createCable(end, other, fd, sender);
    else if (tableOf(kindOf(link))?.made === "tun") this.#createTap(end, here!, sender);
    else {
      const index = this.#indexes.allocate(namespace, link.name);
      const lower = lowerOf(link);
      const lowerIndex = lower === null ? null : this.#indexes.of(lower.namespace, lower.link);
      const message = encodeLink(link, index, (name) => this.#indexes.of(namespace, name), lowerIndex);
      const netNsFd = fd(end);
      sender.add(
        netNsFd === undefined ? message : { ...message, netNsFd },
        CREATE,
        `create ${kindOf(link)} ${link.name}`,
      );
    }
    // Nobody else finds it meanwhile without knowing whose it is.
    if (other === undefined && here?.name === namespace) this.#mark(end, sender);
  }

  /** What is left of a new link; it comes up last. */
  finish(end: End, sender: Sender): void {
    const { namespace, link } = end;
    const index = this.#indexes.of(namespace, link.name);
    const key = endKey(namespace, link.name);
    const wasMarked = link.kind !== "veth" && (lowerOf(link)?.namespace ?? namespace) === namespace;
    if (namespace !== ROOT) this.#withoutGeneratedAddresses(link, index, sender);
    else if (!wasMarked) this.#mark(end, sender);
    if (link.altnames.length > 0)
      sender.add(altNames(index, link.altnames), CREATE, `give ${link.name} the name ${link.altnames.join(", ")}`);
    if (link.master !== null && this.#unplugged.has(key)) {
      const master = this.#indexes.of(namespace, link.master);
      sender.add(setLink(index, { master }), 0, `plug ${link.name} into ${link.master}`);
    }
    if (link.up && !this.#up.has(key)) sender.add(setUp(index), 0, `set ${link.name} up`);
  }

  #createCable(end: End, other: End, fd: (of: End) => number | undefined, sender: Sender): void {
    const [first, second] = [end, other].map(({ namespace, link }) =>
      linkBody(link, this.#indexes.allocate(namespace, link.name)),
    );
    const { namespace, link } = end;
    // With a mark it comes up when it has that; in a node, when the kernel will not generate addresses for it.
    const up = link.up && namespace === ROOT && this.#context.mark === null;
    if (up) this.#up.add(endKey(namespace, link.name));
    if (other.link.master !== null) this.#unplugged.add(endKey(other.namespace, other.link.name));
    const master = link.master === null ? undefined : this.#indexes.of(namespace, link.master);
    const message = encodeVeth({ body: first!, netNsFd: fd(end), up, master }, { body: second!, netNsFd: fd(other) });
    sender.add(
      message,
      CREATE,
      `create cable ${endKey(other.namespace, other.link.name)} – ${endKey(namespace, link.name)}`,
    );
  }

  #createTap({ namespace, link }: End, here: Here, sender: Sender): void {
    const index = this.#indexes.allocate(namespace, link.name);
    within(here.fd, () => createTap(link.name, index));
    const address = link.mac === null ? {} : { address: macToBytes(link.mac) };
    const master = link.master === null ? {} : { master: this.#indexes.of(namespace, link.master) };
    sender.add(setLink(index, { mtu: link.mtu, ...address, ...master }), 0, `set the addresses of ${link.name}`);
  }

  /** On the machine itself: its mark, and no addresses generated by the kernel. */
  #mark({ namespace, link }: End, sender: Sender): void {
    const { mark } = this.#context;
    if (namespace !== ROOT || mark === null) return;
    const index = this.#indexes.of(namespace, link.name);
    sender.add(setLink(index, { alias: mark }), 0, `mark ${link.name}`);
    this.#withoutGeneratedAddresses(link, index, sender);
  }

  #withoutGeneratedAddresses(link: Link, index: number, sender: Sender): void {
    if (!this.#ipv6) return;
    const operation = `set the address mode of ${link.name}`;
    if (link.mtu < IPV6_MIN_MTU) sender.attempt(withoutGeneratedAddresses(index), 0, operation);
    else sender.add(withoutGeneratedAddresses(index), 0, operation);
  }
}
