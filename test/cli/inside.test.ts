// Commands typed inside a lab are about that lab.

import { expect, test } from "vitest";
import { NETLOOM, program } from "./program.ts";

const netloom = program();

/*
 *   root ── v0 ═ v1 ── a, typed by hand
 */
const TYPED = `
ip netns add a
ip link add v0 type veth peer name v1 netns a
ip address add 10.0.0.1/24 dev v0
ip link set v0 up
ip -n a address add 10.0.0.2/24 dev v1
ip -n a link set v1 up
${NETLOOM} inspect --json; echo
${NETLOOM} export
${NETLOOM} verify
${NETLOOM} draw --format mermaid
ip netns exec a ${NETLOOM} inspect a
ip -n a link set v1 down
${NETLOOM} verify || echo "and now: $?"
`;

test.each([
  ["where its record can be seen inside", ""],
  ["where it cannot", "unset NETLOOM_RUNTIME_DIR"],
])("what was typed in a sandbox can be seen and proven from inside, %s", async (_, before) => {
  const { code, out, err } = await netloom.run(["sandbox", "--", "sh", "-c", before + TYPED]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain('"kind":"inspection"');
  expect(out).toContain('a: { interfaces: { v1: { link: "root:v0", address: 10.0.0.2/24');
  expect(out).toContain("all 2 pairs hold");
  expect(out).toMatch(/^(flowchart|graph) /m);
  expect(out).toContain("a  host, in lab sandbox-");
  expect(out).toContain("and now: 1");
  await netloom.clean();
});

test("a lab is not taken away from inside; one that was brought up there is", async () => {
  const script = `${NETLOOM} down; echo "1: $?"; ${NETLOOM} down $NETLOOM_LAB; echo "2: $?"
    ${NETLOOM} up star:2; ${NETLOOM} down; echo "3: $?"; ${NETLOOM} down star-2; echo "4: $?"`;
  const { out, err } = await netloom.run(["sandbox", "--", "sh", "-c", script]);
  expect(out.split("\n").filter((line) => /^\d: /.test(line))).toEqual(["1: 1", "2: 1", "3: 0", "4: 0"]);
  expect(err.match(/error\[cli\.inside\]: sandbox-\d+ cannot be taken down from inside/g)).toHaveLength(2);
  expect(err).toContain("star-2 is down");
  expect(err).toContain("star-2 was not up");
  await netloom.clean();
});
