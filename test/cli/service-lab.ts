// What tests of services ask of a running lab.

import { expect } from "vitest";
import type { Program } from "./program.ts";

export interface Inspection {
  readonly model: {
    readonly namespaces: readonly {
      readonly name: string;
      readonly addresses: readonly { link: string; family: number; address: string; origin: string }[];
      readonly routes: readonly { to: string; family: number; origin: string; nextHops: { via: string | null }[] }[];
      readonly services: readonly { kind: string }[];
    }[];
  };
  readonly leases: readonly { address: string; name: string | null; server: string }[];
  readonly processes: readonly { node: string; name: string; state: string; restarts: number; ending: string | null }[];
}

export interface ServiceLab {
  inspect(): Promise<Inspection>;
  /** Brings up what the text says, under this name; the file. */
  up(name: string, text: string, env?: Record<string, string>): Promise<string>;
  /** The output of a command in a node. */
  inside(node: string, ...command: string[]): Promise<string>;
}

export function serviceLab(netloom: Program): ServiceLab {
  return {
    inspect: async () => JSON.parse((await netloom.run(["inspect", "--json"])).out) as Inspection,
    up: async (name, text, env = {}) => {
      const file = netloom.file(`${name}.yaml`, `name: ${name}\n${text}`);
      expect(await netloom.run(["up", file], { env })).toMatchObject({ code: 0 });
      return file;
    },
    inside: async (node, ...command) => (await netloom.run(["exec", node, "--", ...command])).out,
  };
}

export function leasedBy(model: Inspection["model"], node: string): string[] {
  const { addresses } = model.namespaces.find(({ name }) => name === node)!;
  return addresses.filter(({ origin }) => origin === "dhcp").map(({ address }) => address);
}
