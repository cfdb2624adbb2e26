# SPDX-License-Identifier: GPL-2.0
# erlang.sh: Erlang's own tests of sockets, of its options and of names and interfaces; a machine
# of many threads, which waits in one of them
# (Of inet_sockopt the raw ones fail anywhere: their helper in C is not built.)
# timeout: 900

# Of its kernel application. Not gen_tcp_misc, which takes four minutes on a quiet machine.
TESTS='gen_tcp_echo gen_tcp_api gen_sctp inet inet_sockopt net sendfile'
LIBRARIES='common-test crypto runtime-tools snmp ssh syntax-tools tools xmerl'

# What runs the tests is packaged with a desktop's libraries: without those, unpacked
prepare() {
	local name at=$SUITES/src/erlang-tests from=$SUITES/src/erlang/lib
	source_package erlang || return
	[ ! -e "$at/built" ] || return 0
	mkdir -p "$at/tests" && cd "$at" || return
	for name in $LIBRARIES; do
		apt-get -o APT::Sandbox::User= download "erlang-$name" && dpkg -x "erlang-${name}"_*.deb . || return
	done
	# Links to what is not there
	for name in usr/lib/erlang/lib/common_test-*/priv/*.js; do
		rm "$name" && touch "$name" || return
	done
	export ERL_LIBS=$at/usr/lib/erlang/lib
	erlc +nowarn_deprecated_function -I "$from" -o tests "$from"/common_test/test_server/ts_{install_cth,lib}.erl \
		"$from"/kernel/test/kernel_test_{lib,global_sys_monitor,sys_monitor}.erl || return
	for name in $TESTS; do
		(cd "$from/kernel/test" && erlc -I "$from" -o "$at/tests" "${name}_SUITE.erl") || return
		[ ! -e "$from/kernel/test/${name}_SUITE_data" ] ||
			cp -r "$from/kernel/test/${name}_SUITE_data" tests || return
	done
	touch built
}

suite() {
	local name at=$SUITES/src/erlang-tests
	export ERL_LIBS=$at/usr/lib/erlang/lib ERL_EPMD_PORT=4370
	serve epmd
	for name in $TESTS; do
		mkdir "$name"
		timeout -k 2 200 erl -noinput -sname "$name" -hidden -pa "$at/tests" -eval "
			ct:run_test([{dir, \"$at/tests\"}, {suite, ${name}_SUITE}, {logdir, \"$name\"},
				{auto_compile, false}]),
			halt()." > out 2>&1 || echo "not ok - $name: it did not end well"
		find "$name" -name suite.log -exec awk '
			/^=case/ { name = $2; sub(/_SUITE:/, " ", name) }
			/^=result/ && name !~ /(init|end)_per_/ {
				print ($2 ~ /^ok/ ? "ok" : $2 ~ /skipped/ ? "ok" : "not ok") " - " name \
					($2 ~ /skipped/ ? " # SKIP" : "")
			}' {} +
	done
}
