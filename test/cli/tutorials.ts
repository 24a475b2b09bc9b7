// The commands of the tutorials' networks 3 to 6, as a reader types them: for those tests that want a network typed by hand.

import { has } from "./program.ts";

/** Without them no tutorial can be typed. */
export const canType = has("ip", "ping", "bash");
export const canBridge = canType && has("brctl", "ifconfig");
export const canTranslate = canType && has("iptables");

//   ns1: veth0 10.0.0.1 ──── veth1 10.0.0.2 :ns2
export const PAIR = `
ip netns add ns1
ip netns add ns2
ip link add veth0 type veth peer name veth1
ip link set veth0 netns ns1
ip link set veth1 netns ns2
ip netns exec ns1 ip addr add 10.0.0.1/24 dev veth0
ip netns exec ns2 ip addr add 10.0.0.2/24 dev veth1
ip netns exec ns1 ip link set dev veth0 up
ip netns exec ns2 ip link set dev veth1 up
`;

//   machine: veth-a 10.0.0.1/24 ──── veth-b 10.0.0.2/24 :guest
export const ROOT_AND_GUEST = `
ip netns add guest
ip link add veth-a type veth peer name veth-b netns guest
ip addr add 10.0.0.1/24 dev veth-a
ip link set veth-a up
ip -n guest addr add 10.0.0.2/24 dev veth-b
ip -n guest link set veth-b up
`;

//   left 192.168.188.96 ── br0 (no address) ── right 192.168.188.69
export const BRIDGE = `
ip netns add left
ip netns add right
brctl addbr br0
ip link add type veth
ip link set veth0 netns left
brctl addif br0 veth1
ip link add veth2 type veth peer name veth3
ip link set veth2 netns right
brctl addif br0 veth3
ip netns exec left ifconfig veth0 192.168.188.96 netmask 255.255.255.0 up
ip netns exec right ifconfig veth2 192.168.188.69 netmask 255.255.255.0 up
ifconfig veth1 up
ifconfig veth3 up
ip link set br0 up
`;

//   a 172.19.0.2 ──┐
//   b 172.19.0.3 ── br0 172.19.0.1 · machine · eth0 198.51.100.1 ──── eth0 198.51.100.2 internet (knows no way back)
//   c 172.19.0.4 ──┘
export const GATEWAY = `
ip link add br0 type bridge
ip addr add 172.19.0.1/24 dev br0
ip link set br0 up
n=1
for name in a b c; do
  n=$((n + 1))
  ip netns add $name
  ip link add veth$n type veth peer name eth0 netns $name
  ip link set veth$n master br0 up
  ip -n $name addr add 172.19.0.$n/24 dev eth0
  ip -n $name link set eth0 up
  ip -n $name route add default via 172.19.0.1
done
ip netns add internet
ip link add eth0 type veth peer name eth0 netns internet
ip addr add 198.51.100.1/24 dev eth0
ip link set eth0 up
ip -n internet addr add 198.51.100.2/24 dev eth0
ip -n internet link set eth0 up
sysctl -qw net.ipv4.ip_forward=1
iptables -P FORWARD DROP
iptables -t nat -A POSTROUTING -s 172.19.0.0/24 -o eth0 -j MASQUERADE
iptables -A FORWARD -i br0 -o eth0 -j ACCEPT
iptables -A FORWARD -i eth0 -o br0 -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -t nat -A PREROUTING -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j DNAT --to-destination 172.19.0.2:80
iptables -A FORWARD -p tcp -d 172.19.0.2 --dport 80 -j ACCEPT
iptables -t nat -A OUTPUT -p tcp -d 198.51.100.1 --dport 8080 -j DNAT --to-destination 172.19.0.2:80
iptables -A FORWARD -i br0 -o br0 -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -t nat -A POSTROUTING -s 172.19.0.0/24 -d 172.19.0.2 -p tcp --dport 80 -j MASQUERADE
`;
