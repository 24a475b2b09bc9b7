/**
 * The program `netloom`: what the launcher in bin/ calls.
 * In: process.argv. Out: an exit status, results on standard output, words on standard error.
 * Only what every run needs is imported here; a command and its modules are loaded on demand,
 * since start-up time is what a user of a command line feels first.
 */

declare const __NETLOOM_VERSION__: string;

const VERSION: string = typeof __NETLOOM_VERSION__ === "undefined" ? "0.0.0" : __NETLOOM_VERSION__;

/** Runs the program and exits. `remember` is called with the name of what was used, for the cache of the launcher. */
export function start(remember: (use: string) => void = () => {}): void {
  const [first, ...rest] = process.argv.slice(2);
  if (rest.length === 0 && (first === "--version" || first === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  process.on("exit", (status) => {
    if (status === 0 && first !== undefined && !first.startsWith("-")) remember(first);
  });
  process.on("uncaughtException", meet);
  process.on("unhandledRejection", meet);
  if (first === "__hold") return void import("./commands/hold.ts").then(({ main }) => main(remember)).catch(fail);
  if (first === "__discover")
    return void import("../discover/machine.ts").then(({ runDiscovery }) => runDiscovery()).catch(fail);
  if (first === "__watch") return void import("./commands/watch.ts").then(({ main }) => main(rest)).catch(fail);
  // Whatever is awaited, the process ends by exit() below and not because the event loop has run out of reasons.
  setInterval(() => {}, 0x7fff_ffff);
  void run(process.argv.slice(2)).then((status) => process.exit(status), fail);
}

async function run(argv: readonly string[]): Promise<number> {
  const { run: dispatch } = await import("./program.ts");
  return dispatch(argv, VERSION);
}

/** Uncaught exceptions. */
function meet(error: unknown): void {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  // The reader of our output has left: there is nobody to report to.
  if (code === "EPIPE") process.exit(141);
  // The terminal was closed. SIGHUP decides what happens then: cleaning up continues unseen.
  if (code === "EIO" && syscall === "write") return;
  void fail(error);
}

async function fail(error: unknown): Promise<never> {
  const { report } = await import("./failure.ts");
  try {
    process.exit(report(error));
  } finally {
    // There is nobody to report to.
    process.exit(1);
  }
}
