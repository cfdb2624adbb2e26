# SPDX-License-Identifier: GPL-2.0
# lksctp.sh: lksctp-tools' functional tests of SCTP
# timeout: 600

prepare() {
	source_package lksctp-tools || return
	cd "$SUITES/src/lksctp-tools" || return
	[ ! -e built ] || return 0
	./bootstrap && ./configure --disable-shared && make &&
		make -C src/func_tests check TESTS= && touch built
}

# Each is a program that says "NAME.c  3 PASS : …", FAIL, BROK (could not) or CONF (not
# supported) for each case
suite() {
	local name status log=$HOME/out
	cd "$SUITES/src/lksctp-tools/src/func_tests" || return
	for name in $(find . -name 'test_*' -type f -perm -u+x | sort); do
		timeout -k 1 60 "$name" > "$log" 2>&1
		status=$?
		if ! grep -q ' PASS' "$log" && grep -qi 'not supported' "$log"; then
			echo "ok - $name # SKIP $(grep -im 1 'not supported' "$log")"
			continue
		fi
		sed -nE "s/^.* PASS *: */ok - ${name#./}: /p
			s/^.* (FAIL|BROK) *: */not ok - ${name#./}: /p
			s/^.* CONF *: *(.*)/ok - ${name#./} # SKIP \\1/p" "$log"
		[ $status = 0 ] || grep -qE ' FAIL| BROK' "$log" || {
			echo "not ok - ${name#./} (exit status $status)"
			tail -n 2 "$log" | sed 's/^/# /'
		}
	done
}
