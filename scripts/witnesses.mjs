// The programs that tests use as independent witnesses of what netloom did. The product needs none of them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Command → Debian package. */
export const WITNESSES = {
  ip: "iproute2",
  ping: "iputils-ping",
  nft: "nftables",
  iptables: "iptables",
  brctl: "bridge-utils",
  ifconfig: "net-tools",
  tcpdump: "tcpdump",
  traceroute: "traceroute",
  dnsmasq: "dnsmasq-base",
  udhcpc: "udhcpc",
  dhclient: "isc-dhcp-client",
  dhcpcd: "dhcpcd-base",
  newuidmap: "uidmap",
  sysctl: "procps",
  setpriv: "util-linux",
  tmux: "tmux",
  pasta: "passt",
  slirp4netns: "slirp4netns",
  plotnetcfg: "plotnetcfg",
  "ovsdb-server": "openvswitch-common",
};

const path = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
const has = (command) => path.some((directory) => existsSync(join(directory, command)));

/** Installs what is missing as root on Debian; else says the one line to type. Returns the packages still missing. */
export function provideWitnesses() {
  const missing = () => [
    ...new Set(
      Object.entries(WITNESSES)
        .filter(([command]) => !has(command))
        .map(([, name]) => name),
    ),
  ];
  const wanted = missing();
  if (wanted.length === 0) return [];
  if (process.getuid() === 0 && has("apt-get")) {
    const apt = (args) =>
      spawnSync("apt-get", args, {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    apt(["update", "-qq"]);
    apt(["install", "-y", "-qq", "--no-install-recommends", ...wanted]);
  } else {
    console.log(`tests that need these are skipped; to run them: sudo apt-get install -y ${wanted.join(" ")}`);
  }
  return missing();
}
