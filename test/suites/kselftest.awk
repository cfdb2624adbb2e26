# SPDX-License-Identifier: GPL-2.0
# kselftest.awk: what a script of the kernel's self-tests said of its cases, as TAP, and a case
# more for its exit status (kselftest.h: 2 is for what was expected to fail, 4 for skipped)
#
# Those say it in TAP, as "TEST: what [ OK ]", "PASS: what" or "what  ok". What fails whose name
# matches `excused` is skipped.
#
#	awk -v what=SCRIPT -v status=STATUS -v excused=PATTERN -f kselftest.awk LOG

# verdict is "ok", "not ok" or "skip"
function say(verdict, name) {
	gsub(/^[ \t]+|[ \t]+$/, "", name)
	sub(/^TEST: /, "", name)
	gsub(/#/, "", name)
	if (verdict == "not ok" && excused && name ~ excused) {
		verdict = "skip"
		excuses++
	}
	failed += verdict == "not ok"
	print (verdict == "skip" ? "ok" : verdict) " - " what ": " name \
		(verdict == "skip" ? " # SKIP" : "")
}

function verdict_of(word) {
	if (word ~ /XFAIL/)
		expected++
	return word ~ /XFAIL|SKIP/ ? "skip" : tolower(word) ~ /fail|error/ ? "not ok" : "ok"
}

{ line[NR] = $0; tap = tap || /^(not )?ok [0-9]/ }

END {
	for (i = 1; i <= NR; i++) {
		$0 = line[i]
		if (tap && match($0, /^(not )?ok [0-9]+( - )?/)) {
			name = substr($0, RLENGTH + 1)
			sub(/ *# *(time|duration).*/, "", name)
			skip = name ~ /# *SKIP/
			sub(/#.*/, "", name)
			say(skip ? "skip" : /^not/ ? "not ok" : "ok", name)
		} else if (tap) {
			continue
		} else if (match($0, /\[ *(OK|PASS|FAIL|SKIP|XFAIL) *\]/)) {
			verdict = verdict_of(substr($0, RSTART, RLENGTH))
			say(verdict, substr($0, 1, RSTART - 1))
		} else if (match($0, /^ *(PASS|OK|FAIL|ERROR|XFAIL|SKIP): /)) {
			verdict = verdict_of(substr($0, 1, RLENGTH))
			say(verdict, substr($0, RLENGTH + 1))
		} else if (match($0, /  (ok|fail)( |$)/)) {
			verdict = verdict_of(substr($0, RSTART, RLENGTH))
			say(verdict, substr($0, 1, RSTART - 1))
		}
	}
	if (status == 4 || (status == 2 && expected) || (status && !failed && excuses))
		say("skip", "as a whole: " line[NR])
	else
		say(status ? "not ok" : "ok", "as a whole, exit status " status)
}
