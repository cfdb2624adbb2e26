# SPDX-License-Identifier: GPL-2.0
# http.sh: nginx, haproxy, varnish, lighttpd, mini-httpd, webfs, busybox, python, node;
# asked by curl, wget, ab, wrk, nghttp, h2load
# timeout: 240

same() {
	[ "$("$@" | sha256sum)" = "$expected" ]
}

# bytes N COMMAND...
bytes() {
	[ "$("${@:2}" | wc -c)" = "$1" ]
}

bench() {
	local out
	out=$(ab -q -n "$1" "${@:2}") && echo "$out" &&
		grep -q "Complete requests: *$1\$" <<< "$out" && grep -q 'Failed requests: *0$' <<< "$out"
}
export -f same bytes bench

# ask NAME URL WORD...: range, whole (it knows no ranges), keep (it keeps connections), a URL
# of the same by IPv6
ask() {
	local name=$1 url=$2 word
	await "$name answers" curl -gsf -o /dev/null "$url/index.html"
	check "$name, curl" same curl -gsf "$url/big"
	check "$name, wget" same wget -qO- "$url/big"
	check "$name, ab" bench 2000 -c 20 "$url/index.html"
	for word in "${@:3}"; do
		case $word in
		range) check "$name, a range" bytes 1000 curl -gsf -r 1000-1999 "$url/big" ;;
		whole) check "$name, a range" bytes 20000000 curl -gsf -r 1000-1999 "$url/big" ;;
		keep)
			check "$name, ab -k" bench 5000 -k -c 20 "$url/index.html"
			check "$name, wrk" silent 'Socket errors' wrk -t 2 -c 20 -d 2s "$url/index.html"
			;;
		*) check "$name, curl, IPv6" same curl -gsf "$word/big" ;;
		esac
	done
}

haproxy_stats() {
	{ echo "show info"; sleep 0.5; } | socat - "UNIX-CONNECT:$PWD/haproxy.sock"
}
export -f haproxy_stats

# nginx, and two that have it behind them
proxies() {
	cat > nginx.conf <<-END
		worker_processes 2;
		user root;
		pid $PWD/nginx.pid;
		error_log $PWD/nginx.error;
		daemon off;
		events { worker_connections 256; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			client_body_temp_path $PWD/tmp; proxy_temp_path $PWD/tmp; fastcgi_temp_path $PWD/tmp;
			uwsgi_temp_path $PWD/tmp; scgi_temp_path $PWD/tmp;
			server { listen 8101 reuseport; listen [::]:8101 reuseport; root $PWD/www; }
			server { listen 8102 http2; root $PWD/www; }
			server { listen 8103; location / { proxy_pass http://127.0.0.1:8101; } }
		}
	END
	mkdir tmp
	serve nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/nginx.error"
	ask nginx http://127.0.0.1:8101 range keep 'http://[::1]:8101'
	ask "nginx before nginx" http://127.0.0.1:8103 range
	check "h2load" says '3000 succeeded, 0 failed' h2load -n 3000 -c 5 -m 10 http://127.0.0.1:8102/index.html
	check "nghttp" same nghttp http://127.0.0.1:8102/big
	check "reload" kill -HUP "$(cat nginx.pid)"
	sleep 0.7
	check "after it" says hello curl -sf http://127.0.0.1:8101/

	cat > haproxy.cfg <<-END
		global
		 maxconn 300
		 stats socket $PWD/haproxy.sock mode 600
		defaults
		 timeout connect 3s
		 timeout client 9s
		 timeout server 9s
		 option splice-auto
		listen plain
		 mode tcp
		 bind 127.0.0.1:8111
		 bind ::1:8111
		 server nginx 127.0.0.1:8101
		listen http
		 mode http
		 bind 127.0.0.1:8112
		 server nginx 127.0.0.1:8101 check inter 300
	END
	serve haproxy -db -f haproxy.cfg
	ask "haproxy, TCP" http://127.0.0.1:8111 range 'http://[::1]:8111'
	ask "haproxy, HTTP" http://127.0.0.1:8112 range
	check "haproxy's statistics" says '^Name: HAProxy' haproxy_stats

	serve varnishd -F -n "$PWD/varnish" -a 127.0.0.1:8121 -b 127.0.0.1:8101 -s malloc,64m
	ask varnish http://127.0.0.1:8121 range keep
	stop
}

suite() {
	LIMIT=25
	mkdir www
	head -c 20000000 /dev/urandom > www/big
	echo hello > www/index.html
	chmod -R a+rX www
	expected=$(sha256sum < www/big)
	export expected

	proxies

	cat > lighttpd.conf <<-END
		server.document-root = "$PWD/www"
		server.port = 8131
		server.bind = "127.0.0.1"
		index-file.names = ("index.html")
		\$SERVER["socket"] == "[::1]:8131" { }
	END
	serve lighttpd -D -f lighttpd.conf
	ask lighttpd http://127.0.0.1:8131 range keep 'http://[::1]:8131'
	stop
	serve mini_httpd -D -p 8141 -d "$PWD/www" -u root -h 127.0.0.1
	ask mini-httpd http://127.0.0.1:8141
	serve webfsd -F -p 8142 -r "$PWD/www" -f index.html -i 127.0.0.1
	ask webfs http://127.0.0.1:8142 range
	serve busybox httpd -f -p 127.0.0.1:8143 -h "$PWD/www"
	ask "busybox httpd" http://127.0.0.1:8143 range
	serve /usr/bin/python3 -m http.server 8144 --bind 127.0.0.1 -d "$PWD/www"
	ask "python's http.server" http://127.0.0.1:8144 whole
	serve node -e '
		const http = require("http"), fs = require("fs");
		http.createServer((q, s) => fs.createReadStream(process.argv[1] + q.url).pipe(s))
			.listen(8145, "127.0.0.1")' "$PWD/www"
	ask node http://127.0.0.1:8145 whole keep
}
