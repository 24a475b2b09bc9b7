/**
 * rtnl/: objects of the model as rtnetlink messages, and back; pure.
 * In: an object and the ifindexes of its namespace, or a decoded message and the names of its namespace's links.
 * Out: the request that makes or deletes the object, or the object; null where a model has no such object.
 * One file for each kind of object, both directions in it: decode(encode(object)) is the object.
 */
export { decodeAddress, encodeAddress } from "./address.ts";
export { AF, familyOf } from "./family.ts";
export * from "./link.ts";
export { changedKind, decodeKind, lowerIndexOf, newKind } from "./link-options.ts";
export { decodeNeighbour, encodeNeighbour } from "./neighbour.ts";
export type { IndexOf, NameOf, Request } from "./references.ts";
export { decodeRoute, encodeRoute, isConfigured, isSelective } from "./route.ts";
export { decodeRule, encodeRule, isKernelRule, isUnmodelledRule } from "./rule.ts";
