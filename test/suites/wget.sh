# SPDX-License-Identifier: GPL-2.0
# wget.sh: wget's own tests: HTTP, HTTPS, FTP, cookies, authentication, recursion
# (Without Metalink, which Debian's wget is built without.)
# timeout: 600

prepare() {
	source_package wget
}

suite() {
	local each
	export WGET_PATH=/usr/bin/wget SSL_TESTS=1 MAKE_CHECK=True PYTHONPATH=. LIMIT=60
	cp -r "$SUITES/src/wget/tests" "$SUITES/src/wget/testenv" . && cd tests || return
	export WGETRC='' SYSTEM_WGETRC=''
	for each in Test-*.px; do
		automake "$each" perl -I. "$each"
	done
	cd ../testenv || return
	export WGETRC=/dev/null
	for each in Test-*.py; do
		[[ $each == *metalink* ]] || automake "$each" /usr/bin/python3 "$each"
	done
}
