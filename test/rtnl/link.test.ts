import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Link } from "../../src/model/index.ts";
import { IFF_LOOPBACK, IFF_UP, type LinkMessage } from "../../src/netlink/index.ts";
import { altNames, decodeLink, encodeLink, encodeVeth, isFallback, linkBody, setUp } from "../../src/rtnl/link.ts";
import { link } from "./objects.ts";
import { indexOf, nameOf, overTheWire } from "./wire.ts";

/** What the kernel reports after all requests that make the link. */
function made(one: Link): LinkMessage {
  const index = indexOf(one.name);
  const requests = [encodeLink(one, index, indexOf), altNames(index, one.altnames), ...(one.up ? [setUp(index)] : [])];
  return { ...Object.assign({}, ...requests.map(overTheWire)), kind: "link" } as LinkMessage;
}

describe("a link", () => {
  it("is itself again after encoding and decoding", () => {
    fc.assert(
      fc.property(link, (one) => {
        expect(decodeLink(made(one), nameOf, "a")).toEqual(one);
      }),
    );
  });

  it("has one end in each of two namespaces when it is a veth", () => {
    const end = (name: string) => ({
      kind: "veth" as const,
      name,
      up: true,
      mtu: 1400,
      mac: "02:00:00:00:00:01",
      master: null,
      altnames: [],
      peer: null,
    });
    const main = { body: linkBody(end("eth0"), 16), netNsFd: 7, master: 200, up: true };
    const message = overTheWire(encodeVeth(main, { body: linkBody(end("eth1"), 17), netNsFd: 8 }));
    expect(message).toMatchObject({ name: "eth0", index: 16, netNsFd: 7, master: 200, flags: IFF_UP });
    expect(message.info?.peer).toMatchObject({ name: "eth1", index: 17, netNsFd: 8, mtu: 1400 });
  });

  it("is the loopback by its flag, and another kind by its name", () => {
    const message: LinkMessage = { kind: "link", command: "new", index: 1, name: "lo", mtu: 65_536 };
    expect(decodeLink({ ...message, flags: IFF_LOOPBACK }, nameOf, "a").kind).toBe("loopback");
    expect(decodeLink({ ...message, info: { kind: "dummy" } }, nameOf, "a")).toMatchObject({
      kind: "other",
      type: "dummy",
    });
    expect(decodeLink(message, nameOf, "a")).toMatchObject({ kind: "other", type: "device" });
  });

  it("is a fallback of a module that is loaded, as long as nobody has set it up", () => {
    const message: LinkMessage = { kind: "link", command: "new", name: "tunl0" };
    expect(isFallback(message)).toBe(true);
    expect(isFallback({ ...message, flags: IFF_UP })).toBe(false);
    expect(isFallback({ ...message, name: "tunl7" })).toBe(false);
  });
});
