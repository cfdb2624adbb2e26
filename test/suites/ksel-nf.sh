# SPDX-License-Identifier: GPL-2.0
# ksel-nf.sh: the kernel's own tests of netfilter (tools/testing/selftests/net/netfilter; in 6.1
# a level higher), each script in namespaces of its own, of the release that the library's
# kernel is of
#
# Left out: nft_audit, for which Debian 12's nft is too old; nf_conntrack_packetdrill, since there is
# no packetdrill; nft_concat_range_perf and nft_trans_stress, which measure and wear.
# timeout: 2400

# The folder of RELEASE's
netfilter() {
	local net=$SUITES/src/linux-$1/tools/testing/selftests/net/netfilter
	[ -e "$net" ] || net=${net%/net/*}/netfilter
	echo "$net"
}

prepare() {
	local release program
	for release in 6.12 6.1; do
		selftests $release || return
		for program in "$(netfilter $release)"/*.c; do
			gcc -O2 -w -D_GNU_SOURCE -o "${program%.c}" "$program" -lmnl -lpthread || return
		done
	done
}

case_of() {
	script "${1%.sh}" alone env -C "$folder" "./$1"
}

# Those that are programs, from 6.12 on
case_of_c() {
	[ ! -x "$folder/$1" ] || tap "$1" alone "$folder/$1"
}

suite() {
	LIMIT=900
	# Fewer rounds: the authors' own words for a machine with other things to do
	export KSFT_MACHINE_SLOW=yes quicktest=1
	folder=$(netfilter "${LIBOS_RELEASE:-6.12}")
	# The nft of ebtables cannot broute.
	mkdir bin && ln -s /usr/sbin/ebtables-legacy bin/ebtables
	PATH=$PWD/bin:$PATH
	# The longest first
	# shellcheck disable=SC2046
	together 4 case_of nft_concat_range.sh $(cd "$folder" && ls ./*.sh | sed -E 's|^\./||
		/^(lib|nft_audit|nf_conntrack_packetdrill|nft_concat_range.*|nft_trans_stress).sh$/d')
	case_of_c conntrack_dump_flush
}
