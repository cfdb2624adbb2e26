# SPDX-License-Identifier: GPL-2.0
# php.sh: PHP's own tests of sockets, streams, TLS, FTP, processes and of its web server
# timeout: 1200

PARTS='ext/sockets ext/pcntl ext/posix ext/openssl/tests ext/ftp ext/standard/tests/streams
	ext/standard/tests/network ext/standard/tests/http sapi/cli'

prepare() {
	source_package php8.2
}

suite() {
	local part
	mkdir php && cp "$SUITES/src/php8.2/run-tests.php" php/ || return
	for part in $PARTS; do
		mkdir -p "php/$part" && cp -r "$SUITES/src/php8.2/$part/." "php/$part"
	done
	rm php/sapi/cli/tests/upload_2G.phpt
	cd php || return
	# What is skipped has its reason behind its file
	NO_INTERACTION=1 SKIP_ONLINE_TESTS=1 TEST_TIMEOUT=30 \
		/usr/bin/php8.2 run-tests.php -q -p /usr/bin/php8.2 $PARTS 2>&1 | sed -unE '
		s/\x1b\[[0-9;]*m//g; s/.*\r//; s/^TEST [0-9]+\/[0-9]+ \[[^]]*\]//
		s/^PASS (.*)/ok - \1/p
		s/^SKIP (.*\.phpt\])(.*)/ok - \1 # SKIP\2/p
		s/^(FAIL|LEAK|BORK|WARN|XLEAK|XFAIL) (.*)/not ok - \2/p'
}
