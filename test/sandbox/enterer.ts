// A minimal `netloom exec`: enters the lab of $RECORD (a record's file) at node $NODE, and exits as the command did.
import { dirname } from "node:path";
import { readRecord } from "../../src/sandbox/record.ts";
import { enter } from "../../src/sandbox/enter.ts";

const record = readRecord(process.env["RECORD"]!);
enter({
  record,
  name: process.env["NAME"] ?? record!.name,
  node: process.env["NODE"] || null,
  command: process.argv.slice(2),
  ...(record === null ? {} : { directory: dirname(process.env["RECORD"]!) }),
  onWarning: ({ summary, cause }) => process.stderr.write(`${summary}: ${cause}\n`),
}).then(
  ({ code, signal, problem }) => {
    if (problem) process.stderr.write(`${problem.summary}\n`);
    if (signal) process.kill(process.pid, signal);
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
