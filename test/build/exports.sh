#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exports.sh - what the image and the library export, and what they need
set -u
image=build/liblinux-$LIBOS_RELEASE.so
n=0

# same NAME EXPECTED GOT
same() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		printf 'not ok %d - %s\n# expected: %s\n# got: %s\n' $n "$1" "$2" "$3"
	fi
}
words() {
	tr '\n' ' ' | sed 's/ $//'
}

echo 1..7
same "the image exports lib_init alone" lib_init "$(nm -D "$image" | awk '{ print $3 }' | words)"
same "it has no undefined symbol" "" "$(nm -u "$image" | words)"
same "no library, no text relocation" "" "$(readelf -dW "$image" | grep -oE 'NEEDED|TEXTREL' | words)"
same "relocations: RELATIVE only" "" "$(readelf -rW "$image" | grep -oE 'R_X86_64_[A-Z0-9_]+' |
	grep -vx R_X86_64_RELATIVE | sort -u | words)"
same "no writable and executable segment" "" "$(readelf -lW "$image" | awk '/LOAD/ && /RWE/' | words)"

# The header's functions, all of them and nothing else. The declarations are read
# from the preprocessor, so that comments and macros do not count.
declared=$(echo '#include <libos.h>' | gcc -E -P -Iinclude - | tr '\n' ' ' |
	grep -oE '\blibos_[a-z0-9_]+ *\(' | grep -oE '^[a-z0-9_]+' | sort -u | words)
same "libos.so exports what libos.h declares" "$declared" \
	"$(nm -D --defined-only build/libos.so | awk '{ print $3 }' | sort -u | words)"
same "libos.a, too" "$declared" \
	"$(nm -g --defined-only build/libos.a 2> /dev/null | awk 'NF == 3 { print $3 }' | sort -u | words)"
