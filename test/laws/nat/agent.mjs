// A program that runs in a node of a lab and does what it is told, one JSON object a line on standard input; the answer to
// each is a line on standard output. UDP sockets that send, wait and reflect; TCP servers that tell who came, and clients.

import dgram from "node:dgram";
import net from "node:net";
import { createInterface } from "node:readline";

/** UDP sockets by number: messages that nobody has asked for yet, and who waits for one. */
const sockets = new Map();
const plain = (address) => address.replace(/^::ffff:/, "");

const operations = {
  /** Binds; with `reflect`, each message is answered with where it came from. */
  udp({ socket: id, port = 0, address, reflect = false }) {
    return new Promise((resolve, reject) => {
      const socket = dgram.createSocket(address?.includes(":") ? "udp6" : "udp4");
      const state = { socket, messages: [], waiting: [] };
      sockets.set(id, state);
      socket.on("error", reject);
      socket.on("message", (data, { address: from, port: fromPort }) => {
        if (reflect) return void socket.send(`${from} ${fromPort}`, fromPort, from);
        const message = { text: data.toString(), address: from, port: fromPort };
        const next = state.waiting.shift();
        if (next) next(message);
        else state.messages.push(message);
      });
      socket.bind(port, address, () => resolve({ port: socket.address().port }));
    });
  },
  send({ socket, to, port, text }) {
    return new Promise((resolve, reject) => {
      sockets.get(socket).socket.send(text, port, to, (error) => (error ? reject(error) : resolve({})));
    });
  },
  receive({ socket }) {
    const state = sockets.get(socket);
    const message = state.messages.shift();
    return message ?? new Promise((resolve) => state.waiting.push(resolve));
  },
  /** A TCP server that tells each client the address and port it comes from. */
  listen({ port, address }) {
    return new Promise((resolve, reject) => {
      const server = net.createServer((client) => {
        client.on("error", () => {});
        client.end(`${plain(client.remoteAddress)} ${client.remotePort}`);
      });
      server.on("error", reject);
      server.listen(port, address, () => resolve({}));
    });
  },
  /** What such a server says; or the error's code, `timeout` if there is no answer at all. */
  connect({ to, port, from, localAddress, patience = 5000 }) {
    return new Promise((resolve) => {
      let text = "";
      const client = net.connect({ host: to, port, localPort: from, localAddress, noDelay: true });
      const timer = setTimeout(() => {
        client.destroy();
        resolve({ error: "timeout" });
      }, patience);
      client.on("data", (data) => (text += data));
      client.on("error", ({ code }) => {
        clearTimeout(timer);
        resolve({ error: code });
      });
      client.on("end", () => {
        clearTimeout(timer);
        client.destroy();
        resolve({ seen: text });
      });
    });
  },
};

const answer = (n, value) => process.stdout.write(`${JSON.stringify({ n, ...value })}\n`);
createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { n, operation, ...rest } = JSON.parse(line);
    try {
      answer(n, { value: await operations[operation](rest) });
    } catch (error) {
      answer(n, { failure: String(error) });
    }
  })
  .on("close", () => process.exit(0));
answer(0, { value: "ready" });
