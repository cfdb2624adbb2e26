# SPDX-License-Identifier: GPL-2.0
# golang.sh: Go's own tests of its packages for sockets, HTTP, TLS, processes and signals, as
# static programs that make their system calls themselves

PACKAGES='crypto/tls internal/poll log/syslog net net/http net/http/cgi net/http/fcgi
	net/http/httptest net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp
	net/textproto os os/exec os/signal syscall'

prepare() {
	local name at=$SUITES/src/golang
	[ ! -e "$at/built" ] || return 0
	mkdir -p "$at" || return
	export CGO_ENABLED=0 GOFLAGS= GOPROXY=off GOTOOLCHAIN=local HOME=$at
	for name in $PACKAGES; do
		go test -c -o "$at/${name//\//_}" "$name" || return
	done
	rm -rf "$at/.cache"
	touch "$at/built"
}

suite() {
	local name root at=$SUITES/src/golang
	root=$(go env GOROOT)/src
	# One looks for sendfile(2) in what strace(1) tells, which sees no call of a stack's
	mkdir path && ln -s "$(command -v go)" path/go && for name in /usr/bin/* /bin/*; do
		[ "${name##*/}" = strace ] || ln -sf "$name" path/
	done
	export PATH=$PWD/path HOME=$PWD CGO_ENABLED=0 GOFLAGS= GOPROXY=off GOTOOLCHAIN=local
	for name in $PACKAGES; do
		# Each in the folder of its source, as `go test` does; -short: only this machine
		(cd "$root/$name" && timeout -k 1 120 "$at/${name//\//_}" -test.v -test.short) > out 2>&1 ||
			grep -qE '^FAIL$' out || echo "not ok - $name: it did not end well"
		sed -nE "s|^ *--- PASS: ([^ ]+).*|ok - $name \1|p
			s|^ *--- FAIL: ([^ ]+).*|not ok - $name \1|p
			s|^ *--- SKIP: ([^ ]+).*|ok - $name \1 # SKIP|p" out
	done
}
