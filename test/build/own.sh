#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# own.sh - make KERNEL_SRC=DIR: one clear sentence where it cannot be, and what becomes of a
# release that LibOS does not know, as far as its configuration. Nothing is written there.
set -u
work=$(mktemp -d)
source=$PWD/build/linux-$LIBOS_RELEASE/source
n=0
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
trap 'rm -rf "$work" build/linux-*-own' EXIT

if ! grep -q "^$LIBOS_RELEASE " kernel/releases; then
	echo "1..0 # SKIP $LIBOS_RELEASE is built from KERNEL_SRC"
	exit
fi

result() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/out"
	fi
}

# refused DIR PATTERN NAME: one sentence, and then make's own line that it stops
refused() {
	! make -n KERNEL_SRC="$work/$1" > "$work/out" 2>&1 < /dev/null &&
		[ "$(wc -l < "$work/out")" = 2 ] &&
		head -n 1 "$work/out" | grep -qE "^KERNEL_SRC=$work/$1: $2" &&
		tail -n 1 "$work/out" | grep -q 'Stop'
	result "$3" $?
}

# fake DIR MAKEFILE: as much of a kernel tree as is looked at
fake() {
	mkdir -p "$work/$1/arch/x86/include"
	touch "$work/$1/Kbuild"
	echo "$2" > "$work/$1/Makefile"
}
says() {
	printf 'kernelversion:\n\t@echo %s' "$1"
}

refused nothing 'no such directory' "a directory that is not there"
mkdir "$work/empty"
refused empty 'not a Linux kernel tree' "one that is no kernel"
fake "a b" "$(says 6.12.1)"
refused "a b" 'the kernel.s make takes no directory with a space' "one with a space in its name"
ln -s "a b" "$work/link"
refused link 'the kernel.s make takes no directory with a space' "a link to it"
fake dirty "$(says 6.12.1)"
touch "$work/dirty/.config"
refused dirty "a kernel was built in it.*'make mrproper'" "one that a kernel was built in"
fake other "$(says 6.12.1)"
mkdir "$work/other/arch/lib"
refused other 'has an arch/lib of its own' "one with an arch/lib"
fake old "$(says 5.10.250)"
refused old 'Linux 5.10.250 is older than 6.1' "one that is too old"
fake broken 'kernelversion:; @echo no compiler >&2; false'
refused broken "its 'make kernelversion' fails: .*Error 1" "one that cannot say which it is"
fake odd "$(says 'a kernel')"
refused odd "its 'make kernelversion' says 'a kernel'" "one that says something else"

# --- releases that LibOS does not know: this one by another name

# own DIR VERSION.PATCHLEVEL
own() {
	local entry
	mkdir "$work/$1"
	for entry in "$source"/*; do
		ln -s "$entry" "$work/$1/"
	done
	rm "$work/$1/Makefile"
	sed "s/^VERSION = .*/VERSION = ${2%.*}/; s/^PATCHLEVEL = .*/PATCHLEVEL = ${2#*.}/
		s/^SUBLEVEL = .*/SUBLEVEL = 0/; s/^EXTRAVERSION =.*/EXTRAVERSION = -own/" \
		"$source/Makefile" > "$work/$1/Makefile"
}

# configured DIR RELEASE
configured() {
	make KERNEL_SRC="$work/$1" "build/linux-$2.0-own/configured" > "$work/out" 2>&1 < /dev/null
}
obj() {
	echo "build/linux-$1.0-own/tree/obj"
}
# Files that are newer than the test, below a tree
written() {
	find -L "$1" -newer "$work/begin" -print -quit
}

own later 9.1
own first 6.6
own second 6.6
touch "$work/begin"
sleep 0.01
configured later 9.1 && grep -q "^LibOS does not know Linux 9.1.0-own: trying with kernel/config/6.12.config.$" "$work/out" &&
	grep -q '^CONFIG_INET=y' "$(obj 9.1)/.config"
result "a later release is tried with the newest configuration" $?
configured first 6.6 && grep -q "trying with kernel/config/6.1.config.$" "$work/out" &&
	grep -q '^CONFIG_INET=y' "$(obj 6.6)/.config"
result "one between two with that of the one before" $?
if grep -q 'did not take' "$work/out"; then
	tail -n 1 "$work/out" | grep -q 'Going on without the above: doc/porting.md'
else
	! grep -q 'Going on' "$work/out"
fi
result "what it does not have is said" $?

touch "$(obj 6.6)/built"
configured first 6.6 && [ ! -s "$work/out" ] && [ -e "$(obj 6.6)/built" ]
result "once more: nothing to do" $?
configured second 6.6 && [ ! -e "$(obj 6.6)/built" ] &&
	[ "$(readlink -f "$(obj 6.6)/../Makefile")" = "$work/second/Makefile" ]
result "another tree of the same release: nothing of the first is left" $?
[ -z "$(written "$work/later")$(written "$work/first")$(written "$work/second")" ]
result "nothing is written into them" $?
echo "1..$n"
