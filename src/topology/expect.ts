/** Lines of `expect`: `SOURCE -> DESTINATION [PROTOCOL]`, `-x>` when it must not get through. */

import { canonicalAddress } from "../model/index.ts";
import type { Expectation } from "../model/index.ts";
import type { Path, Problems } from "./problems.ts";
import { suggestion } from "./suggest.ts";

const USAGE = 'write it as "a -> b icmp", "a -> b tcp/80" or "b -x> a udp/53"';

interface Word {
  readonly text: string;
  readonly span: readonly [number, number];
}

/** The expectation, or null after every fault of the line was reported. */
export function parseExpectation(
  text: string,
  path: Path,
  nodes: ReadonlyMap<string, unknown>,
  problems: Problems,
): Expectation | null {
  const words: Word[] = [...text.matchAll(/\S+/g)].map((m) => ({ text: m[0], span: [m.index, m.index + m[0].length] }));
  const [source, arrow, destination, what, extra] = words;
  const fail = (summary: string, word: Word | undefined, hint: string | (() => string | undefined) = USAGE): null => {
    problems.error("expect", summary, path, { ...(word && { span: word.span }), hint });
    return null;
  };
  if (!source || !arrow || !destination) return fail(`${JSON.stringify(text)} is not an expectation`, undefined);
  if (arrow.text !== "->" && arrow.text !== "-x>")
    return fail(`expected "->" or "-x>", found ${JSON.stringify(arrow.text)}`, arrow);
  if (extra) return fail(`unexpected ${JSON.stringify(extra.text)}`, extra);

  const known = (word: Word): boolean => {
    if (nodes.has(word.text)) return true;
    fail(`no node is called ${JSON.stringify(word.text)}`, word, () => suggestion(word.text, [...nodes.keys()]));
    return false;
  };
  const address = canonicalAddress(destination.text);
  const good = [known(source), address !== null || known(destination)];
  const protocol = parseProtocol(what?.text ?? "icmp");
  if (typeof protocol === "string") return fail(protocol, what);
  if (good.includes(false)) return null;
  return {
    source: source.text,
    destination: address ?? destination.text,
    ...protocol,
    reachable: arrow.text === "->",
    text,
  };
}

/** Protocol and port, or what is wrong with them. */
function parseProtocol(text: string): Pick<Expectation, "protocol" | "port"> | string {
  const [protocol, port, ...rest] = text.split("/");
  if (protocol === "icmp") return port === undefined ? { protocol, port: null } : "icmp has no ports";
  if (protocol !== "tcp" && protocol !== "udp")
    return `expected icmp, tcp/PORT or udp/PORT, found ${JSON.stringify(text)}`;
  const number = /^[1-9]\d{0,4}$/.test(port ?? "") && rest.length === 0 ? Number(port) : 0;
  if (number < 1 || number > 65_535) return `${protocol} needs a port from 1 to 65535, as in ${protocol}/80`;
  return { protocol, port: number };
}
