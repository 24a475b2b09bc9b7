//   client ── wan ── isp ── mid ── home ── lan ── web        isp publishes 8080 of home, home publishes 80 of web

import { describe, expect, it } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { publishedService } from "../../src/packet/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";

const TOPOLOGY: Topology = {
  switches: { wan: { subnet: "203.0.113.0/24" }, mid: { subnet: "100.64.0.0/24" }, lan: { subnet: "192.168.1.0/24" } },
  hosts: {
    client: { interfaces: { eth0: { link: "wan", address: "203.0.113.9" } }, gateway: [] },
    web: { interfaces: { eth0: { link: "lan", address: "192.168.1.80" } } },
  },
  routers: {
    isp: {
      interfaces: { eth0: { link: "wan", address: "203.0.113.1" }, eth1: { link: "mid", address: "100.64.0.1" } },
      nat: [{ masquerade: "eth0" }],
      publish: [
        { in: "eth0", port: 80, to: "100.64.0.2:8080" },
        { in: "eth0", port: "7000-7009", to: "100.64.0.2" },
      ],
    },
    home: {
      interfaces: { eth0: { link: "mid", address: "100.64.0.2" }, eth1: { link: "lan", address: "192.168.1.1" } },
      gateway: "100.64.0.1",
      nat: [{ masquerade: "eth0" }],
      publish: [{ in: "eth0", port: 8080, to: "web:80" }],
    },
  },
};
const model: Model = resolveTopology(TOPOLOGY).model;

const behind = (node: string, address: string, port: number, protocol: "tcp" | "udp" = "tcp") =>
  publishedService(model, { node, family: 4, address, protocol, port });

describe("a published port", () => {
  it("leads through one router, and through two", () => {
    expect(behind("home", "100.64.0.2", 8080)).toEqual({ node: "web", address: "192.168.1.80", port: 80 });
    expect(behind("isp", "203.0.113.1", 80)).toEqual({ node: "web", address: "192.168.1.80", port: 80 });
  });

  it("keeps its number in a range, of which the ends belong to it", () => {
    for (const port of [7000, 7004, 7009]) {
      expect(behind("isp", "203.0.113.1", port)).toEqual({ node: "home", address: "100.64.0.2", port });
    }
    expect(behind("isp", "203.0.113.1", 7010)).toBeNull();
  });

  it("is of its protocol, address and node alone", () => {
    expect(behind("isp", "203.0.113.1", 80, "udp")).toBeNull();
    expect(behind("isp", "203.0.113.1", 81)).toBeNull();
    expect(behind("isp", "100.64.0.1", 80)).toBeNull();
    expect(behind("web", "192.168.1.80", 80)).toBeNull();
  });
});
