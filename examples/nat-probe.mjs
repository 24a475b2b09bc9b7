// A UDP socket to look at NATs with: node nat-probe.mjs PORT [SERVER:PORT …]
// Asks each server in turn where it sees this socket, with one and the same source port. Then prints what arrives, and sends
// what is typed as `ADDRESS:PORT TEXT`, until its input ends.

import dgram from "node:dgram";
import { createInterface } from "node:readline";

const [port = "0", ...servers] = process.argv.slice(2);
const socket = dgram.createSocket("udp4");
const waiting = new Map();

function split(text) {
  const colon = text.lastIndexOf(":");
  return [text.slice(0, colon), Number(text.slice(colon + 1))];
}

function send(text, to) {
  const [address, toPort] = split(to);
  return new Promise((resolve) =>
    socket.send(text, toPort, address, (error) => resolve(error && console.log(String(error)))),
  );
}

socket.on("message", (data, from) => {
  const name = `${from.address}:${from.port}`;
  const asked = waiting.get(name);
  waiting.delete(name);
  if (asked) asked(String(data));
  else console.log(`${name} says ${data}`);
});

await new Promise((resolve) => socket.bind(Number(port), resolve));
for (const server of servers) {
  const answer = new Promise((resolve) => waiting.set(server, resolve));
  await send("?", server);
  const timer = setTimeout(() => waiting.get(server)?.("nothing: no answer"), 3000);
  console.log(`${server} sees ${await answer}`);
  clearTimeout(timer);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [to, ...words] = line.trim().split(/\s+/);
  if (to) await send(words.join(" "), to);
}
socket.close();
