# SPDX-License-Identifier: GPL-2.0
# lib.sh - the words that suites are written in; test/suites/run starts it
#
#	check WHAT COMMAND...		passes if COMMAND does, within LIMIT seconds
#	says PATTERN COMMAND...		COMMAND succeeds, and its output has PATTERN
#	silent PATTERN COMMAND...	has not
#	tap WHAT COMMAND...		COMMAND prints TAP itself; or is one case, where
#					4 means skipped, as in the kernel's self-tests
#	automake WHAT COMMAND...	one case, where 77 means skipped
#	script WHAT COMMAND...		as tap, for the kernel's self-tests that are shell scripts
#				(kselftest.awk), in a session of its own; where a case's name
#				matches EXCUSED, it may fail
#	serve COMMAND...		starts it; `stop` ends all that were
#	await WHAT COMMAND...		passes as soon as COMMAND does
#	fresh COMMAND...		in a network namespace of its own, lo up
#	alone COMMAND...		the same, and what it names with `ip netns` is its own, and /sys
#	together N WORD ITEM...		does WORD ITEM for each, N at once, in folders of their own;
#				with ONLY=PATTERN in the environment for those that match
#	source_package NAME		its source from Debian, in $SUITES/src/NAME
#	selftests RELEASE		the kernel's, and what they are built with, in
#				$SUITES/src/linux-RELEASE/tools/testing/selftests
#
# COMMAND may be a function that was exported. A command that fails because the kernel was
# built without something, which LACKS tells from its output, is skipped.

LIMIT=${LIMIT:-10}
LACKS='^$'
EXCUSED=
KSELFTEST=${0%/*}/kselftest.awk
servers=()

report() {
	echo "$1 - ${2//$'\n'/ }"
	[ "$1" = ok ] || tail -n "${3:-2}" check.log | sed 's/^/# /'
}

# limited COMMAND...: its output is in check.log
limited() {
	if [ "$(type -t "$1")" = function ]; then
		timeout -k 1 "$LIMIT" bash -c '"$@"' bash "$@"
	else
		timeout -k 1 "$LIMIT" "$@"
	fi > check.log 2>&1 < /dev/null
}

check() {
	local what=$1 status
	shift
	limited "$@"
	status=$?
	if [ $status = 0 ]; then
		report ok "$what"
	elif grep -qiE -- "$LACKS" check.log; then
		report ok "$what # SKIP $(grep -iEm 1 -- "$LACKS" check.log)"
	else
		report "not ok" "$what (exit status $status)"
	fi
}

says() {
	local pattern=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	echo "$out"
	[ $status = 0 ] && grep -qE -- "$pattern" <<< "$out"
}

silent() {
	local pattern=$1 out
	shift
	out=$("$@" 2>&1) || { echo "$out"; return 1; }
	echo "$out"
	! grep -qE -- "$pattern" <<< "$out"
}

tap() {
	local what=$1 status
	shift
	limited "$@"
	status=$?
	if grep -q '^not ok' check.log ||
	   { grep -q '^ok' check.log && { [ $status = 0 ] || [ $status = 4 ]; }; }; then
		sed -nE "s|^(ok\|not ok)( [0-9]+)?( -)?|\1 - $what:|p" check.log
	elif [ $status = 4 ]; then
		report ok "$what # SKIP $(tail -n 1 check.log)"
	elif [ $status = 0 ]; then
		report ok "$what"
	else
		report "not ok" "$what (exit status $status)"
	fi
}

automake() {
	local what=$1 status
	shift
	limited "$@"
	status=$?
	case $status in
	0) report ok "$what" ;;
	77) report ok "$what # SKIP" ;;
	*) report "not ok" "$what (exit status $status)" ;;
	esac
}

script() {
	local what=$1 status lines
	shift
	PATH=$SUITES/src/bin:$PATH setsid --wait bash -c 'limited "$@"' bash "$@"
	status=$?
	# Some have random names in what they say
	lines=$(sed -E 's/\x1b\[[0-9;]*m//g; s/\b(ns[a-z0-9]*)-[A-Za-z0-9]{6}\b/\1/g' check.log |
		awk -v what="$what" -v status=$status -v excused="$EXCUSED" -f "$KSELFTEST")
	echo "$lines"
	! grep -q '^not ok' <<< "$lines" || tail -n 20 check.log | sed 's/^/# /'
}

serve() {
	"$@" >> serve.log 2>&1 < /dev/null &
	servers+=($!)
}

stop() {
	[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2> /dev/null
	for server in "${servers[@]}"; do
		timeout 5 tail --pid="$server" -f /dev/null || kill -KILL "$server"
	done
	wait "${servers[@]}"
	servers=()
} 2> /dev/null

await() {
	local what=$1 end=$((SECONDS + LIMIT))
	shift
	until limited "$@"; do
		if [ $SECONDS -ge $end ]; then
			report "not ok" "$what (not within $LIMIT s)"
			return 1
		fi
		sleep 0.1
	done
	report ok "$what"
}

# listening PORT [u]: somebody does
listening() {
	[ -n "$(ss -Hln"${2:-t}" "sport = :$1")" ]
}

fresh() {
	# bash, since dash drops functions that were exported
	unshare -n bash -c 'ip link set lo up; exec "$@"' bash "$@"
}

alone() {
	unshare -n -m bash -c 'mkdir -p /run/netns && mount -t ramfs none /run/netns &&
			mount -t sysfs none /sys || exit
		ip link set lo up; exec "$@"' bash "$@"
}

together() {
	local most=$1 word=$2 item
	shift 2
	for item in "$@"; do
		[[ $item =~ ${ONLY-} ]] || continue
		while [ "$(jobs -rp | wc -l)" -ge "$most" ]; do
			wait -n
		done
		(
			mkdir -p "together/$item" && cd "together/$item" || exit
			"$word" "$item" > lines 2>&1
			cat lines
		) &
	done
	wait
}

# As the distribution built it from: no file of the system is changed
source_package() {
	local apt=$SUITES/apt at=$SUITES/src version
	local options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o "Dir::Etc::SourceParts=$apt/parts"
		-o "Dir::State::Lists=$apt/lists" -o APT::Sandbox::User=)
	[ ! -e "$at/$1.unpacked" ] || return 0
	mkdir -p "$apt/lists/partial" "$apt/parts" "$at"
	# From where the system has its packages, in either format
	sed -n 's/^deb /deb-src /p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		> "$apt/sources.list" 2> /dev/null
	sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/*.sources \
		> "$apt/parts/system.sources" 2> /dev/null
	[ -e "$apt/updated" ] || apt-get "${options[@]}" update || return
	touch "$apt/updated"
	# Of an update the source may not be there (yet): then what it updates
	for version in "" $(apt-cache "${options[@]}" showsrc "$1" | sed -n 's/^Version: /=/p'); do
		rm -rf "${at:?}/$1" "$at/$1"_*
		(cd "$at" && apt-get "${options[@]}" source --download-only "$1$version") && break
	done || return
	dpkg-source --no-check -x "$at/$1"_*.dsc "$at/$1" && touch "$at/$1.unpacked"
}

# On a stack everything is built in, and scripts end where modprobe does not, or lsmod does not show
# a module; dmesg is the host's. killall is for programs
# of the same script: others on the machine may have some of that name.
stand_ins() {
	mkdir -p "$1" && cd "$1" || return
	printf '#!/bin/sh\nexit 0\n' | tee modprobe > modinfo
	printf '#!/bin/sh\necho openvswitch\n' > lsmod
	printf '#!/bin/sh\nexec ${DMESG:-/bin/dmesg}\n' > dmesg
	cat > killall <<-'END'
		#!/bin/sh
		signal=-TERM
		for name; do
			case $name in
			-q) ;;
			-*) signal=$name ;;
			*) pkill "$signal" -s 0 -x "$name" ;;
			esac
		done
	END
	chmod +x modprobe modinfo lsmod dmesg killall
}

# Of the Debian package that the library's kernel of that release is built from
selftests() {
	local from=linux-source-$1 at=$SUITES/src/linux-$1
	local part=(Makefile Kbuild Kconfig arch/x86 include scripts tools usr)
	[ ! "$at/unpacked" -nt "/usr/src/$from.tar.xz" ] || return 0
	rm -rf "$at"
	mkdir -p "$at"
	tar -xf "/usr/src/$from.tar.xz" -C "$at" --strip-components=1 "${part[@]/#/$from/}" &&
		make -C "$at" headers && (stand_ins "$SUITES/src/bin") && touch "$at/unpacked"
}

export -f report limited script says silent listening fresh alone
export LIMIT EXCUSED KSELFTEST

prepare() { :; }
. "${0%/*}/$2.sh"
if [ "$1" = prepare ]; then
	prepare
else
	ip link set lo up
	suite
	stop
	echo end
fi
