#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# man.sh - nuse.1 is well formed, and names every option, network and key
set -u
page=doc/man/nuse.1
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

LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l $page \
	2> "$work/out" > "$work/text"
report 'no warning'

for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' FILES EXAMPLES 'SEE ALSO'; do
	grep -qE "^\.SH \"?$section" $page || echo "no section $section"
done > "$work/out"
report 'sections'

build/nuse --help | grep -oE '(^|[ ,])--?[a-z]+' | tr -d ' ,' | sort -u |
	while read -r option; do
		grep -qF -- "$option" "$work/text" || echo "$option is not in it"
	done > "$work/out"
report 'every option of --help'

build/nuse --net bogus true 2>&1 | sed 's/.*take one of //' | tr ',' '\n' | tr -d ' ' |
	while read -r kind; do
		grep -qF "${kind%%:*}" "$work/text" || echo "$kind is not in it"
	done > "$work/out"
report 'every network'

build/nuse --net tap,bogus true 2>&1 | sed 's/.*there are //' | tr ',' '\n' | tr -d ' ' |
	while read -r key; do
		grep -qE "^ +$key" "$work/text" || echo "$key is not in it"
	done > "$work/out"
report 'every key'

echo "1..$n"
