#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dns.sh: dnsmasq answers dig over UDP and TCP, asks another dnsmasq, gives out leases
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
user=$(id -un)
[ "$user" != root ] || user=nobody
serve dnsmasq -k -C /dev/null -u "$user" -p 5301 --no-resolv --no-hosts -a 127.0.0.2 -z --pid-file \
	--address=/upstream.test/10.9.8.7 --txt-record=long.test,"$(printf 'x%.0s' {1..200})" --log-facility=-
serve dnsmasq -k -C /dev/null -u "$user" -p 5300 --no-resolv --no-hosts -a 127.0.0.1,::1 -z --pid-file \
	--address=/here.test/10.1.2.3 --address=/here.test/fd00::3 --server=127.0.0.2#5301 --log-facility=-
server=$!

answers() {
	local out
	out=$(dig +short +tries=2 +time=1 -p 5300 "${@:2}") || return 1
	echo "$out"
	[ "$out" = "$1" ]
}

await "dnsmasq listens" listening 5300 u
await "the other one, too" listening 5301 u
check "A" answers 10.1.2.3 @127.0.0.1 here.test A
check "AAAA, over IPv6" answers fd00::3 @::1 here.test AAAA
check "TCP" answers 10.1.2.3 +tcp @127.0.0.1 here.test A
check "from upstream" answers 10.9.8.7 @127.0.0.1 upstream.test A
check "TXT, from upstream, TCP" answers "\"$(printf 'x%.0s' {1..200})\"" +tcp @127.0.0.1 long.test TXT
check "no such name" grep -q REFUSED <(dig +time=1 +tries=1 -p 5301 @127.0.0.2 other.invalid)

many() {
	local i
	for i in {1..40}; do
		echo "here.test A"
	done > names
	[ "$(dig +short +time=2 -p 5300 @127.0.0.1 -f names | grep -cx 10.1.2.3)" = 40 ]
}
check "forty questions" many
check "nobody answers: 9" test "$(dig +time=1 +tries=1 -p 5399 @127.0.0.1 x > /dev/null; echo $?)" = 9
kill $server
wait $server
status=$?
check "it ends" test $status = 0

# Leases, in a namespace, on a cable
if [ "$(id -u)" = 0 ]; then
	ip netns add client
	ip link add s0 type veth peer name c0 netns client
	ip addr add 10.3.0.1/24 dev s0
	ip link set s0 up
	ip -n client link set c0 up
	serve dnsmasq -k -C /dev/null -u "$user" -p 0 -i s0 -z --pid-file --dhcp-range=10.3.0.50,10.3.0.50,1h \
		--dhcp-leasefile="$PWD/leases" --log-facility=-
	await "dnsmasq waits for clients" listening 67 u
	lease() {
		ip netns exec client busybox udhcpc -f -q -n -i c0 -s /bin/true 2>&1 |
			grep 'lease of 10.3.0.50 obtained'
	}
	check "a lease, by busybox udhcpc" lease
fi
plan
