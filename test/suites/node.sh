# SPDX-License-Identifier: GPL-2.0
# node.sh: Node's own tests of TCP, UDP, HTTP, TLS, clusters and child processes, each a
# process
# timeout: 1200

# Not those that never pass without the internet's names, or that fail on a busy machine
KINDS='child-process cluster dgram http http2 https net tls'
FLAKY='test-cluster-worker-kill-signal|test-http2-premature-close|test-http2-invalid-last-stream-id'

# An interpreter of its own: the tests' version has to be the same
prepare() {
	local at=$SUITES/src/node package version
	source_package nodejs || return
	[ ! -e "$at/unpacked" ] || return 0
	mkdir -p "$at" && cd "$at" || return
	for package in nodejs libnode108; do
		version=$(apt-cache madison "$package" | awk '/ 18\./ { print $3; exit }')
		apt-get -o APT::Sandbox::User= download "$package=$version" &&
			dpkg -x "${package}"_*.deb . || return
	done
	touch unpacked
}

suite() {
	local kind name flags status node=$SUITES/src/node/usr/bin/node
	export LD_LIBRARY_PATH=$SUITES/src/node/usr/lib/x86_64-linux-gnu NODE_TEST_DIR=$HOME
	cd "$SUITES/src/nodejs/test" || return
	for kind in $KINDS; do
		for name in {parallel,sequential}/test-"$kind"-*.js; do
			[ -e "$name" ] && ! [[ $name =~ $FLAKY ]] || continue
			flags=$(sed -n 's,^// Flags: ,,p' "$name")
			# shellcheck disable=SC2086
			timeout -k 1 20 "$node" $flags "$name" > "$HOME/out" 2>&1
			status=$?
			if grep -q '^1\.\.0 # Skipped' "$HOME/out"; then
				echo "ok - $name # SKIP"
			elif [ $status = 0 ]; then
				echo "ok - $name"
			else
				echo "not ok - $name (exit status $status)"
				grep -m 1 -iE 'error' "$HOME/out" | sed 's/^/# /'
			fi
		done
	done
}
