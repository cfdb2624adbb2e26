# SPDX-License-Identifier: GPL-2.0
# ksel-nf.sh: the kernel's own tests of netfilter (tools/testing/selftests/net/netfilter; in 6.1
# a level higher), each script in a namespace of its own
# timeout: 2400

prepare() {
	local program
	selftests 6.12 net/lib.sh net/netfilter kselftest.h kselftest_harness.h &&
		selftests 6.1 netfilter || return
	for program in "$SUITES"/src/selftests-6.12/net/netfilter/*.c \
			"$SUITES"/src/selftests-6.1/netfilter/*.c; do
		gcc -O2 -w -D_GNU_SOURCE -o "${program%.c}" "$program" -lmnl -lpthread || return
	done
}

case_of() {
	script "${1%.sh}" alone env -C "$netfilter" "./$1"
}

suite() {
	LIMIT=300
	export quicktest=1
	netfilter=$SUITES/src/selftests-${LIBOS_RELEASE:-6.12}
	[ -e "$netfilter/netfilter" ] || netfilter+=/net
	netfilter+=/netfilter
	local scripts=$(cd "$netfilter" && ls ./*.sh | sed 's|^\./||; /^lib.sh$/d; /_perf.sh$/d; /^nft_audit.sh$/d')
	# It hears what all namespaces do
	case_of nft_audit.sh
	together 4 case_of $scripts
}
