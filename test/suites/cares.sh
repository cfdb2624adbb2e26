# SPDX-License-Identifier: GPL-2.0
# cares.sh: c-ares' own tests: DNS servers and the resolver in one process

prepare() {
	source_package c-ares || return
	cd "$SUITES/src/c-ares" || return
	[ ! -x test/arestest ] || return 0
	autoreconf -fi && ./configure --enable-tests && make && make -C test arestest
}

suite() {
	LIMIT=240
	cd "$SUITES/src/c-ares/test" || return
	timeout -k 1 240 ./arestest --gtest_filter='-*Live*:*Container*' 2>&1 | sed -nE '
		s/^\[       OK \] (.*)/ok - \1/p
		s/^\[  SKIPPED \] (.* ms\))/ok - \1 # SKIP/p
		s/^\[  FAILED  \] (.* ms\))/not ok - \1/p'
}
