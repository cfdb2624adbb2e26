# SPDX-License-Identifier: GPL-2.0
# lib.sh - for the scripts here: real programs on a stack of their own
#
# A script that reads this goes on on a fresh stack without a device: whatever it starts
# is on that stack. For root, the host's network is an empty namespace meanwhile, so
# that a call which the host answers instead finds nobody there. The current directory
# is a fresh one; when the script ends, or after SECONDS_MAX, all processes are ended.
#
#	check WHAT COMMAND...	passes if COMMAND does, within LIMIT seconds
#	serve COMMAND...	starts it; $! is its number, its output is in serve.log
#	await WHAT COMMAND...	passes as soon as COMMAND does, within LIMIT seconds
#	skip WHAT WHY, have WHAT PROGRAM (or skip), plan	TAP
#	far_namespace		a namespace `far`: near0 10.1.0.1/24 here, far0 10.1.0.2/24 there
#	get URL			its content, on standard output
#	sum			checksum of standard input
#
# COMMAND may be a function. What must be done first, on the host, is a function `outside`,
# defined before this is read.

LIMIT=${LIMIT:-10}
SECONDS_MAX=${SECONDS_MAX:-60}
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

# From outside: runs this script again on a stack, and cleans up.
start_on_stack() {
	local root=$PWD self=$PWD/$0 work status net=(env)
	work=$(mktemp -d /tmp/nuse-test.XXXXXX)
	mkdir -m 700 "$work/run"
	chmod 755 "$work"
	export XDG_RUNTIME_DIR=$work/run TEST_TOP=$root TEST_WORK=$work HOME=$work
	[ "$(id -u)" != 0 ] || ! unshare -n true 2> /dev/null || net=(unshare -n)
	cd "$work" || exit 1
	[ -z "$(type -t outside)" ] || outside || exit
	TEST_INSIDE=1 timeout -k 2 "$SECONDS_MAX" "${net[@]}" "$root/build/nuse" \
		${LIBOS_RELEASE:+--kernel "$LIBOS_RELEASE"} --net none --name test ${NUSE_OPTIONS-} -- \
		bash "$self"
	status=$?
	timeout 10 "$root/build/nuse" stop -f test
	cd "$root" && rm -rf "$work"
	exit $status
}

[ -n "${TEST_INSIDE-}" ] || start_on_stack

tests=0 failures=0

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $*"
}

not_ok() {
	tests=$((tests + 1)) failures=$((failures + 1))
	echo "not ok $tests - $*"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

have() {
	command -v "$2" > /dev/null && return 0
	skip "$1" "$2 is not installed"
	return 1
}

far_namespace() {
	ip netns add far
	ip link add near0 type veth peer name far0 netns far
	ip addr add 10.1.0.1/24 dev near0
	ip link set near0 up
	ip -n far addr add 10.1.0.2/24 dev far0
	ip -n far link set far0 up
}

plan() {
	echo "1..$tests"
	[ $failures = 0 ]
	exit
}

# A function runs in a shell of its own, so that it can be ended, too.
limited() {
	if [ "$(type -t "$1")" = function ]; then
		export -f "${1?}"
		timeout -k 1 "$LIMIT" bash -c '"$@"' bash "$@"
	else
		timeout -k 1 "$LIMIT" "$@"
	fi
}

check() {
	local what=$1 status
	shift
	limited "$@" > check.log 2>&1 < /dev/null
	status=$?
	if [ $status = 0 ]; then
		ok "$what"
	else
		not_ok "$what (exit status $status)"
		tail -n 20 check.log | sed 's/^/# /'
	fi
}

serve() {
	"$@" >> serve.log 2>&1 < /dev/null &
}

await() {
	local what=$1 end=$((SECONDS + LIMIT))
	shift
	until limited "$@" > check.log 2>&1 < /dev/null; do
		if [ $SECONDS -ge $end ]; then
			not_ok "$what (not within $LIMIT s)"
			tail -n 20 check.log | sed 's/^/# /'
			return 1
		fi
		sleep 0.05
	done
	ok "$what"
}

# listening PORT [u]: somebody does
listening() {
	[ -n "$(ss -Hln"${2:-t}" "sport = :$1")" ]
}

get() {
	curl -gsSf --max-time "$LIMIT" "$@"
}

sum() {
	sha256sum | cut -d ' ' -f 1
}

export -f get sum listening
export LIMIT
