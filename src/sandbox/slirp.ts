/** slirp4netns' socket: one request a connection, `{"execute": "add_hostfwd", …}`; slirp4netns(1), "API SOCKET". */

import { closeSync, constants, openSync } from "node:fs";
import { connect } from "node:net";
import { failure } from "../diagnostic.ts";
import type { ForwardedPorts, UplinkSettings } from "./uplink-settings.ts";

interface Reply {
  readonly return?: object;
  readonly error?: { readonly desc: string };
}

/** Forwards every port; throws for the first that cannot be listened on. `folder` has the socket `api` in it. */
export async function forwardPorts({ forward }: UplinkSettings, folder: string): Promise<void> {
  // By a descriptor the path is short: sun_path holds 107 bytes; unix(7).
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const ports of forward) {
      for (let port = ports.from; port <= ports.to; port++) {
        const reply = await ask(`/proc/self/fd/${fd}/api`, request(ports, port));
        if (reply.error !== undefined) throw refused(ports, port, reply.error.desc);
      }
    }
  } finally {
    closeSync(fd);
  }
}

function request({ protocol, listen }: ForwardedPorts, port: number): string {
  const settings = { proto: protocol, host_addr: listen, host_port: port, guest_port: port };
  return JSON.stringify({ execute: "add_hostfwd", arguments: settings });
}

function ask(path: string, text: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.end(text));
    socket.setEncoding("utf8").on("data", (part: string) => (answer += part));
    socket.once("error", reject);
    socket.once("end", () => {
      try {
        resolve(JSON.parse(answer) as Reply);
      } catch {
        resolve({ error: { desc: answer || "it printed nothing" } });
      }
    });
  });
}

function refused({ protocol, listen }: ForwardedPorts, port: number, cause: string) {
  return failure("sandbox.uplink-port", `port ${protocol}/${port} of ${listen} cannot be forwarded into the lab`, {
    subject: "root.publish",
    cause,
    hint: "is it in use on the machine, or below 1024? publish another port",
  });
}
