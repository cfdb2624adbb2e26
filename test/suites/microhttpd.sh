# SPDX-License-Identifier: GPL-2.0
# microhttpd.sh: GNU libmicrohttpd's own tests: a server that waits by select, poll and epoll, in one thread,
# in many, in the caller's; libcurl is the client
# timeout: 900

prepare() {
	source_package libmicrohttpd || return
	cd "$SUITES/src/libmicrohttpd" || return
	[ ! -e built ] || return 0
	./configure --disable-doc --disable-examples --enable-heavy-tests --disable-shared CFLAGS=-O1 &&
		make -j2 && make -j2 check TESTS= && touch built
}

# one PROGRAM
one() {
	automake "${1##*/}" "$SUITES/src/libmicrohttpd/$1"
}

suite() {
	# shellcheck disable=SC2046
	LIMIT=100 together 3 one $(cd "$SUITES/src/libmicrohttpd" && find src/microhttpd src/testcurl -type f \
		-executable \( -name 'test_*' -o -name 'perf_*' \) ! -name '*.sh' ! -path '*/.libs/*' | sort)
}
