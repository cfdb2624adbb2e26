# SPDX-License-Identifier: GPL-2.0
# glib.sh: GIO's own tests of sockets, resolvers, D-Bus and processes, and libsoup's of HTTP, HTTP/2
# and WebSockets
# (Without libsoup's that want an Apache of their own, ssl-test, which hangs on some runs anywhere,
# and what measures time or computes for half a minute.)
# timeout: 700

GIO='socket socket-listener socket-service socket-address inet-address network-address
	network-monitor network-monitor-race gsocketclient-slow proxy-test pollable unix-streams unix-fd
	tls-interaction sleepy-stream gdbus-peer gdbus-connection-loss gdbus-server-auth gdbus-non-socket
	gdbus-exit-on-close gdbus-connection gdbus-connection-flush mainloop unix spawn-multithreaded
	spawn-singlethread spawn-test io-channel thread-pool thread async-close-output-stream
	stream-rw_all resolver-parsing task converter-stream g-file signal-handler testing'
SOUP='brotli-decompressor cache chunk-io coding context continue cookies forms header-parsing
	hsts http2 logger misc multipart no-ssl ntlm redirect request-body samesite
	server server-auth session sniffing streaming timeout unix-socket websocket'

# each NAME: has it a result, and which
each() {
	timeout -k 1 60 "./$1" --tap > "$work/out" 2>&1 < /dev/null
	case $? in
	0 | 77) ;;
	*) grep -q '^ *not ok' "$work/out" || echo "not ok - $1: it did not end well" ;;
	esac
	sed -nE "s/^ *(ok|not ok) [0-9]+ (- )?/\1 - $1: /p" "$work/out"
}

suite() {
	local name work=$PWD
	cd /usr/libexec/installed-tests/glib || return
	for name in $GIO; do
		each "$name"
	done
	cd ../libsoup-3.0 || return
	for name in $SOUP; do
		each "$name-test"
	done
}
