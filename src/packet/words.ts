/** nft's words for numbers that packets carry. A packet and a rule may use either; ranges need the numbers. */

const table = (words: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(words));

const PROTOCOLS = table({
  icmp: 1,
  igmp: 2,
  ipencap: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  ipcomp: 108,
  sctp: 132,
  udplite: 136,
});

const ICMP_TYPES = table({
  "echo-reply": 0,
  "destination-unreachable": 3,
  "source-quench": 4,
  redirect: 5,
  "echo-request": 8,
  "router-advertisement": 9,
  "router-solicitation": 10,
  "time-exceeded": 11,
  "parameter-problem": 12,
  "timestamp-request": 13,
  "timestamp-reply": 14,
  "info-request": 15,
  "info-reply": 16,
  "address-mask-request": 17,
  "address-mask-reply": 18,
});

const ICMP_CODES = table({
  "net-unreachable": 0,
  "host-unreachable": 1,
  "prot-unreachable": 2,
  "port-unreachable": 3,
  "net-prohibited": 9,
  "host-prohibited": 10,
  "admin-prohibited": 13,
});

const ICMPV6_TYPES = table({
  "destination-unreachable": 1,
  "packet-too-big": 2,
  "time-exceeded": 3,
  "parameter-problem": 4,
  "echo-request": 128,
  "echo-reply": 129,
  "mld-listener-query": 130,
  "mld-listener-report": 131,
  "mld-listener-done": 132,
  "nd-router-solicit": 133,
  "nd-router-advert": 134,
  "nd-neighbor-solicit": 135,
  "nd-neighbor-advert": 136,
  "nd-redirect": 137,
  "mld2-listener-report": 143,
});

const ICMPV6_CODES = table({
  "no-route": 0,
  "admin-prohibited": 1,
  "addr-unreachable": 3,
  "port-unreachable": 4,
  "policy-fail": 5,
  "reject-route": 6,
});

const ETHER_TYPES = table({ ip: 0x0800, arp: 0x0806, "8021q": 0x8100, ip6: 0x86dd, "8021ad": 0x88a8 });

/** By nft's name of the datatype. */
export const WORDS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  inet_proto: PROTOCOLS,
  nf_proto: table({ ipv4: 2, ipv6: 10 }),
  icmp_type: ICMP_TYPES,
  icmp_code: ICMP_CODES,
  icmpv6_type: ICMPV6_TYPES,
  icmpv6_code: ICMPV6_CODES,
  ether_type: ETHER_TYPES,
  arp_op: table({ request: 1, reply: 2, rrequest: 3, rreply: 4, inrequest: 8, inreply: 9, nak: 10 }),
  ct_dir: table({ original: 0, reply: 1 }),
  pkt_type: table({ host: 0, broadcast: 1, multicast: 2, other: 3 }),
  fib_addrtype: table({
    unspec: 0,
    unicast: 1,
    local: 2,
    broadcast: 3,
    anycast: 4,
    multicast: 5,
    blackhole: 6,
    unreachable: 7,
    prohibit: 8,
  }),
};
