// A lab whose holder is of another version of netloom: what it is asked is refused with the way out, and `down` works.

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bundle, type Patches } from "../sandbox/support.ts";
import { program, ROOT_FOLDER } from "./program.ts";

const netloom = program();

const NUMBER = "PROTOCOL_VERSION = 1;";

/** How the other version differs from this one. */
const VERSIONS: Record<string, { readonly is: string; readonly patches: Patches }> = {
  older: {
    is: "an older",
    patches: {
      "sandbox/protocol.ts": [[NUMBER, "PROTOCOL_VERSION = 0;"]],
      // From before there was a handshake.
      "sandbox/server.ts": [["if (method === HELLO.method) return hello;", ""]],
    },
  },
  newer: {
    is: "a newer",
    patches: {
      "sandbox/protocol.ts": [[NUMBER, "PROTOCOL_VERSION = 2;"]],
      "sandbox/hold.ts": [["version: 1,", "version: 2,"]],
    },
  },
  same: { is: "this", patches: {} },
};

/** Brings up a lab of that name, held by that version. */
async function upWith(version: string): Promise<void> {
  const [launcher, holder] = ["launcher", "holder"].map((each) => join(netloom.folder, `${version}-${each}.cjs`));
  const { patches } = VERSIONS[version]!;
  await bundle("../cli/other-version.ts", launcher!, patches);
  await bundle("holder.ts", holder!, patches);
  const started = await netloom.run([launcher!, version], { command: process.execPath, env: { HOLDER: holder } });
  expect(started).toMatchObject({ code: 0, err: "" });
}

beforeAll(() => symlinkSync(join(ROOT_FOLDER, "node_modules"), join(netloom.folder, "node_modules")));

describe.each(["older", "newer"])("a holder of an %s version", (version) => {
  test("is not asked what it would take for something else; down ends the lab", async () => {
    await upWith(version);
    expect((await netloom.run(["ls"])).out).toMatch(new RegExp(`${version} +up`));
    for (const args of [["inspect"], ["verify"], ["up", "star:3", "--name", version]]) {
      const { code, err } = await netloom.run(args);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("error[sandbox.version]") });
      expect(err).toContain(`lab ${version} was started by ${VERSIONS[version]!.is} version of netloom`);
      expect(err).toContain("nothing was changed");
      expect(err).toContain(`netloom down ${version}`);
    }
    expect(await netloom.run(["down", version])).toMatchObject({ code: 0, err: `${version} is down\n` });
    await netloom.clean();
  });

  test("can be entered, without the room of a node", async () => {
    await upWith(version);
    const { code, out } = await netloom.run(["exec", "root", "--", "echo", "inside"]);
    expect({ code, out }).toEqual({ code: 0, out: "inside\n" });
    await netloom.run(["down"]);
    await netloom.clean();
  });
});

test("control: a holder of this version is asked, and answers for itself", async () => {
  await upWith("same");
  // The sandbox's own holder knows no networks.
  expect((await netloom.run(["inspect"])).err).toContain('no method "observe"');
  expect((await netloom.run(["down"])).code).toBe(0);
  await netloom.clean();
});
