# SPDX-License-Identifier: GPL-2.0
# iproute2.sh: iproute2's own tests, by the ip, tc, bridge and ss that are installed, each in a
# network namespace of its own
#
# Left out: show_dev_wo_vf_rate, which takes iproute2 as it is built. Skipped is what wants
# qdiscs that no kernel of today has (cbq, dsmark).
# timeout: 300

prepare() {
	source_package iproute2
}

# Who fails writes $ERRF, and may still say that all is well.
case_of() {
	local status
	rm -f "$ERRF"
	fresh env -C "$SUITES/src/iproute2/testsuite" "./tests/$1"
	status=$?
	[ ! -e "$ERRF" ] || cat "$ERRF"
	[ $status = 0 ] && [ ! -e "$ERRF" ]
}

suite() {
	local test
	LIMIT=60
	LACKS="Specified qdisc kind is unknown|Parent Qdisc doesn't exists"
	export -f case_of
	export TC=tc IP=ip SS=ss BRIDGE=bridge DEV=lo SNAME=installed IPVER=installed
	export ERRF=$PWD/errors STD_ERR=$PWD/stderr STD_OUT=$PWD/stdout
	# Who asks for it is root already, and nothing is a module.
	mkdir bin && printf '#!/bin/sh\nexec "$@"\n' > bin/sudo && chmod +x bin/sudo
	ln -s /bin/true bin/rmmod
	export PATH=$PWD/bin:$PATH
	for test in $(cd "$SUITES/src/iproute2/testsuite/tests" && find . -name '*.t' | sort); do
		test=${test#./}
		[ "$test" = ip/link/show_dev_wo_vf_rate.t ] || check "${test%.t}" case_of "$test"
	done
}
