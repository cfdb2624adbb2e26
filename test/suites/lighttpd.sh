# SPDX-License-Identifier: GPL-2.0
# lighttpd.sh: lighttpd's own tests: requests, FastCGI, SCGI, proxies

prepare() {
	source_package lighttpd
}

suite() {
	local name
	mkdir build && cp -r "$SUITES/src/lighttpd/tests" "$SUITES/src/lighttpd/src" . && cd tests || return
	ln -s /usr/lib/lighttpd/* ../build/
	for name in fcgi scgi; do
		gcc -O2 -w -o $name-responder $name-responder.c || return
	done
	export top_builddir=.. srcdir=. LIGHTTPD_EXE_PATH=/usr/sbin/lighttpd
	sh ./prepare.sh > /dev/null
	for name in *.t; do
		timeout 100 perl -I. "$name" 2> err | sed -nE "s/^(ok|not ok) [0-9]+/\1 - $name/p" |
			sed "s/$name - /$name: /"
	done
}
