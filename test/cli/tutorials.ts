// The commands of the tutorials' networks 3 to 6, as a reader types them: for those tests that want a network typed by hand.

import { has } from "../support/witnesses.ts";

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

//   up 192.168.1.1 ── br0 192.168.1.10 · machine
//   router ext 192.168.1.200 ──┘    int 10.10.0.1 ── brint ── vm1 10.10.0.10, vm2 10.10.0.11
export const VIRTUAL_ROUTER = `
for bridge in br0 brint; do
  ip link add $bridge type bridge
  ip link set $bridge up
done
ip addr add 192.168.1.10/24 dev br0
plug() { # NODE INTERFACE BRIDGE ADDRESS
  ip link add tap-$1-$2 type veth peer name $2 netns $1
  ip link set tap-$1-$2 master $3 up
  ip -n $1 addr add $4 dev $2
  ip -n $1 link set $2 up
}
for node in up router vm1 vm2; do ip netns add $node; done
plug up eth0 br0 192.168.1.1/24
plug router ext br0 192.168.1.200/24
plug router int brint 10.10.0.1/24
plug vm1 eth0 brint 10.10.0.10/24
plug vm2 eth0 brint 10.10.0.11/24
ip -n router route add default via 192.168.1.1
ip -n vm1 route add default via 10.10.0.1
ip -n vm2 route add default via 10.10.0.1
ip netns exec router sysctl -qw net.ipv4.ip_forward=1
ip netns exec router iptables -t nat -A POSTROUTING -o ext -j SNAT --to-source 192.168.1.200
`;

//   pod2 eth0 10.244.0.2 ──┬── cni0 10.244.0.1 · machine
//   pod3 eth0 10.244.0.3 ──┘   MTU 1450 everywhere
export const PODS = `
ip link add cni0 type bridge
ip addr add 10.244.0.1/24 dev cni0
ip link set cni0 mtu 1450 up
for i in 2 3; do
  ip netns add pod$i
  ip link add vethabc$i mtu 1450 type veth peer name eth0 mtu 1450 netns pod$i
  ip link set vethabc$i master cni0 up
  ip -n pod$i link set lo up
  ip -n pod$i addr add 10.244.0.$i/24 dev eth0
  ip -n pod$i link set eth0 up
  ip -n pod$i route add default via 10.244.0.1
done
sysctl -qw net.ipv4.ip_forward=1
`;

//   vm1 10.30.0.1 ── br0 :m1: vx0 ═══ 203.0.113.0/24 ═══ vx0 :m2: br0 ── vm2 10.30.0.2
export const OVERLAY = `
ip netns add m1
ip netns add m2
ip link add eth0 netns m1 type veth peer name eth0 netns m2
for i in 1 2; do
  ip netns add vm$i
  ip -n m$i addr add 203.0.113.$i/24 dev eth0
  ip -n m$i link set eth0 up
  ip -n m$i link add br0 type bridge
  ip -n m$i link set br0 up
  ip -n m$i link add vx0 type vxlan id 42 remote 203.0.113.$((3 - i)) dstport 4789 dev eth0
  ip -n m$i link set vx0 master br0 up
  ip link add tap0 netns m$i type veth peer name eth0 netns vm$i
  ip -n m$i link set tap0 master br0 up
  ip -n vm$i addr add 10.30.0.$i/24 dev eth0
  ip -n vm$i link set eth0 up
done
`;
