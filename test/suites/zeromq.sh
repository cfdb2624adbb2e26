# SPDX-License-Identifier: GPL-2.0
# zeromq.sh: ZeroMQ's own tests: its patterns and guarantees by TCP, TIPC, WebSockets, SOCKS, sockets with
# names; a thread of its own waits in epoll
# timeout: 900

prepare() {
	source_package zeromq3 || return
	cd "$SUITES/src/zeromq3" || return
	[ ! -e built ] || return 0
	./autogen.sh && ./configure --disable-shared --disable-Werror --without-docs CXXFLAGS=-O1 &&
		make -j2 && make -j2 check TESTS= && touch built
}

# one PROGRAM: each of its tests
one() {
	local status
	limited "$SUITES/src/zeromq3/tests/$1"
	status=$?
	sed -nE "s|^[^ ]*:[0-9]+:([^:]*):PASS.*|ok - $1 \1|p; s|^[^ ]*:[0-9]+:([^:]*):FAIL.*|not ok - $1 \1|p
		s|^[^ ]*:[0-9]+:([^:]*):IGNORE:?(.*)|ok - $1 \1 # SKIP\2|p" check.log
	case $status in
	0) ;;
	77) report ok "$1 # SKIP" ;;
	*) grep -q :FAIL check.log || report "not ok" "$1 (exit status $status)" ;;
	esac
}

suite() {
	# Without those of its parsers; and one that gives a thread a millisecond and then waits for ever
	# shellcheck disable=SC2046
	LIMIT=90 together 3 one $(cd "$SUITES/src/zeromq3/tests" && find . -maxdepth 1 -type f -executable \
		-name 'test_*' ! -name '*fuzzer*' ! -name test_mock_pub_sub | sed 's/^..//' | sort)
}
