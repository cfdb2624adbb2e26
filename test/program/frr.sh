#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# frr.sh: three routers run FRR, each in a namespace; OSPF, OSPFv3, BGP, static routes
#
#	r1 --10.1.0.0/24-- r2 --10.2.0.0/24-- r3
#
# OSPF and OSPFv3 between r1 and r2, BGP between r2 and r3; r2 tells each of the other.
set -u
. "${TEST_TOP-.}/test/program/lib.sh"
PATH=$PATH:/usr/lib/frr
have FRR zebra || plan

if [ "$(id -u)" = 0 ]; then
	user=frr
	getent passwd frr > /dev/null || user=root
else
	skip FRR "its daemons want to become another user"
	plan
fi
chmod 755 .

for n in 1 2 3; do
	ip netns add r$n
	ip -n r$n link set lo up
	ip -n r$n addr add 192.0.2.$n/32 dev lo
	ip -n r$n addr add 2001:db8::$n/128 dev lo
	ip netns exec r$n sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	mkdir r$n
	chown "$user" r$n 2> /dev/null
done
cable() {
	ip -n r$1 link add "$2" type veth peer name "$4" netns r$3
	ip -n r$1 addr add "$5.1/24" dev "$2"
	ip -n r$3 addr add "$5.2/24" dev "$4"
	ip -n r$1 link set "$2" up
	ip -n r$3 link set "$4" up
}
cable 1 e12 2 e21 10.1.0
cable 2 e23 3 e32 10.2.0

cat > r1/all.conf <<-END
	ip route 198.51.100.0/24 Null0
	interface e12
	 ip ospf hello-interval 1
	 ip ospf dead-interval 3
	 ip ospf network point-to-point
	 ipv6 ospf6 hello-interval 1
	 ipv6 ospf6 dead-interval 3
	 ipv6 ospf6 network point-to-point
	 ipv6 ospf6 area 0
	interface lo
	 ipv6 ospf6 area 0
	router ospf
	 ospf router-id 192.0.2.1
	 redistribute static
	 network 10.1.0.0/24 area 0
	 network 192.0.2.1/32 area 0
	router ospf6
	 ospf6 router-id 192.0.2.1
END
cat > r2/all.conf <<-END
	interface e21
	 ip ospf hello-interval 1
	 ip ospf dead-interval 3
	 ip ospf network point-to-point
	 ipv6 ospf6 hello-interval 1
	 ipv6 ospf6 dead-interval 3
	 ipv6 ospf6 network point-to-point
	 ipv6 ospf6 area 0
	interface lo
	 ipv6 ospf6 area 0
	router ospf
	 ospf router-id 192.0.2.2
	 network 10.1.0.0/24 area 0
	 network 192.0.2.2/32 area 0
	 redistribute bgp
	 redistribute connected
	router ospf6
	 ospf6 router-id 192.0.2.2
	router bgp 65002
	 bgp router-id 192.0.2.2
	 no bgp ebgp-requires-policy
	 neighbor 10.2.0.2 remote-as 65003
	 neighbor 10.2.0.2 timers 1 3
	 neighbor 10.2.0.2 timers connect 1
	 address-family ipv4 unicast
	  redistribute ospf
	  redistribute connected
	  neighbor 10.2.0.2 advertisement-interval 0
END
cat > r3/all.conf <<-END
	router bgp 65003
	 bgp router-id 192.0.2.3
	 no bgp ebgp-requires-policy
	 neighbor 10.2.0.1 remote-as 65002
	 neighbor 10.2.0.1 timers 1 3
	 neighbor 10.2.0.1 timers connect 1
	 address-family ipv4 unicast
	  network 192.0.2.3/32
	  neighbor 10.2.0.1 advertisement-interval 0
END

# daemon ROUTER NAME
daemon() {
	cp r$1/all.conf r$1/$2.conf
	chmod a+r r$1/$2.conf
	serve ip netns exec r$1 $2 -u "$user" -g "$(id -gn "$user")" -f "$PWD/r$1/$2.conf" \
		-i "$PWD/r$1/$2.pid" --vty_socket "$PWD/r$1" -z "$PWD/r$1/zserv" -A 127.0.0.1 --log stdout
}
vty() {
	vtysh --vty_socket "$PWD/r$1" -c "${@:2}"
}
export -f vty
zebra_up() {
	[ -S r$1/zserv ]
}
for n in 1 2 3; do
	daemon $n zebra
done
for n in 1 2 3; do
	await "zebra of r$n" zebra_up $n
done
daemon 1 staticd
for n in 1 2; do
	daemon $n ospfd
	daemon $n ospf6d
done
daemon 2 bgpd
daemon 3 bgpd

LIMIT=25
route() {
	ip -n r$1 route get "$2" 2>&1 | tee route.log
	grep -qE "$3" route.log
}
told() {
	vty "$1" "$2" | tee vty.log
	grep -qE "$3" vty.log
}
export -f told route
await "BGP: r3 knows r2's cable" route 3 10.1.0.2 'via 10.2.0.1'
await "OSPF: r1 knows r2's address" route 1 192.0.2.2 'via 10.1.0.2'
await "OSPFv3: r1 knows r2's address" route 1 2001:db8::2 'via fe80'
await "OSPF told of what BGP knows: r1 reaches r3" route 1 192.0.2.3 'via 10.1.0.2'
await "BGP told of what OSPF knows: r3 reaches r1" route 3 192.0.2.1 'via 10.2.0.1'
await "a static route goes all the way" route 3 198.51.100.1 'via 10.2.0.1'
LIMIT=10
check "vtysh: ospf" told 1 'show ip ospf neighbor' '192.0.2.2 .*Full'
check "vtysh: ospf6" told 1 'show ipv6 ospf6 neighbor' '192.0.2.2 .*Full'
check "vtysh: bgp" told 3 'show bgp summary' '10.2.0.1 .* 65002 '
check "vtysh: the table" told 3 'show ip route' 'B>.*192.0.2.1/32'
check "ping across" ip netns exec r1 ping -n -q -c 2 -i 0.1 -I 192.0.2.1 192.0.2.3
ip -n r2 link set e23 down
gone() {
	! ip -n r1 route get 192.0.2.3 > /dev/null 2>&1
}
await "a cable is pulled: r1 forgets r3" gone
[ $failures = 0 ] || tail -n 40 serve.log | sed 's/^/# log: /'
plan
