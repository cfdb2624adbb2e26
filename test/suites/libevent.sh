# SPDX-License-Identifier: GPL-2.0
# libevent.sh: libevent's own tests, waiting by epoll and by poll
# timeout: 400

prepare() {
	source_package libevent || return
	cd "$SUITES/src/libevent" || return
	[ ! -x test/regress ] || return 0
	autoreconf -fi && ./configure --disable-shared --disable-samples && make && make -C test regress
}

# cases WHAT TEST...: in processes of their own, but for the race of getaddrinfo's cancel_stress
cases() {
	local what=$1
	shift
	timeout -k 1 180 ./regress "$@" :dns/getaddrinfo_cancel_stress 2>&1 | sed -nE "
		s|^([a-z_]+/[a-z0-9_]+): .*OK$|ok - $what \1|p
		s|^([a-z_]+/[a-z0-9_]+): .*SKIPPED.*|ok - $what \1 # SKIP|p
		s|^ *\[(.*) FAILED\]$|not ok - $what \1|p"
}

suite() {
	cd "$SUITES/src/libevent/test" || return
	cases epoll
	EVENT_NOEPOLL=1 cases poll main/.. signal/.. bufferevent/.. listener/.. http/.. rpc/.. thread/..
}
