import { expect, test } from "vitest";
import { parseSockets } from "../../src/discover/sockets.ts";

test("sockets as /proc/net tells them, for kernels without the diagnosis of sockets", () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000 100 0 0 10 0
`;
  expect(parseSockets(tcp, "tcp", 4)).toEqual([
    { protocol: "tcp", family: 4, address: "127.0.0.1", port: 8080, boundTo: 0, inode: 4242 },
  ]);
  const udp6 =
    "  1: B80D01200000000000000000010000FE:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 7 2 0 0\n";
  expect(parseSockets(udp6, "udp", 6)).toMatchObject([{ address: "2001:db8::fe00:1", port: 53, inode: 7 }]);
});
