# SPDX-License-Identifier: GPL-2.0
# libuv.sh: libuv's own tests of sockets, pipes, polling and processes, each a process
# that starts itself again; descriptors are passed among them

prepare() {
	source_package libuv1 || return
	cd "$SUITES/src/libuv1" || return
	[ ! -x test/run-tests ] || return 0
	sh autogen.sh && ./configure --disable-shared && make && make test/run-tests
}

KIND='accept|active|async|bind|buf|callback|close|connect|connection|default|delayed|deny'
KIND+='|eintr|embed|emfile|eof|fs_event_no|getaddrinfo|getnameinfo|getsockname|getters|has|idle'
KIND+='|interface|ip4|ip6|ipc|listen|loop|metrics|multiple|not|ping|pipe|poll|queue|read|readable|ref'
KIND+='|shutdown|signal|socket|spawn|stdio|tcp|threadpool|try|udp|walk|watcher|write'

suite() {
	local name status
	export UV_RUN_AS_ROOT=1 UV_TEST_TIMEOUT_MULTIPLIER=2
	LIMIT=30
	cd "$SUITES/src/libuv1" || return
	for name in $(test/run-tests --list | grep -oE "^($KIND)[a-z0-9_]*" | sort -u); do
		timeout -k 1 30 test/run-tests "$name" > "$HOME/out" 2>&1
		status=$?
		case $status in
		0) grep -q '^ok.*# SKIP' "$HOME/out" && echo "ok - $name # SKIP" || echo "ok - $name" ;;
		7) echo "ok - $name # SKIP $(tail -n 1 "$HOME/out")" ;;
		*) echo "not ok - $name (exit status $status)"; sed 's/^/# /' "$HOME/out" ;;
		esac
	done
}
