import { Batch, ERRNO, NetlinkSocket } from "../kernel/index.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/constants.ts";
import { launch, type HolderEntry } from "./launch.ts";
import type { DoctorCheck } from "./checks.ts";

/** Link kinds that labs may want, as the kernel calls them. */
const KINDS = `veth bridge dummy ifb macvlan macvtap ipvlan vlan vxlan geneve vrf bond team
  gre gretap ip6gre ipip sit ip6tnl vti wireguard macsec nlmon vcan`.split(/\s+/);
/** Without these there is no lab. */
const NEEDED = ["veth", "bridge"];

/**
 * Which kinds of link this kernel can make (loading modules if it has them), by asking it for one of each. To be called in a
 * machine that is thrown away: some of the links come to be.
 */
export function probeKinds(): Record<string, boolean> {
  const batch = new Batch();
  // Without their data many are refused with EINVAL, and so are known; an unknown kind is EOPNOTSUPP.
  for (const kind of KINDS) {
    const message = { kind: "link", command: "new", name: `t-${kind}`, info: { kind } } as const;
    batch.add(message, NLM_F_CREATE | NLM_F_EXCL, `create a link of kind ${kind}`);
  }
  using socket = NetlinkSocket.open();
  const unknown = socket.transact(batch).filter((failure) => failure.errno === ERRNO.EOPNOTSUPP);
  const missing = new Set(unknown.map((failure) => failure.index));
  return Object.fromEntries(KINDS.map((kind, index) => [kind, !missing.has(index)]));
}

/** For `doctor`: starts a machine for it, asks there, throws it away. */
export async function linkChecks(options: { entry?: HolderEntry; directory?: string } = {}): Promise<DoctorCheck[]> {
  const check = { id: "links", title: "kinds of link" };
  const launched = launch({ ...options, name: `doctor-${process.pid}` });
  try {
    const result = await launched.ready;
    if (result.status !== "started")
      return [{ ...check, status: "error", detail: "the name of the test machine is taken" }];
    const kinds = await result.client.request("kinds");
    return [kindsCheck(kinds), ...result.record.warnings.map(warning)];
  } catch (error) {
    return [{ ...check, status: "error", detail: (error as Error).message }];
  } finally {
    await launched.abort();
  }
}

function kindsCheck(kinds: Readonly<Record<string, boolean>>): DoctorCheck {
  const check = { id: "links", title: "kinds of link" };
  const names = (there: boolean): string[] => Object.keys(kinds).filter((kind) => kinds[kind] === there);
  const missing = names(false);
  const detail = missing.length === 0 ? "all" : `${names(true).join(" ")}; this kernel lacks ${missing.join(" ")}`;
  const needed = NEEDED.filter((kind) => !kinds[kind]);
  if (needed.length === 0) return { ...check, status: "ok", detail };
  return {
    ...check,
    status: "error",
    detail,
    hint: `as root, run \`modprobe ${needed.join(" ")}\` or use a kernel that has them`,
  };
}

function warning(text: string, index: number): DoctorCheck {
  return { id: `surroundings-${index}`, title: "forbidden here:", status: "warning", detail: text };
}
