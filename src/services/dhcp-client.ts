/** How each of the three DHCP clients is started, and the script through which it reports its lease. Pure. */

import type { ClientKind } from "./find-programs.ts";

export interface ClientFiles {
  /** Our script; an executable file of the client's own. */
  readonly script: string;
  /** A directory for the client alone to write to. */
  readonly folder: string;
}

export interface ClientStart {
  readonly command: readonly string[];
  /** Files to write before, by their names in the folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** `node` is what the client calls itself to the server. */
export function clientStart(
  { kind, path }: { readonly kind: ClientKind; readonly path: string },
  node: string,
  link: string,
  { script, folder }: ClientFiles,
): ClientStart {
  switch (kind) {
    case "udhcpc": {
      // In the foreground; four requests a second apart, then again after a second, until there is an answer.
      const timing = ["-t", "4", "-T", "1", "-A", "1"];
      return { command: [path, "-f", "-i", link, "-s", script, ...timing, "-x", `hostname:${node}`], files: {} };
    }
    case "dhclient": {
      const name = "dhclient.conf";
      const own = `${folder}/${name}`;
      const files = ["-sf", script, "-cf", own, "-lf", `${folder}/leases`, "-pf", `${folder}/pid`];
      const settings = [
        `send host-name "${node}";`,
        "request subnet-mask, routers, domain-name, domain-search, domain-name-servers;",
        "timeout 10;",
        "retry 1;",
        "initial-interval 1;",
        "backoff-cutoff 2;",
        "initial-delay 0;",
      ];
      return { command: [path, "-4", "-d", ...files, link], files: { [name]: `${settings.join("\n")}\n` } };
    }
    case "dhcpcd": {
      const name = "dhcpcd.conf";
      const own = `${folder}/${name}`;
      const settings = [
        "noconfigure",
        "ipv4only",
        "noipv4ll",
        "noarp",
        "timeout 0",
        `hostname ${node}`,
        "option domain_name_servers, domain_name, domain_search, routers",
        // Leave the files of other clients of the machine alone.
        `script ${script}`,
      ];
      return { command: ownState([path, "-B", "-f", own, link]), files: { [name]: `${settings.join("\n")}\n` } };
    }
  }
}

/** dhcpcd keeps leases and its identity in fixed places: it gets empty ones, in its own mount namespace. */
function ownState(command: readonly string[]): string[] {
  const script =
    'mkdir -p /run/dhcpcd; for folder in /var/lib/dhcpcd /run/dhcpcd; do [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder" || exit; done; exec "$@"';
  return ["unshare", "--mount", "--", "/bin/sh", "-c", script, "sh", ...command];
}

/** The variables that are handed on, of all three clients. */
const VARIABLES = [
  "ip subnet mask router dns domain search lease serverid",
  "new_ip_address new_subnet_mask new_subnet_cidr new_routers new_domain_name_servers new_domain_name new_domain_search",
  "new_dhcp_lease_time new_dhcp_server_identifier",
].flatMap((line) => line.split(" "));

/**
 * The script: writes its variables to a new file in `folder`, which gets its final name only when it is complete.
 * udhcpc passes the event as an argument, the others in `reason`. A client waits for its script, so there is only one
 * at a time; `client` identifies it. Values end in NUL, since a server may put a newline into one. Clients run it with
 * an environment of their own making, so everything it needs is in its text.
 */
export function clientScript(folder: string, client: number): string {
  return `#!/bin/sh
# Written by netloom: hands what the DHCP client got to the holder of the lab.
PATH=$PATH:/usr/bin:/bin
umask 077
file=${folder}/${client}.$$
{
  printf '%s\\000' "event=\${1:-$reason}"
${VARIABLES.map((name) => `  printf '%s\\000' "${name}=\${${name}-}"`).join("\n")}
} > "$file.part" && mv "$file.part" "$file.event"
exit 0
`;
}

/** The inverse: the variables of an event by name. */
export function parseEvent(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split("\0").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
