// Brings up a lab whose holder is $HOLDER, and leaves it: other-version.cjs NAME
import { launch } from "../../src/sandbox/launch.ts";

async function up(name: string): Promise<void> {
  const entry = { command: process.execPath, args: [process.env["HOLDER"]!] };
  const result = await launch({ name, directory: process.env["NETLOOM_RUNTIME_DIR"]!, entry }).ready;
  if (result.status !== "started") throw new Error("it is running already");
  await result.client.request("keep");
  process.exit(0);
}

void up(process.argv[2]!);
