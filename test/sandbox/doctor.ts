// Prints checks() as JSON; with `launch HOLDER`, the message of a launch that fails.
import { checks } from "../../src/sandbox/checks.ts";
import { launch } from "../../src/sandbox/launch.ts";

const [mode, holder] = process.argv.slice(2);
if (mode === "launch") {
  launch({ name: "inner", entry: { command: process.execPath, args: [holder!] } }).ready.then(
    (result) => console.log(result.status),
    (error: Error) => console.log(error.message),
  );
} else console.log(JSON.stringify(checks()));
