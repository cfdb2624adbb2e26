# SPDX-License-Identifier: GPL-2.0
# socat.sh: socat's own tests: TCP, UDP, SCTP, raw IP, options of sockets, TLS, DTLS, proxies, pty
# (Without OPENSSL_DTLS_SERVER, in which the client may leave before its answer has come.)
# timeout: 700

# A prime of the kind that is found at once: the tests would look for one for minutes.
prepare() {
	source_package socat && openssl dhparam -dsaparam -out "$SUITES/src/socat/testcert.dh" 2048
}

# part NUMBER OF: the tests whose number divided by OF leaves NUMBER, in a namespace of their own
part() {
	local numbers
	numbers=$(seq "$1" "$2" 462 | grep -vx 400 | paste -sd %)
	mkdir "part.$1" && cd "part.$1" && cp "$SUITES/src/socat/testcert.dh" . || return
	SOCAT=/usr/bin/socat timeout 650 bash "$SUITES/src/socat/test.sh" -t 0.5 "%$numbers%" \
		> log 2>&1 < /dev/null
}
export -f part

suite() {
	local n
	# Most of its time it sleeps
	for n in {1..8}; do
		fresh bash -c "part $n 8" &
	done
	wait
	# What stands between two beginnings, as far as it is a verdict, which has a colour
	awk '
		function verdict() {
			if (text ~ /\033\[32mOK/) print "ok - " name
			else if (text ~ /\033\[31mFAILED/) print "not ok - " name
			else if (name != "") print "ok - " name " # SKIP " why
		}
		FNR == 1 || /^test +[0-9]+ [^:]*:/ {
			verdict()
			text = name = why = ""
		}
		/^test +[0-9]+ [^:]*:/ {
			name = $0
			gsub(/\033\[[0-9;]*m/, "", name)
			why = name
			sub(/.*\.\.\. */, "", why)
			sub(/^test +[0-9]+ /, "", name)
			sub(/\.\.\..*/, "", name)
		}
		{ text = text $0 "\n" }
		END { verdict() }' part.*/log
}
