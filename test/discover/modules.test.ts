import { describe, expect, test } from "vitest";
import { askable } from "../../src/discover/modules.ts";

describe("nothing is asked that would load a module", () => {
  const netlink = "sk Eth Pid Groups\n0000 0 0 00\n0000 4 0 00\n0000 12 0 00\n";
  const from = (files: Record<string, string>) =>
    askable((path) => Object.entries(files).find(([key]) => path.startsWith(key))?.[1] ?? null);
  const own = { "/proc/thread-self/net/netlink": netlink };

  test("a kernel that cannot load any is asked everything", () => {
    expect(from(own)).toMatchObject({ nftables: true, tcpDiag: true, udpDiag: true, legacy: false });
  });

  test("one with modules only what is loaded, or built in", () => {
    const modules = {
      ...own,
      "/proc/modules": "nf_tables 1 0 - Live\ninet_diag 1 1 tcp_diag, Live\ntcp_diag 1 0 - Live\n",
    };
    expect(from(modules)).toMatchObject({ nftables: true, tcpDiag: true, udpDiag: false });
    expect(from({ ...own, "/proc/modules": "" })).toMatchObject({ nftables: false, tcpDiag: false, udpDiag: false });
    const builtIn = { ...own, "/proc/modules": "", "/lib/modules/": "kernel/net/netfilter/nf_tables.ko\n" };
    expect(from(builtIn)).toMatchObject({ nftables: true, tcpDiag: false });
  });

  test("not even a socket of a protocol that is not there", () => {
    expect(from({ "/proc/thread-self/net/netlink": "sk Eth Pid\n0000 0 0\n0000 12 4711\n" })).toMatchObject({
      nftables: false,
      tcpDiag: false,
    });
  });
});
