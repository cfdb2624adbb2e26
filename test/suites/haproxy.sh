# SPDX-License-Identifier: GPL-2.0
# haproxy.sh: HAProxy's own tests: HTTP/1, HTTP/2, TLS, checks, descriptors given to its successor;
# varnishtest plays the clients and the servers
# timeout: 900

prepare() {
	source_package haproxy
}

suite() {
	export HAPROXY_PROGRAM=/usr/sbin/haproxy HAPROXY_TEST_TIMEOUT=20s TMPDIR=$PWD
	cd "$SUITES/src/haproxy" || return
	# shellcheck disable=SC2046
	varnishtest -k -j 2 -t 40 $(find reg-tests -name '*.vtc' | sort) 2>&1 | sed -unE '
		s/^# +top +TEST ([^ ]+) passed.*/ok - \1/p
		s/^# +top +TEST ([^ ]+) skipped.*/ok - \1 # SKIP/p
		s/^# +top +TEST ([^ ]+) (FAILED|TIMED OUT).*/not ok - \1 \2/p'
}
