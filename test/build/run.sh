#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# run.sh - what test/run makes of good, bad and broken tests
set -u
top=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/test/fake"
cp test/run "$work/test/"
n=0

# fake NAME COUNTS EXIT <<< SCRIPT: a test of that script gives those counts
fake() {
	local got status
	n=$((n + 1))
	{ echo '#!/bin/bash'; cat; } > "$work/test/fake/$1.sh"
	chmod +x "$work/test/fake/$1.sh"
	got=$("$work/test/run" "fake/$1" 2>&1)
	status=$?
	if [ "$(tail -n 1 <<< "$got")" = "$2" ] && [ $status = "$3" ] &&
	   [ "$(cat "$work/build/test/counts")" = "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: expected '$2' and exit status $3"
		sed 's/^/# /' <<< "$got"
		echo "# exit status $status"
	fi
}

echo 1..20
fake passes "2 passed, 0 failed, 0 skipped" 0 <<< 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
fake plain-exit "1 passed, 0 failed, 0 skipped" 0 <<< 'echo fine'
fake fails "1 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..2; echo ok 1; echo not ok 2; exit 1'
fake fails-quietly "1 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..2; echo ok 1; echo not ok 2'
fake skips-one "1 passed, 0 failed, 1 skipped" 0 <<< 'echo 1..2; echo ok 1; echo "ok 2 # SKIP no tun"'
fake skips-cmocka "1 passed, 0 failed, 1 skipped" 0 <<< 'echo 1..2; echo ok 1; echo "not ok 2 # SKIP b"'
fake skips-all "0 passed, 0 failed, 1 skipped" 1 <<< 'echo "1..0 # SKIP not root"'
fake skips-77 "0 passed, 0 failed, 1 skipped" 1 <<< 'echo no passt here; exit 77'
fake two-plans "2 passed, 0 failed, 0 skipped" 0 <<< 'for i in 1 2; do echo 1..1; echo ok 1; done'
fake no-plan "1 passed, 1 failed, 0 skipped" 1 <<< 'echo ok 1'
fake plan-too-long "1 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..2; echo ok 1'
fake plan-nothing-run "0 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..2'
fake crashes "1 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..1; echo ok 1; kill -SEGV $$'
fake exits-badly "1 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..1; echo ok 1; exit 3'
fake bails-out "0 passed, 1 failed, 0 skipped" 1 <<< 'echo 1..1; echo "Bail out! no disk"'
fake takes-too-long "0 passed, 1 failed, 0 skipped" 1 <<< $'# timeout: 1\nsleep 30'
fake fails-silently "0 passed, 1 failed, 0 skipped" 1 <<< 'exit 1'

# Once for each release, or once
runs() {
	n=$((n + 1))
	got=$("$work/test/run" --release 6.12 --release 6.1 "fake/$1" 2>&1 | tail -n 1)
	[ "$got" = "$2 passed, 0 failed, 0 skipped" ] || printf 'not '
	echo "ok $n - $1 runs $2 times for two releases"
}
printf '#!/bin/bash\necho 1..1; [ $LIBOS_RELEASE ] && echo ok 1\n' > "$work/test/fake/cares.sh"
printf '#!/bin/bash\n# release: none\necho 1..1; [ -z "$LIBOS_RELEASE" ] && echo ok 1\n' > "$work/test/fake/does-not.sh"
chmod +x "$work"/test/fake/*.sh
runs cares 2
runs does-not 1

n=$((n + 1))
"$work/test/run" fake/absent > "$work/out" 2>&1 && printf 'not '
echo "ok $n - a test that is not there is a failure"
cd "$top" || exit 1
