/** Every kind of link that netloom has a table of: a line each. */

export { bridge } from "./bridge.ts";
export { loopback } from "./loopback.ts";
export { macvlan } from "./macvlan.ts";
export { nic } from "./nic.ts";
export { tun } from "./tun.ts";
export { veth } from "./veth.ts";
export { vxlan } from "./vxlan.ts";
