# SPDX-License-Identifier: GPL-2.0
# redis.sh: Redis' own tests: clients, replication, a cluster, saving in the background, redis-cli
# (Of integration/replication one case asks for a value that Debian's server has not, and ends the
# run.)
# timeout: 900

UNITS='unit/networking unit/protocol unit/introspection unit/introspection-2 unit/pubsub
	unit/pubsubshard unit/querybuf unit/pendingquerybuf unit/limits unit/multi unit/tracking unit/wait
	unit/auth unit/acl unit/quit unit/replybufsize unit/obuf-limits unit/client-eviction
	unit/pause unit/shutdown unit/cluster unit/oom-score-adj unit/other unit/info
	integration/replication-2 integration/replication-3 integration/replication-buffer
	integration/block-repl integration/failover integration/psync2-reg
	integration/redis-cli integration/redis-benchmark integration/shutdown integration/aof
	integration/logging'

prepare() {
	source_package redis
}

suite() {
	local name units=()
	cp -r "$SUITES/src/redis/tests" . && mkdir -p src || return
	for name in server cli benchmark check-aof check-rdb; do
		ln -s /usr/bin/redis-$name src/
	done
	ln -s redis-server src/redis-sentinel
	for name in $UNITS; do
		units+=(--single "$name")
	done
	tclsh tests/test_helper.tcl --clients 2 "${units[@]}" 2>&1 | sed -uE '
		s/\x1b\[[0-9;]*m//g
		s/^\[ok\]: (.*) \([0-9]+ ms\)$/ok - \1/
		s/^\[(err|exception|timeout)\]: /not ok - /i
		s/^\[(skip|ignore)\]: (.*)/ok - \2 # SKIP/'
}
