#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# web.sh: a large file from web servers, three hops away
#
#	a --1-- r --2-- s --3-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. b serves by lighttpd, nginx and mini-httpd.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"

row a r s b
mkdir www
head -c 100000000 /dev/urandom > www/big
chmod -R a+rX www
expected=$(sum < www/big)
export expected

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
LIMIT=20
with_wget() {
	[ "$(on a wget -qO- "http://$1/big" | sum)" = "$expected" ]
}
with_curl() {
	[ "$(on a curl -gsSf "http://$1/big" | sum)" = "$expected" ]
}
forwarded() {
	on "$1" nstat -asz IpForwDatagrams Ip6OutForwDatagrams
}
ranges() {
	[ "$(on a curl -sSf --range 0-49999999 "http://$1/big" --next -sSf --range 50000000- "http://$1/big" | sum)" = "$expected" ]
}
for v in "lighttpd 8001" "nginx 8002" "mini_httpd 8003"; do
	read -r name port <<< "$v"
	have "$name" "$name" || continue
	await "$name listens" up b t "$port"
	check "wget from $name" with_wget 10.0.3.2:"$port"
	check "curl from $name" with_curl 10.0.3.2:"$port"
	[ "$name" != mini_httpd ] || continue
	check "wget from $name, IPv6" with_wget "[fd00:3::2]:$port"
	check "curl from $name in two parts" ranges 10.0.3.2:"$port"
done
for h in r s; do
	check "by way of $h" counter 5000 $h IpForwDatagrams
	check "by way of $h, IPv6" counter 1000 $h Ip6OutForwDatagrams
done
check "three hops" test "$(on a traceroute -n -q 1 -w 2 10.0.3.2 | awk 'NR > 1 { print $2 }' | xargs)" = \
	"10.0.1.2 10.0.2.2 10.0.3.2"
plan
