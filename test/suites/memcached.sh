# SPDX-License-Identifier: GPL-2.0
# memcached.sh: memcached's own tests: a server with threads, by TCP, UDP, a unix socket
# timeout: 900

prepare() {
	source_package memcached || return
	cd "$SUITES/src/memcached" || return
	[ ! -x timedrun ] || return 0
	./configure && make memcached memcached-debug sizes testapp timedrun
}

# Not the network's: what waits for a disk or for time to pass, and what needs a build
# with more in it
OTHER='64bit|chunked-extstore|daemonize|extstore|lru-maintainer|proxy|restart|sasl'
OTHER+='|slabs-reassign2|tls|whitespace'

suite() {
	local name log=$HOME/out status
	cd "$SUITES/src/memcached" || return
	for name in t/*.t; do
		[[ ! $name =~ $OTHER ]] || continue
		timeout -k 1 90 perl "$name" > "$log" 2>&1
		status=$?
		if [ $status != 0 ] || grep -aq '^not ok' "$log"; then
			echo "not ok - $name (exit status $status)"
			grep -am 2 '^not ok' "$log" | sed 's/^/# /'
		elif grep -aqE '^1\.\.0' "$log" || ! grep -aE '^ok' "$log" | grep -aqvi '# *skip'; then
			echo "ok - $name # SKIP $(tail -n 1 "$log")"
		else
			echo "ok - $name"
		fi
	done
}
