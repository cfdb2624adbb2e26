# SPDX-License-Identifier: GPL-2.0
# dns.sh: dnsmasq and unbound, asked by dig and dnsperf

answers() {
	local out
	out=$(dig +short +tries=2 +time=2 "${@:2}") || return
	echo "$out"
	[ "$out" = "$1" ]
}

# records N QUESTION...
records() {
	[ "$(dig +short +tries=2 +time=2 "${@:2}" | wc -l)" = "$1" ]
}

exit_status() {
	"${@:2}"
	[ $? = "$1" ]
}
export -f answers records exit_status

suite() {
	local port name to how

	serve dnsmasq -k -C /dev/null -u root -p 5301 --no-resolv --no-hosts -a 127.0.0.1,::1 -z \
		--pid-file= --address=/ex.test/10.1.2.3 --address=/ex.test/fd00::7 --local-ttl=60 \
		--txt-record=long.test,"$(printf 'x%.0s' {1..200})" \
		--srv-host=_s._tcp.ex.test,a.ex.test,80 --mx-host=ex.test,mx.ex.test,5
	cat > unbound.conf <<-END
		server:
		 interface: 127.0.0.1@5302
		 interface: ::1@5302
		 do-daemonize: no
		 username: ""
		 chroot: ""
		 directory: "$PWD"
		 pidfile: ""
		 use-syslog: no
		 num-threads: 2
		 do-not-query-localhost: no
		 module-config: "iterator"
		 local-zone: "test." nodefault
		 local-zone: "own.test." static
		 local-data: "a.own.test. A 10.9.9.9"
		$(printf ' local-data: "many.own.test. A 10.8.0.%d"\n' {1..60})
		forward-zone:
		 name: "ex.test."
		 forward-addr: 127.0.0.1@5301
		remote-control:
		 control-enable: no
	END
	serve unbound -d -c unbound.conf
	await "dnsmasq listens" listening 5301 u
	await "unbound listens" listening 5302 u

	for port in 5301 5302; do
		[ $port = 5301 ] && name=dnsmasq || name=unbound
		for to in 127.0.0.1 ::1; do
			for how in +notcp +tcp; do
				check "$name, $to $how, A" answers 10.1.2.3 $how @$to -p $port h.ex.test A
				check "$name, $to $how, AAAA" answers fd00::7 $how @$to -p $port h.ex.test AAAA
			done
		done
	done
	check "MX" answers "5 mx.ex.test." @127.0.0.1 -p 5301 ex.test MX
	check "SRV" says ' 80 a.ex.test' dig +short @127.0.0.1 -p 5301 _s._tcp.ex.test SRV
	check "TXT" says xxxx dig @127.0.0.1 -p 5301 long.test TXT
	check "the name of an address" dig @127.0.0.1 -p 5301 -x 10.1.2.3
	check "an answer is cut to 512 bytes" says 'flags:[^;]* tc' \
		dig +ignore +noedns @127.0.0.1 -p 5302 many.own.test A
	check "and asked for over TCP" records 60 +noedns @127.0.0.1 -p 5302 many.own.test A
	check "EDNS, 4096 bytes" records 60 +bufsize=4096 @127.0.0.1 -p 5302 many.own.test A
	check "no such name" says NXDOMAIN dig @127.0.0.1 -p 5302 nope.own.test A
	check "nobody listens: 9" exit_status 9 dig +time=2 +tries=1 @127.0.0.1 -p 5399 x.test A
	yes 'a.own.test A' | head -n 2000 > questions
	for how in udp tcp; do
		check "dnsperf, $how: no answer is lost" says 'Queries lost: *0 ' \
			dnsperf -m $how -s 127.0.0.1 -p 5302 -d questions -l 2 -c 4
	done
}
