import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "../cli/program.ts";
import { Declarations } from "./declarations.ts";
import { install, type Installed, ROOT, run } from "./installed.ts";

const MANIFEST = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
};
const MODULES = Object.keys(MANIFEST.exports)
  .filter((subpath) => typeof MANIFEST.exports[subpath] === "object")
  .map((subpath) => `netloom${subpath.slice(1)}`);

/** Uses each subpath, in its types as well. */
const CONSUMER = `
import { type Link, type NetfilterTable, NetloomError, plan, type PlanOptions, resolveTopology, ROOT, type Service, type Topology, type TopologyNode } from "netloom";
import { decodeMessages, encodeMessage, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "netloom/netlink";
import { decodeConnections, encodeConnection, type TupleAddresses } from "netloom/netlink/conntrack";
import { encodeNftablesBatch, type MessageHeader, NFPROTO_IPV4, type NftablesMessage } from "netloom/netlink/nftables";
import schema from "netloom/schema.json" with { type: "json" };

const b: TopologyNode = { interfaces: { eth0: { link: "s", mtu: 1400 } } };
const topology: Topology = { switches: { s: { subnet: "10.0.0.0/24" } }, hosts: { a: { interfaces: { eth0: "s" } }, b } };
const { model } = resolveTopology(topology, { name: "pair" });
const root = model.namespaces.find(({ name }) => name === ROOT);
const tables: readonly NetfilterTable[] = root?.netfilter ?? [];
const services: readonly Service[] = root?.services ?? [];
const link: Link | undefined = root?.links.find(({ kind }) => kind === "bridge");
const stp: boolean = link?.kind === "bridge" && link.stp;
const options: PlanOptions = { previous: model };
const changes: number = plan(model, model, options).length;

const header: MessageHeader = { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 };
const writer = new MessageWriter();
encodeMessage(writer, header, { kind: "link", command: "get" });
const kinds = decodeMessages(writer.bytes()).map(({ message }) => message.kind);
const table: NftablesMessage = { kind: "table", command: "new", family: NFPROTO_IPV4, name: "t" };
const batch = encodeNftablesBatch([{ message: table }]);
writer.reset();
encodeConnection(writer, header, { kind: "connection", command: "get", family: NFPROTO_IPV4 });
const addresses: TupleAddresses = {};
const connections = decodeConnections(writer.bytes()).length;

let code = "";
try {
  resolveTopology({ hosts: { a: { interfaces: { eth0: "nowhere" } } } });
} catch (error) {
  if (error instanceof NetloomError) code = error.diagnostics[0]!.code;
}
console.log(JSON.stringify({ changes, kinds, batch: typeof batch, connections, code, title: schema.title, stp, tables, services, addresses }));
`;

/** The declarations are written from schema and tables (scripts/), and the sources have types computed from the same. */
const SAME = (copy: string): string => `
import type { Link, Topology } from "netloom";
import type {} from "./plain.ts";
import type { Link as SourceLink } from "${copy}/src/model/links/types.ts";
import type { Topology as SourceTopology } from "${copy}/src/topology/schema.ts";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const topology: Same<Topology, SourceTopology> = true;
export const link: Same<Link, SourceLink> = true;
export const control: Same<Topology, Omit<SourceTopology, "hosts"> & { hosts: string }> = false;
`;

describe("the package", () => {
  const netloom = program();
  let installed: Installed;
  let declarations: Declarations;
  const at = (...parts: string[]): string => path.join(installed.project, ...parts);

  beforeAll(() => {
    installed = install(netloom.folder);
    writeFileSync(at("consumer.ts"), CONSUMER);
    writeFileSync(at("same.ts"), SAME(installed.copy));
    writeFileSync(at("plain.ts"), "export type Undescribed = 1;");
    const compilerOptions = {
      target: "ES2022",
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      typeRoots: [path.join(ROOT, "node_modules", "@types")],
      types: ["node"],
    };
    writeFileSync(at("tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts", "same.ts"] }));
    declarations = new Declarations(at("tsconfig.json"));
  }, 300_000);
  afterAll(() => declarations?.close());

  it("holds what is needed and nothing else", () => {
    const modules = MODULES.map((name) => `dist/lib${name.slice("netloom".length)}/index.js`);
    const others = installed.files.filter((file) => !/^(docs|examples)\/|^dist\/lib\/.*\.d\.ts$/.test(file));
    const texts = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", "schema.json"];
    const program = ["bin/cache.js", "bin/netloom", "bin/package.json", "dist/cli.cjs", "dist/cli.cjs.map"];
    expect(others).toEqual([...texts, ...program, ...modules].sort());
  });

  it("can be imported by each of its subpaths", () => {
    for (const name of MODULES) {
      const names = run(installed.project, "node", [
        "-p",
        `import("${name}").then(m => console.log(...Object.keys(m)))`,
      ]);
      expect(names.split(" ").length).toBeGreaterThan(5);
    }
    expect(() => run(installed.project, "node", ["-e", 'import("netloom/plan")'])).toThrow(
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    );
  });

  it("has types for each of them, which are those of its sources", () => {
    expect(declarations.problems()).toEqual([]);
  });

  it("does what its types promise", () => {
    const esbuild = path.join(ROOT, "node_modules", "esbuild", "bin", "esbuild");
    run(installed.project, esbuild, ["consumer.ts", "--outfile=consumer.mjs", "--log-level=error"]);
    expect(JSON.parse(run(installed.project, "node", ["consumer.mjs"]))).toMatchObject({
      changes: 0,
      kinds: ["link"],
      connections: 1,
      code: "topology.unknown-switch",
      title: "netloom topology",
      stp: false,
    });
  });

  it("exports every type that an exported one mentions", () => {
    const unexported = declarations.unexported(at("consumer.ts"), `${installed.netloom}/`);
    expect(unexported).toEqual(Object.fromEntries([...MODULES, "netloom/schema.json"].map((name) => [name, []])));
    // A module inside does not export what it imports: that is found.
    const inside = path.join(installed.netloom, "dist", "lib", "index.d.ts");
    expect(declarations.unexported(inside, `${installed.netloom}/`)["./plan/index.js"]).toContain("Model in plan");
  });

  it("says in the editor what each type and function is", () => {
    const undescribed = declarations.undescribed(at("consumer.ts"));
    expect(undescribed).toEqual(Object.fromEntries([...MODULES, "netloom/schema.json"].map((name) => [name, []])));
    expect(declarations.undescribed(at("same.ts"))["./plain.ts"]).toEqual(["Undescribed"]);
  });

  it("says in the editor what each key of a topology and of a link means", () => {
    const folder = path.join(installed.netloom, "dist", "lib");
    const schema = JSON.parse(readFileSync(path.join(installed.netloom, "schema.json"), "utf8")) as {
      properties: Record<string, { description: string }>;
    };
    const keys = declarations.keys(path.join(folder, "topology", "schema.d.ts"));
    expect(keys.filter(({ description }) => description === "")).toEqual([]);
    expect(keys).toContainEqual({ name: "hosts", description: schema.properties["hosts"]!.description });
    const links = declarations.keys(path.join(folder, "model", "links", "types.d.ts"));
    const plain = links.filter(({ description }) => description === "").map(({ name }) => name);
    expect(new Set(plain)).toEqual(new Set(["kind", "type"]));
    expect(links).toContainEqual({ name: "stp", description: expect.stringContaining("spanning tree") as string });
  });

  it("runs as a command, and keeps V8's compiled form of it for itself", () => {
    expect(run(installed.project, "npx", ["--no-install", "netloom", "--version"])).toBe(`${MANIFEST.version}\n`);
    expect(runExample(installed, path.join(netloom.folder, "labs"))).toContain("all 4 expectations hold");
    expect(readdirSync(path.join(installed.netloom, "dist"))).toContain("cli.cache");
  });

  // Only root can install it for others.
  if (process.getuid!() === 0) {
    it("runs for a user to whom it does not belong", () => {
      const home = path.join(netloom.folder, "home");
      mkdirSync(home);
      run(home, "chown", ["nobody", home]);
      chmodSync(netloom.folder, 0o755);
      const dist = path.join(installed.netloom, "dist");
      const before = statSync(path.join(dist, "cli.cache")).mtimeMs;
      const account = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all"];
      const variables = { HOME: home, XDG_CACHE_HOME: "", XDG_RUNTIME_DIR: "" };
      expect(runExample(installed, path.join(home, "labs"), account, variables)).toContain("all 4 expectations hold");
      expect(existsSync(path.join(home, ".cache", "netloom", "cli.cache"))).toBe(true);
      expect(statSync(path.join(dist, "cli.cache")).mtimeMs).toBe(before);
    });
  }
});

function runExample(
  { netloom, project }: Installed,
  labs: string,
  account: readonly string[] = [],
  variables: NodeJS.ProcessEnv = {},
): string {
  const example = path.join(netloom, "examples", "first.yaml");
  const command = path.join(project, "node_modules", ".bin", "netloom");
  const [program, ...args] = [...account, command, "run", example];
  return run(project, program ?? command, args, { ...variables, NETLOOM_RUNTIME_DIR: labs });
}
