import { defineConfig } from "vitest/config";

// Four projects: pure tests; tests that need a private network namespace (run inside a sandbox by scripts/test.mjs), and
// those of them that look at a whole machine and must be alone on it; tests that drive the built program as the user who
// runs them.
export default defineConfig({
  test: {
    pool: "forks",
    // Tests wait more than they compute.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes at once, but not on a machine that does other things as well.
    expect: { poll: { interval: 5, timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/**/*.kernel.test.ts",
            "test/**/*.alone.test.ts",
            "test/cli/**",
            "test/examples/**",
            "test/package/**",
          ],
        },
      },
      { extends: true, test: { name: "kernel", include: ["test/**/*.kernel.test.ts"] } },
      { extends: true, test: { name: "alone", include: ["test/**/*.alone.test.ts"], fileParallelism: false } },
      { extends: true, test: { name: "program", include: ["test/{cli,examples,package}/**/*.test.ts"] } },
    ],
  },
});
