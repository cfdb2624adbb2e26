# SPDX-License-Identifier: GPL-2.0
# unbound.sh: Unbound's own tests of its server: queries and answers by UDP, TCP, TLS, HTTP/2, from which
# address, by which interface, behind a proxy
# timeout: 900

# Not what speaks with nobody, or with the internet, what measures, and a host's own files
WITHOUT='00-lint 01-doc 02-unittest 03-testbound 04-checkconf 06-ianaports 07-confroot 08-host-lib
	clang-analysis hostsfileosx nss_compile pylib pymod pymod_thread root_anchor root_hints
	speed_cache speed_local'

prepare() {
	source_package unbound || return
	cd "$SUITES/src/unbound" || return
	[ ! -e built ] || return 0
	./configure --with-libevent --with-libnghttp2 --enable-dnscrypt --enable-dnstap --enable-tfo-client \
		--enable-tfo-server --disable-flto --disable-shared --enable-static CFLAGS=-O1 &&
		make -j2 tests && touch built
}

# one NAME: where what it starts lies above, as in the source, and in a namespace
one() {
	ln -s "$from"/* . && rm testdata && mkdir testdata &&
		cp -r "$from"/testdata/{*.sh,"$1.tdir"} testdata/ || return
	cd testdata && fresh sh ../testcode/mini_tdir.sh -a ../.. exe "$1.tdir"
	cat "result.$1"
	[ -e ".skip-$1" ] && return 4
	[ -e ".done-$1" ]
}

suite() {
	local name names=()
	export from=$SUITES/src/unbound
	export -f one
	for name in "$from"/testdata/*.tdir; do
		name=${name##*/}
		[[ " ${WITHOUT//[[:space:]]/ } " = *" ${name%.tdir} "* ]] || names+=("${name%.tdir}")
	done
	LIMIT=90 together 3 case_of "${names[@]}"
}

case_of() {
	limited one "$1"
	case $? in
	0) report ok "$1" ;;
	4) report ok "$1 # SKIP" ;;
	*) report "not ok" "$1" 8 ;;
	esac
}
