import { expect, test } from "vitest";
import { identityMap, subordinateRange } from "../../src/sandbox/mapping.ts";

test("/etc/subuid by name and by number; the identity map of a container", () => {
  const text = "# comment\nbob:100000:65536\nalice:200000:10\n1002:300000:20\nbad:x:1\n";
  expect(subordinateRange(text, { name: "alice", uid: 1 })).toEqual({ start: 200000, count: 10 });
  expect(subordinateRange(text, { name: "carol", uid: 1002 })).toEqual({ start: 300000, count: 20 });
  expect(subordinateRange(text, { name: "bad", uid: 7 })).toBeNull();
  expect(subordinateRange("", { name: "bob", uid: 7 })).toBeNull();
  expect(identityMap("         0          0 4294967295\n")).toBe("0 0 4294967295\n");
  expect(identityMap(" 0 1000 1\n 1 100000 65536\n")).toBe("0 0 1\n1 1 65536\n");
});
