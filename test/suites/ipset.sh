# SPDX-License-Identifier: GPL-2.0
# ipset.sh: ipset's own tests, each type of set in a namespace of its own: elements, ranges,
# timeouts, counters, comments, sets that grow, and what netfilter's rules find in them
#
# Some 200,000 programs are started, and elements last for as little as 4 s meanwhile: a machine
# with much else to do fails. On the host's kernel the rules' log is another namespace's
# (nf_log_all_netns). (iptree, iptreemap and ipportnethash are not among what its own run takes.)
# timeout: 3600

prepare() {
	source_package ipset
}

# For them modules are loaded, counted and unloaded; on a stack there are none, and its messages
# are its own.
stand_ins_of_ipset() {
	printf '#!/bin/sh\n' | tee modprobe > rmmod
	printf '#!/bin/sh\necho ip_set_hash_ip 0 0\n' > lsmod
	[ ! -e "$XDG_RUNTIME_DIR/nuse" ] ||
		printf '#!/bin/sh\nexec %s dmesg suite-ipset\n' "$1" > dmesg
	chmod +x ./*
}

# case_of TYPE
case_of() {
	cp -r "$SUITES/src/ipset/tests" . || return
	# Nothing of the system's
	sed -i 's|/var/log/kern.log|kern.log|g' tests/*.sh tests/check_*
	fresh env -C tests timeout 3000 ./runtest.sh "$1" 2>&1 < /dev/null | awk -v type="$1" '
		sub(/: passed$/, "") {
			sub(/^init: /, type ": init: ")
			print "ok - " $0
			next
		}
		/^[^ ]+: .*: / { what = $0; sub(/: [^:]*$/, "", what) }
		/^All tests are passed/ { passed = 1 }
		{ last = $0 }
		END {
			if (passed)
				exit
			print "not ok - " (what ? what : type ": as a whole")
			print "# " last
		}'
}

suite() {
	local types
	export IPSET_BIN=/usr/sbin/ipset
	mkdir bin && (cd bin && stand_ins_of_ipset "${0%/test/*}/build/nuse")
	export PATH=$PWD/bin:$PATH
	# Its namespaces are not the first.
	sysctl -qw net.netfilter.nf_log_all_netns=1 2> /dev/null
	types=$(cd "$SUITES/src/ipset/tests" && ls ./*.t | sed -nE '/iptree|init|ipportnet/d; s|^\./(.*)\.t|\1|p')
	# shellcheck disable=SC2086
	together 2 case_of $types
}
