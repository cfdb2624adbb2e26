#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# exports.sh - what libos-packetdrill.so exports, and what it needs
set -u
object=build/libos-packetdrill.so
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

echo 1..3
same "it exports the one function" packetdrill_interface_init \
	"$(nm -D --defined-only $object | awk '{ print $3 }' | tr '\n' ' ' | sed 's/ $//')"
same "it does not need libos.so" "" "$(readelf -dW $object | grep -o 'libos\.so[^]]*')"
same "it needs no executable stack" "" "$(readelf -lW $object | awk '/GNU_STACK/ && /RWE/')"
