import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

// Each number of the kernel and of the C library is declared once, in netlink/ or in kernel/; everybody else imports it.

const PREFIXES = `
  AF ARPHRD BRIDGE_VLAN_INFO CLONE CTA EPOLL FIB_RULE FRA FR_ACT ICMPV6_ROUTER_PREF IFA IFAPROT IFF IFLA IF_OPER
  IN6_ADDR_GEN_MODE INET_DIAG IPPROTO IPS IPV4_DEVCONF LWTUNNEL_ENCAP MNT MS MSG NDA NDTA NETCONFA NETLINK NETNSA NF
  NFNL NFNLGRP NFPROTO NFT NFTA NLA NLM NLMSG NLMSGERR NS NTF NUD O PF PR RESOLVE RT RTA RTAX RTEXT RTM RTN RTNH RTNL RTNLGRP RTPROT
  SCM SCOPE SO SOCK SOL ST SYS TABLE TC TCA TCP UDATA UMOUNT VETH_INFO XFRM XFRMA XT`;
const PREFIX = new RegExp(`^(?:${PREFIXES.trim().split(/\s+/).join("|")})_`);
/** A number, or several with operators between them. What is made of other constants is no declaration of a second. */
const NUMBER = /^-?(?:0x|0o)?[\da-f_]+(?:\s*(?:<<|\|)\s*(?:0x|0o)?[\da-f_]+)*$/i;
const DECLARATION = /^\s*(?:export )?const ([A-Z][A-Z\d_]*)(?:: [^=]+)? = ([^;]+);/gm;

/** Of a file with nothing but numbers; netlink/constants.ts puts several together. */
const TABLE_LINE = /^export (?:const [A-Z][A-Z\d_]* = [^;]+|\* from "\.\/constants\/[a-z-]+\.ts");$/;

const sources = join(import.meta.dirname, "../../src");
const isHome = (file: string): boolean => /^(?:netlink|kernel)\//.test(file);
const isTable = (file: string): boolean => isHome(file) && /\/constants(?:\/[a-z-]+)?\.ts$/.test(file);

interface Declaration {
  readonly name: string;
  readonly file: string;
}

function numbersIn(text: string, file: string): Declaration[] {
  const found = [...text.matchAll(DECLARATION)].filter(([, , value]) => NUMBER.test(value!.trim()));
  return found.map(([, name]) => ({ name: name!, file }));
}

const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const read = (file: string): string => readFileSync(join(sources, file), "utf8");
const numbers = files.flatMap((file) => numbersIn(read(file), file));
const tables = new Set(numbers.filter(({ file }) => isTable(file)).map(({ name }) => name));
const isOfKernel = ({ name }: Declaration): boolean => PREFIX.test(name) || tables.has(name);

describe("a number of the kernel", () => {
  test("is recognised by its name", () => {
    const text = `const AF_INET = 2;
export const MS_PRIVATE = 1 << 18;
  const IFNAMSIZ: number = 0x10;
const WIDTH = 3;
const NUD_KNOWN = NUD_STALE | NUD_PERMANENT;
`;
    expect(
      numbersIn(text, "x")
        .filter(isOfKernel)
        .map(({ name }) => name),
    ).toEqual(["AF_INET", "MS_PRIVATE", "IFNAMSIZ"]);
    expect(tables.size).toBeGreaterThan(1_000);
  });

  test("is declared in netlink/ or kernel/", () => {
    expect(numbers.filter((each) => isOfKernel(each) && !isHome(each.file))).toEqual([]);
  });

  test("comes without code: its file has nothing but numbers", () => {
    const others = files.filter(isTable).flatMap((file) => {
      const lines = read(file)
        .replaceAll(/\/\*\*.*?\*\/|\/\/[^\n]*/gs, "")
        .split("\n");
      return lines.filter((line) => line !== "" && !TABLE_LINE.test(line));
    });
    expect(others).toEqual([]);
  });

  test("is declared once", () => {
    const homes = new Map<string, string[]>();
    for (const { name, file } of numbers.filter(isOfKernel)) homes.set(name, [...(homes.get(name) ?? []), file]);
    expect([...homes].filter(([, where]) => where.length > 1)).toEqual([]);
  });
});
