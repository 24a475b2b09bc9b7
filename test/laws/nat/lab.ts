// Builds a topology and puts an agent into each node that a test talks to: sockets of hosts behind a NAT, and of others.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { build } from "../../support/engine.ts";
import { inside } from "../../support/witnesses.ts";

const PROGRAM = fileURLToPath(new URL("agent.mjs", import.meta.url));

/** Longer than anything takes on a busy machine; only a test that fails waits so long. */
const PATIENCE = 20_000;
/** How long a TCP connection is given that must not come about. */
const SHORT = 700;

export interface Message {
  readonly text: string;
  readonly address: string;
  readonly port: number;
}

export type Outcome = { readonly seen: string } | { readonly error: string };

export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: { value?: unknown; failure?: string }) => void>();
  #count = 0;
  #sockets = 0;

  static async in(node: string): Promise<Agent> {
    const agent = new Agent(node);
    await new Promise((resolve) => agent.#waiting.set(0, resolve));
    return agent;
  }

  private constructor(node: string) {
    this.#child = spawn("ip", ["netns", "exec", node, process.execPath, PROGRAM], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const { n, ...answer } = JSON.parse(line) as { n: number; value?: unknown; failure?: string };
      this.#waiting.get(n)?.(answer);
      this.#waiting.delete(n);
    });
  }

  async ask<T>(operation: string, options: object): Promise<T> {
    const n = ++this.#count;
    const answered = new Promise<{ value?: unknown; failure?: string }>((resolve) => this.#waiting.set(n, resolve));
    this.#child.stdin!.write(`${JSON.stringify({ n, operation, ...options })}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${operation} ${JSON.stringify(options)}: no answer`)), PATIENCE);
    });
    const { value, failure } = await Promise.race([answered, late]).finally(() => clearTimeout(timer));
    if (failure !== undefined) throw new Error(`${operation} ${JSON.stringify(options)}: ${failure}`);
    return value as T;
  }

  /** A UDP socket of this node. */
  async udp(port = 0, options: { address?: string; reflect?: boolean } = {}): Promise<UdpSocket> {
    const socket = ++this.#sockets;
    await this.ask("udp", { socket, port, ...options });
    return new UdpSocket(this, socket);
  }

  async listen(port: number, address?: string): Promise<void> {
    await this.ask("listen", { port, address });
  }

  /** Whom the server sees: `203.0.113.1 40000`; or why there was no connection. */
  connect(to: string, port: number, options: { from?: number; localAddress?: string } = {}): Promise<Outcome> {
    return this.ask("connect", { to, port, ...options });
  }

  /** The same, if it must fail: nobody waits long for silence. */
  connectInVain(to: string, port: number, options: { from?: number } = {}): Promise<Outcome> {
    return this.ask("connect", { to, port, patience: SHORT, ...options });
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await ended;
  }
}

export class UdpSocket {
  readonly #agent: Agent;
  readonly #socket: number;

  constructor(agent: Agent, socket: number) {
    this.#agent = agent;
    this.#socket = socket;
  }

  async send(to: string, port: number, text: string): Promise<void> {
    await this.#agent.ask("send", { socket: this.#socket, to, port, text });
  }

  /** The next message, waited for if need be. */
  receive(): Promise<Message> {
    return this.#agent.ask("receive", { socket: this.#socket });
  }

  /** Where a reflector sees messages of this socket come from. */
  async seenBy(address: string, port: number): Promise<{ address: string; port: number }> {
    await this.send(address, port, "who am I?");
    const { text } = await this.receive();
    const [seen = "", seenPort] = text.split(" ");
    return { address: seen, port: Number(seenPort) };
  }
}

export class NatLab {
  readonly #agents = new Map<string, Agent>();

  static async up(topology: Topology): Promise<NatLab> {
    await build(resolveTopology(topology, { name: "t" }).model);
    return new NatLab();
  }

  async agent(node: string): Promise<Agent> {
    let agent = this.#agents.get(node);
    if (agent === undefined) this.#agents.set(node, (agent = await Agent.in(node)));
    return agent;
  }

  async agents<const N extends readonly string[]>(...nodes: N): Promise<{ [K in keyof N]: Agent }> {
    return (await Promise.all(nodes.map((node) => this.agent(node)))) as { [K in keyof N]: Agent };
  }

  /** A command in a node; its output. */
  inside(node: string, ...command: string[]): string {
    return inside(node, ...command);
  }

  async down(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.end()));
  }
}
