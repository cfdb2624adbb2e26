# SPDX-License-Identifier: GPL-2.0
# curl.sh: curl's own tests against its own servers: HTTP, FTP, SMTP, IMAP, TFTP, MQTT and others
# timeout: 900

prepare() {
	source_package curl || return
	cd "$SUITES/src/curl" || return
	[ ! -e tests/built ] || return 0
	./configure --with-openssl --without-nghttp2 --disable-shared --disable-dependency-tracking \
		--disable-manual && make && make -C tests && make -C tests/server &&
		make -C tests/libtest && touch tests/built
}

suite() {
	cd "$SUITES/src/curl/tests" || return
	export srcdir=. USER=root LC_ALL=C.UTF-8
	# Its authors mark what may fail on a busy machine
	perl runtests.pl -n -a -am '!flaky' '!timing-dependent' 2>&1 | sed -nE '
		s/^PASS: /ok - /p; s/^FAIL: /not ok - /p; s/^SKIP: (.*)/ok - \1 # SKIP/p'
}
