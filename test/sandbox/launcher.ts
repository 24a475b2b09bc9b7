// A launcher to be killed: goes through the life of a lab up to $STEP, telling each step it takes, and stays there.
import { launch } from "../../src/sandbox/launch.ts";
import type { TestProtocol } from "./test-protocol.ts";

const holder = { command: process.execPath, args: [process.env["HOLDER"]!] };
const reach = async (step: string): Promise<void> => {
  process.stdout.write(`${step}\n`);
  if (step === process.env["STEP"]) await new Promise(() => setInterval(() => {}, 60_000));
};

async function live(): Promise<void> {
  const starting = launch<TestProtocol>({ name: "victim", directory: process.env["DIRECTORY"]!, entry: holder });
  // Goes on while the launch does: the launch itself is not held up by this.
  void reach("launched");
  const result = await starting.ready;
  if (result.status !== "started") throw new Error("it is running already");
  await reach("ready");
  const sleep = "sleep 1000 >/dev/null 2>&1 &";
  await result.client.request("run", { command: `ip netns add a; ${sleep} ip netns exec a ${sleep} true` });
  await reach("built");
  await result.client.request("keep");
  await reach("kept");
}

void live();
