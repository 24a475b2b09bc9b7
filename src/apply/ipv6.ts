/** IPv6 on links of the root namespace, where there may be a thousand ports of bridges that have no use for it. */

import { readSysctl, writeSysctl } from "../kernel/index.ts";
import { type Change, type ChangeOf } from "../plan/index.ts";

const OF_NEW_LINKS = "net.ipv6.conf.default.disable_ipv6";

/** Until it is disposed of, new links have no IPv6. What is made later by hand may have it. */
export class WithoutIpv6 implements Disposable {
  readonly #before = readSysctl(OF_NEW_LINKS);

  constructor() {
    writeSysctl(OF_NEW_LINKS, "1");
  }

  [Symbol.dispose](): void {
    writeSysctl(OF_NEW_LINKS, this.#before);
  }
}

/** Those that are to have IPv6 addresses and cannot have any yet. */
export function linksWithoutIpv6(changes: readonly Change[]): string[] {
  const wanted = changes.filter(
    (change): change is ChangeOf<"address"> => change.kind === "address" && change.after?.family === 6,
  );
  const links = new Set(wanted.map(({ after }) => after!.link));
  return [...links].filter((link) => readSysctl(ofLink(link)) === "1");
}

export function enableIpv6(link: string): void {
  writeSysctl(ofLink(link), "0");
}

const ofLink = (link: string): string => `net.ipv6.conf.${link.replaceAll(".", "/")}.disable_ipv6`;
