/**
 * openvswitch/: what Open vSwitch switches connect to, which the kernel does not know.
 * In: the programs of Open vSwitch that run (find.ts). Out: bridges, ports, VLANs, bonds, patches, tunnels.
 * databases.ts finds the databases and asks them, protocol.ts is RFC 7047 as far as it is needed, bridges.ts reads the rows.
 * Consumed by discover.ts. Only asks; a database that does not answer, or not with sense, is a remark.
 */
export { type LinksOf, withLinks } from "./bridges.ts";
export { readSwitches } from "./databases.ts";
