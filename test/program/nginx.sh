#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nginx.sh: nginx with two workers, and curl, wget, wrk
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

mkdir www
head -c 10000000 /dev/urandom > www/big
echo hello > www/index.html
chmod -R a+rX www
expected=$(sum < www/big)
export expected
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 2> /dev/null

configure() {
	cat > nginx.conf <<-END
		worker_processes 2;
		daemon off;
		pid $PWD/nginx.pid;
		error_log stderr;
		$([ "$(id -u)" != 0 ] || echo "user nobody nogroup;")
		events { worker_connections 256; }
		http {
			access_log off;
			sendfile on;
			default_type text/plain;
			client_body_temp_path $PWD/body;
			proxy_temp_path $PWD/proxy;
			fastcgi_temp_path $PWD/fastcgi;
			uwsgi_temp_path $PWD/uwsgi;
			scgi_temp_path $PWD/scgi;
			server {
				listen 8080;
				listen [::]:8080;
				listen 8443 ssl http2;
				listen [::]:8443 ssl http2;
				ssl_certificate $PWD/cert.pem;
				ssl_certificate_key $PWD/key.pem;
				root $PWD/www;
				location = /version { return 200 $1; }
			}
		}
	END
}

same() {
	[ "$("$@" | sum)" = "$expected" ]
}
export -f same

workers() {
	[ "$(pgrep -cP "$(cat nginx.pid)" -f 'worker process')" = 2 ]
}

export -f workers

# The protocol that curl says it used
protocol() {
	[ "$(get -o big.out -w '%{http_version}' "${@:2}")" = "$1" ] && same cat big.out
}

requests() {
	wrk -t 2 -c 20 -d 1 --latency "$1" | tee wrk.log
	grep -q 'requests in' wrk.log && ! grep -qE 'Socket errors|Non-2xx' wrk.log
}

reload() {
	local old
	old=$(pgrep -P "$(cat nginx.pid)" -f 'worker process' | sort)
	kill -HUP "$(cat nginx.pid)"
	until [ "$(get http://127.0.0.1:8080/version)" = 2 ]; do
		sleep 0.05
	done
	until workers && [ -z "$(comm -12 <(echo "$old") \
		<(pgrep -P "$(cat nginx.pid)" -f 'worker process' | sort))" ]; do
		sleep 0.05
	done
}

configure 1
serve nginx -p "$PWD" -c "$PWD/nginx.conf"
nginx=$!
await "nginx listens" listening 8080
await "a master and two workers" workers
check "curl, HTTP/1.1" protocol 1.1 --http1.1 http://127.0.0.1:8080/big
check "curl, IPv6" protocol 1.1 'http://[::1]:8080/big'
check "curl, HTTP/2 and TLS" protocol 2 --cacert cert.pem https://localhost:8443/big
check "curl, HTTP/1.1 and TLS" protocol 1.1 --http1.1 --cacert cert.pem 'https://[::1]:8443/big'
check "curl, a range" test "$(get -r 100-199 http://127.0.0.1:8080/big | sum)" = \
	"$(head -c 200 www/big | tail -c 100 | sum)"
check "wget" same wget -qO- http://127.0.0.1:8080/big
check "wget, TLS" same wget -qO- --ca-certificate cert.pem https://localhost:8443/big
check "curl fails on what is not there" test "$(curl -so none -w '%{http_code}' http://127.0.0.1:8080/none)" = 404
check "curl: refused is 7" test "$(curl -s http://127.0.0.1:8099/; echo $?)" = 7
check "wrk, keepalive" requests http://127.0.0.1:8080/
check "wrk, TLS" requests https://127.0.0.1:8443/
configure 2
check "reload: new configuration, new workers" reload
check "a page from a new worker" same get http://127.0.0.1:8080/big

# Workers, clients and who looks on, all at once: nothing is lost
together() {
	local jobs=() dump i
	tcpdump -U -n -i lo -w all.pcap 'tcp port 8080 and tcp[13] & 2 != 0' 2> dump.err &
	dump=$!
	until grep -q listening dump.err; do sleep 0.05; done
	requests http://127.0.0.1:8080/ & jobs+=($!)
	for i in 1 2 3; do
		(for _ in 1 2 3 4 5; do same get http://127.0.0.1:8080/big || exit; done) & jobs+=($!)
	done
	(for _ in {1..20}; do ss -tanH | grep -q 8080 || exit; done) & jobs+=($!)
	(for _ in {1..20}; do
		ip link add at0 type dummy && ip addr add 10.99.0.1/24 dev at0 && ip link del at0 || exit
	done) & jobs+=($!)
	for i in "${jobs[@]}"; do wait "$i" || return; done
	sleep 1.2	# what tcpdump has not been shown yet
	kill $dump
	wait $dump
	[ "$(tcpdump -n -r all.pcap 'tcp[13] = 2' 2> /dev/null | wc -l)" -ge 15 ]
}
check "workers, wrk, curl, ss, ip and tcpdump at once" together
kill -QUIT $nginx
wait $nginx
status=$?
check "nginx ends" test $status = 0
check "its port is free" test -z "$(ss -Htln 'sport = :8080')"
plan
