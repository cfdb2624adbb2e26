#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# web.sh: 1 GB from web servers, three hops away
#
#	a --1-- r --2-- s --3-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. b serves by lighttpd, nginx and mini-httpd. wget
# and curl fetch the 1 GB from each of them; by IPv6 and in two parts, 100 MB.
set -u
SECONDS_MAX=200
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"

row a r s b
mkdir www
# Bytes of which no two parts are alike
openssl enc -aes-128-ctr -pass pass:"$RANDOM" -pbkdf2 -in /dev/zero 2> openssl.log | head -c 1000000000 > www/big
head -c 100000000 www/big > www/part
chmod -R a+rX www
digest() {
	b2sum | cut -d ' ' -f 1
}
declare -A digest
digest[big]=$(digest < www/big)
digest[part]=$(digest < www/part)

cat > lighttpd.conf <<END
server.document-root = "$PWD/www"
server.port = 8001
server.bind = "10.0.3.2"
\$SERVER["socket"] == "[fd00:3::2]:8001" { }
END
cat > nginx.conf <<END
daemon off;
worker_processes 1;
pid $PWD/nginx.pid;
error_log stderr;
$([ "$(id -u)" != 0 ] || echo "user root;")
events { }
http {
	access_log off;
	sendfile on;
	client_body_temp_path $PWD/body;
	proxy_temp_path $PWD/proxy;
	fastcgi_temp_path $PWD/fastcgi;
	uwsgi_temp_path $PWD/uwsgi;
	scgi_temp_path $PWD/scgi;
	server {
		listen 10.0.3.2:8002;
		listen [fd00:3::2]:8002;
		root $PWD/www;
	}
}
END
serve on b lighttpd -D -f lighttpd.conf
serve on b nginx -c "$PWD/nginx.conf"
serve on b mini_httpd -D -p 8003 -d www -h 10.0.3.2
LIMIT=60
# fetched DIGEST COMMAND...: what it prints has that one
fetched() {
	[ "$(on a "${@:2}" | digest)" = "$1" ]
}
export -f digest fetched
with_wget() {
	check "wget from $1: $3" fetched "${digest[$3]}" wget -qO- "http://$2/$3"
}
with_curl() {
	check "curl from $1: $3" fetched "${digest[$3]}" curl -gsSf "http://$2/$3"
}
for v in "lighttpd 8001" "nginx 8002" "mini_httpd 8003"; do
	read -r name port <<< "$v"
	await "$name listens" up b t "$port"
	with_wget "$name" 10.0.3.2:"$port" big
	with_curl "$name" 10.0.3.2:"$port" big
	[ "$name" != mini_httpd ] || continue
	with_wget "$name by IPv6" "[fd00:3::2]:$port" part
	with_curl "$name by IPv6" "[fd00:3::2]:$port" part
	check "curl from $name: in two parts" fetched "${digest[part]}" curl -sSf --range 0-49999999 \
		"http://10.0.3.2:$port/part" --next -sSf --range 50000000- "http://10.0.3.2:$port/part"
done
check "1 GB it is" test "$(on a curl -sSfI http://10.0.3.2:8001/big | tr -d '\r' | awk '/^Content-Length/ { print $2 }')" = 1000000000
for h in r s; do
	check "by way of $h" counter 50000 $h IpForwDatagrams
	check "by way of $h, IPv6" counter 1000 $h Ip6OutForwDatagrams
done
check "three hops" test "$(on a traceroute -n -q 1 -w 2 10.0.3.2 | awk 'NR > 1 { print $2 }' | xargs)" = \
	"10.0.1.2 10.0.2.2 10.0.3.2"
plan
