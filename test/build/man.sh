#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# man.sh - manual pages are well formed and complete, and what they show compiles
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# report NAME: ok when $work/out is empty
report() {
	n=$((n + 1))
	if [ ! -s "$work/out" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/out"
	fi
}

compile() {
	gcc -std=gnu11 -Wall -Wextra -Werror -Iinclude -c -o "$work/x.o" "$1" > "$work/out" 2>&1
}

for page in doc/man/*.3; do
	name=${page##*/}
	LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" \
		2> "$work/out" > "$work/text"
	report "$name: no warning"

	for section in NAME SYNOPSIS DESCRIPTION 'RETURN VALUE' ERRORS EXAMPLE 'SEE ALSO'; do
		grep -qE "^\.SH \"?$section" "$page" || echo "no section $section"
	done > "$work/out"
	report "$name: sections"

	# The code of section EXAMPLE, without roff's escapes
	sed -n '/^\.SH EXAMPLE/,/^\.SH SEE/p' "$page" | sed -n '/^\.EX/,/^\.EE/p' |
		sed '/^\.E[XE]/d; s/^\\&//; s/\\-/-/g; s/\\e/\\/g' > "$work/example.c"
	[ -s "$work/example.c" ] || echo '#error no example' > "$work/example.c"
	compile "$work/example.c"
	report "$name: the example compiles"
done

for page in doc/man/*.[17]; do
	LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" \
		2> "$work/out" > "$work/text"
	report "${page##*/}: no warning"
done

# README.md's
sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' > "$work/example.c"
[ -s "$work/example.c" ] || echo '#error no example' > "$work/example.c"
compile "$work/example.c"
report "README.md: the example compiles"

# Every function has a page, and the link pages lead to it
mkdir "$work/man3"
mk/install-man doc/man "$work/man3" > "$work/out" 2>&1
for function in $(echo '#include <libos.h>' | gcc -E -P -Iinclude - | tr '\n' ' ' |
		grep -oE '\blibos_[a-z0-9_]+ *\(' | grep -oE '^[a-z0-9_]+' | sort -u) libos_syscall; do
	[ -e "$work/man3/$function.3" ] || echo "no page for $function"
done >> "$work/out"
report "every function of libos.h has a page"

for page in "$work"/man3/*.3; do
	target=$(sed -n 's/^\.so //p' "$page")
	[ -z "$target" ] || [ -e "$work/$target" ] || echo "${page##*/} leads to $target"
done > "$work/out"
report "every link page leads to a page"

echo "1..$n"
