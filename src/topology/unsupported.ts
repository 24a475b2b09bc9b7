/**
 * Keys of the format that this version recognises but does not support yet. They are refused by name: accepting one silently would
 * be a lie, and "unknown key" would send the user looking for a typing error. To support one, delete it here and add it
 * to schema.ts.
 */
const later = {
  topology: ["tunnels", "machines", "uplinks"],
  node: ["rules", "neighbours", "limits", "vm"],
  switch: ["uplink", "vlans", "stp", "firewall"],
  interface: ["delay", "jitter", "loss", "rate", "vlan", "vlans", "duplicate", "reorder"],
  route: [] as string[],
  uplink: [] as string[],
};

export type Place = keyof typeof later;

export function isUnsupported(place: Place, key: string): boolean {
  return later[place].includes(key);
}
