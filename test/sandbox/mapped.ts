// Launches a lab as whoever runs this, and tells how ids are mapped in it.
import { launch } from "../../src/sandbox/launch.ts";
import type { TestProtocol } from "./test-protocol.ts";

async function main(): Promise<void> {
  const result = await launch<TestProtocol>({
    name: "inner",
    entry: { command: process.execPath, args: [process.argv[2]!] },
  }).ready;
  if (result.status !== "started") throw new Error("it is running already");
  const run = (command: string) => result.client.request("run", { command });
  const uids = (await run("cat /proc/self/uid_map")).trim().split(/\s+/).join(" ");
  const setgroups = (await run("cat /proc/self/setgroups")).trim();
  const dropped = (await run("setpriv --reuid=7 --regid=7 --groups=7 sh -c 'echo $(id -u) $(id -g) $(id -G)'")).trim();
  console.log(JSON.stringify({ mapping: result.record.mapping, uids, setgroups, dropped }));
  await result.client.close();
}

void main();
