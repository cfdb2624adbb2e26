# SPDX-License-Identifier: GPL-2.0
# ruby.sh: Ruby's own tests of sockets, protocols, TLS, distributed objects and of waiting in
# fibers
# timeout: 400

PARTS='socket net openssl/test_ssl.rb openssl/test_pair.rb drb rinda open-uri resolv fiber io'

prepare() {
	source_package ruby3.1
}

suite() {
	local part from=$SUITES/src/ruby3.1
	ip route add 224.0.0.0/4 dev lo
	for part in $PARTS; do
		# Its reports come after all cases, so each is printed when the part has ended
		timeout -k 1 120 ruby3.1 -W0 -I "$from/tool/lib" -I "$from/test/lib" "$from/tool/test/runner.rb" \
			--base="$from/test" --ruby=ruby3.1 --show-skip -v "$from/test/$part" > out 2> err
		grep -q '^Finished tests' out || {
			echo "not ok - $part: it did not end well"
			tail -n 2 err | sed 's/^/# /'
		}
		awk '
			/^\[ *[0-9]+\/[0-9]+\] / { sub(/^\[[^]]*\] /, ""); name[++n] = $1 }
			/^ +[0-9]+\) / { verdict = $2; getline; sub(/:?( .*)?$/, ""); said[$0] = verdict }
			END {
				for (i = 1; i <= n; i++) {
					verdict = said[name[i]]
					print (verdict ~ /^(Failure|Error)/ ? "not ok" : "ok") " - " name[i] \
						(verdict ~ /^Skipped/ ? " # SKIP" : "")
				}
			}' out
	done
}
