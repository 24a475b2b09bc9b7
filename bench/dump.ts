/**
 * The floor of a discovery: a program that only dumps links, addresses and routes of every named namespace, with netloom's own
 * sockets and codec, and decodes all of it. Prints how many objects there were.
 */

import { dumpRequest, listNamespaces, namespacePath, NetlinkSocket, OpenNamespace } from "../src/kernel/index.ts";

const ANY = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };
const questions = [
  dumpRequest({ kind: "link", command: "get" }),
  dumpRequest({ kind: "address", command: "get", family: 0, prefixLength: 0, index: 0 }),
  dumpRequest({ kind: "route", command: "get", family: 0, ...ANY }),
];
let count = 0;
for (const name of listNamespaces()) {
  using namespace = OpenNamespace.open(namespacePath(name));
  using socket = NetlinkSocket.open({ namespace: namespace.fd });
  for (const question of questions) count += socket.dump(question).length;
}
console.log(count);
